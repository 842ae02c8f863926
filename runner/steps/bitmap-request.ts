/** The part that GET_BITMAP and an unmap with a bitmap share: struct vfio_bitmap (header diff, lines 335-339), right or wrong. */
import { type TUnion, type TUnsafe, Type } from '@sinclair/typebox';
import { Choice, Size } from '../language/scalars';
import type { ClauseId } from '../language/scenario';
import { type BitmapCall, bitmapBytesFor, type DirtyState, type Due, WITH_BITMAP_SIZE } from '../oracles/dirty-call';
import type { BitmapAnswer, BitmapRequest } from '../vfio/dirty-log';
import type { Outcome } from '../vfio/outcome';
import { loggedPages, type Range } from './pages';
import type { StepContext } from './step-context';

const PAGE_SIZES = ['smallest', 'double', 'quadruple', 'half', 'huge', 'top'] as const;
type PageSizeWord = (typeof PAGE_SIZES)[number];
const BITMAP_SIZES = ['exact', 'largest', 'too-large'] as const;
type BitmapSizeWord = (typeof BITMAP_SIZES)[number];
type SizeOr<Word extends string> = TUnion<[TUnsafe<Word>, TUnsafe<bigint>]>;

/** Argument of the verbs: what bitmap.pgsize says. */
export function PageSize(): SizeOr<PageSizeWord> {
  const description =
    'What bitmap.pgsize says; default: the smallest that the kernel offers. `huge`: 512 of them; `top`: the highest bit alone.';
  return Type.Union([Choice(PAGE_SIZES), Size({ minimum: 1n })], { description });
}

/** Argument of the verbs: what bitmap.size says. */
export function BitmapSize(): SizeOr<BitmapSizeWord> {
  const description =
    'What bitmap.size says; default: what the range takes. `largest`: max_dirty_bitmap_size; `too-large`: one word more.';
  return Type.Union([Choice(BITMAP_SIZES), Size()], { description });
}

export interface BitmapArguments {
  readonly pgsize?: PageSizeWord | bigint;
  readonly bitmap?: BitmapSizeWord | bigint;
  readonly argsz?: number | undefined;
}

export interface AskedBitmap {
  readonly request: BitmapRequest;
  /** The same as the structures carry it. */
  readonly call: BitmapCall;
  /** True with the page size that every kernel takes. */
  readonly plain: boolean;
  /** True, and said, where this machine has no memory for a bitmap of that size: then there was no call. */
  withoutMemory(outcome: Outcome<unknown>): boolean;
}

export function bitmapRequest(context: StepContext, range: Range, args: BitmapArguments): AskedBitmap {
  const { smallest, maxBitmapBytes } = loggedPages(context);
  const pageSize = pageSizeOf(args.pgsize ?? 'smallest', smallest);
  // A kernel that takes another page size and does not keep to it must not write over anything else.
  const needed = bitmapBytesFor(range.size, pageSize < smallest ? pageSize : smallest);
  const size = sizeOf(args.bitmap ?? 'exact', needed, maxBitmapBytes);
  const { iova } = range;
  const { argsz } = args;
  return {
    request: { iova, size: range.size, pageSize, bitmapBytes: size, ...(argsz === undefined ? {} : { argsz }) },
    call: { argsz: argsz ?? WITH_BITMAP_SIZE, iova, size: range.size, bitmap: { pgsize: pageSize, size } },
    plain: pageSize === smallest,
    withoutMemory(outcome) {
      if (outcome.ok || (outcome.call !== 'allocate' && outcome.kind !== 'limit')) return false;
      context.judge.note(`a bitmap of ${size} bytes was not tried: ${outcome.message}`);
      return true;
    },
  };
}

function pageSizeOf(word: PageSizeWord | bigint, smallest: bigint): bigint {
  if (typeof word === 'bigint') return word;
  const sizes: Readonly<Record<PageSizeWord, bigint>> = {
    smallest,
    double: 2n * smallest,
    quadruple: 4n * smallest,
    half: smallest / 2n,
    huge: 512n * smallest,
    top: 1n << 63n,
  };
  return sizes[word];
}

function sizeOf(word: BitmapSizeWord | bigint, needed: bigint, largest: bigint): bigint {
  if (typeof word === 'bigint') return word;
  return word === 'exact' ? needed : word === 'largest' ? largest : largest + 8n;
}

/** What is true of the container before a call, as far as the steps know. */
export function stateOf(context: StepContext): DirtyState {
  const { dma } = context.session;
  const { smallest, maxBitmapBytes } = loggedPages(context);
  return {
    mappings: dma.iommu.mappings.map(({ iova, size }) => [iova, size] as const),
    logging: dma.logging ? 'on' : 'off',
    smallest,
    maxBitmapBytes,
  };
}

/** Nothing is written past bitmap.size. A call that should have been refused broke that clause, whatever it wrote. */
export function judgeOverrun(
  context: StepContext,
  { overrunAt, outcome }: BitmapAnswer,
  what: string,
  due: Due,
  clause: ClauseId,
): void {
  if (overrunAt === undefined) {
    if (outcome.ok) context.judge.kept('DIRTY-SIZE');
    return;
  }
  const blamed = due.answer === 'refusal' && outcome.ok ? due.clause : clause;
  context.judge.broken(blamed, {
    expected: `${what}: nothing is written past bitmap.size`,
    observed: `the byte at ${overrunAt} changed`,
  });
}
