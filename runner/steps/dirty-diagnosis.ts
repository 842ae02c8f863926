/**
 * Why a page that the device wrote is missing in a bitmap. The same gap has many causes, and each is another clause: bits that stand in
 * the wrong place, a log that begins late or ends with its first reading, or a write that nobody ever reports.
 */
import { VFIO_DEVICE_STATE_RUNNING } from '../abi';
import type { ClauseId } from '../language/scenario';
import type { DirtyBitmap } from '../vfio/dirty-bitmap';
import type { DmaWrite, NamedMapping } from './device-session';
import { type Comparison, pagesOf } from './dirty-comparison';
import { makeDeviceWrite } from './dma';
import { loggedPages } from './pages';
import type { StepContext } from './step-context';

export interface Diagnosis {
  readonly clause: ClauseId;
  readonly hint?: string;
}

/** `subject` is what the step is about; it broke if nothing else explains the gap. */
export function diagnoseMissing(
  context: StepContext,
  bitmap: DirtyBitmap,
  seen: Comparison,
  subject: ClauseId,
): Diagnosis {
  const moved = findMove(bitmap, seen);
  if (moved) return { clause: 'DIRTY-RANGE', hint: moved };
  const otherwise = { clause: subject };
  const found = findWrite(context, bitmap, seen);
  if (!found || !isRunning(context)) return otherwise;
  const beforeFirstReading = isReported(context, found, false);
  const afterFirstReading = isReported(context, found, true);
  if (beforeFirstReading === undefined || afterFirstReading === undefined) return otherwise;
  if (beforeFirstReading && afterFirstReading) {
    // Reported by a bitmap of its mapping alone: then the longer range is what it was lost in.
    const alone = found.mapping.iova === bitmap.iova && found.mapping.size === sizeOf(bitmap);
    const clause = alone || subject !== 'DIRTY-COMPLETE' ? subject : 'DIRTY-RANGE';
    return { clause, hint: `with a log started anew a bitmap of "${found.mapping.label}" reports the same write` };
  }
  if (beforeFirstReading)
    return { clause: 'DIRTY-PERSIST', hint: 'the same write is reported only before the first GET_BITMAP' };
  if (afterFirstReading)
    return { clause: 'DIRTY-START', hint: 'the same write is reported only after the first GET_BITMAP' };
  return { ...otherwise, hint: 'the same write is not reported with a log started anew either' };
}

function sizeOf({ pages, pageSize }: DirtyBitmap): bigint {
  return BigInt(pages) * pageSize;
}

interface FoundWrite {
  readonly write: DmaWrite;
  readonly mapping: NamedMapping;
}

/** The write that touched the first missing page, and the mapping it went to. */
function findWrite(context: StepContext, bitmap: DirtyBitmap, seen: Comparison): FoundWrite | undefined {
  const [page] = seen.missing;
  if (page === undefined) return undefined;
  const { writes, mappings } = context.session.dma;
  const write = writes.find((one) => pagesOf(bitmap, [one]).has(page));
  const mapping = [...mappings.values()].find(
    (one) => write && write.iova >= one.iova && write.iova + write.size <= one.iova + BigInt(one.memory.length),
  );
  return write && mapping ? { write, mapping } : undefined;
}

/** A stopped device writes nothing. */
function isRunning({ session }: StepContext): boolean {
  const state = session.migration?.readState();
  return state === undefined || (state.ok && (state.value & VFIO_DEVICE_STATE_RUNNING) !== 0);
}

/** Makes the write again with a log started anew, before or after its first reading; undefined when the log fails. */
function isReported(context: StepContext, { write, mapping }: FoundWrite, readFirst: boolean): boolean | undefined {
  const { log } = context.session.dma;
  const pageSize = loggedPages(context).smallest;
  const read = () => log.getBitmap({ iova: mapping.iova, size: mapping.size, pageSize }).outcome;
  if (!log.stop().ok || !log.start().ok) return undefined;
  if (readFirst && !read().ok) return undefined;
  makeDeviceWrite(context, write.iova, write.size);
  const bitmap = read();
  if (!bitmap.ok) return undefined;
  const pages = [...pagesOf(bitmap.value, [write])];
  return pages.every((page) => bitmap.value.has(page));
}

/** Ways in which bits have been seen to stand elsewhere: what they do to the number of a page. */
const MOVES: readonly { readonly what: string; readonly move: (page: number) => number }[] = [
  ...Array.from({ length: 64 }, (_, n) => n + 1).flatMap((by) => [
    { what: `every bit stands ${by} ${by === 1 ? 'place' : 'places'} too late`, move: (page: number) => page + by },
    { what: `every bit stands ${by} ${by === 1 ? 'place' : 'places'} too early`, move: (page: number) => page - by },
  ]),
  { what: 'the bytes of each 64-bit word stand in the opposite order', move: (page) => page ^ 0x38 },
  { what: 'the halves of each 64-bit word are swapped', move: (page) => page ^ 0x20 },
  { what: 'the bytes of each 32-bit word stand in the opposite order', move: (page) => page ^ 0x18 },
  { what: 'the bits of each byte stand in the opposite order', move: (page) => page ^ 0x07 },
  { what: 'the bits of each 64-bit word stand in the opposite order', move: (page) => page ^ 0x3f },
];

/** Says how the bits moved, if one move explains all of the bitmap; one page alone could be explained by any. */
function findMove(bitmap: DirtyBitmap, { written }: Comparison): string | undefined {
  const count = bitmap.count();
  const expected = new Set(written);
  return MOVES.find(({ move }) => {
    const moved = written.map(move).filter((page) => page >= 0 && page < bitmap.pages);
    // A bit may be lost over the end of the bitmap.
    const whole = moved.length > 1 && moved.length === count && moved.length >= written.length - 1;
    return whole && moved.every((page) => bitmap.has(page)) && moved.some((page) => !expected.has(page));
  })?.what;
}
