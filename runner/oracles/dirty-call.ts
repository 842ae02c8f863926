/**
 * What VFIO_IOMMU_DIRTY_PAGES with GET_BITMAP and VFIO_IOMMU_UNMAP_DMA with GET_DIRTY_BITMAP have to answer, by what was asked
 * (header diff, lines 348-421). The oracle judges by it, and the steps blame by it, so that one answer is not held against two clauses.
 */
import type { ClauseId } from '../language/scenario';

/** `open`: the text leaves it to the kernel, or nothing is known that would decide it. */
export type Due =
  | {
      readonly answer: 'refusal';
      readonly clause: ClauseId;
      readonly what: string;
      readonly errnos?: readonly string[];
    }
  | { readonly answer: 'success'; readonly clause: ClauseId; readonly what: string }
  | { readonly answer: 'open' };

/** struct vfio_iommu_type1_dirty_bitmap with its _get part, and struct vfio_iommu_type1_dma_unmap with its vfio_bitmap: 48 bytes both. */
export const WITH_BITMAP_SIZE = 48;
const U64 = 1n << 64n;
const OPEN: Due = { answer: 'open' };

/** What was true of the container before the call. */
export interface DirtyState {
  /** iova and size of every mapping. */
  readonly mappings: Iterable<readonly [iova: bigint, size: bigint]>;
  /** `stopped`: off again after it was on. */
  readonly logging: 'on' | 'off' | 'stopped';
  /** The smallest page size of pgsize_bitmap, in bytes. */
  readonly smallest: bigint;
  /** max_dirty_bitmap_size, in bytes. */
  readonly maxBitmapBytes: bigint;
}

/** One call, as the structures carry it. */
export interface BitmapCall {
  readonly argsz: number;
  readonly iova: bigint;
  readonly size: bigint;
  readonly bitmap: { readonly pgsize: bigint; readonly size: bigint };
}

export function dueOfGetBitmap(state: DirtyState, call: BitmapCall): Due {
  const { argsz, iova, size, bitmap } = call;
  const where = `GET_BITMAP of ${size} bytes at 0x${iova.toString(16)}`;
  if (argsz < WITH_BITMAP_SIZE) {
    const what = `GET_BITMAP with argsz ${argsz}, below the ${WITH_BITMAP_SIZE} bytes of both structures`;
    return { answer: 'refusal', clause: 'DIRTY-ARGSZ', what, errnos: ['EINVAL'] };
  }
  if (state.logging !== 'on') {
    return state.logging === 'stopped'
      ? { answer: 'refusal', clause: 'DIRTY-STOP', what: 'GET_BITMAP after STOP' }
      : { answer: 'refusal', clause: 'DIRTY-NOT-ENABLED', what: 'GET_BITMAP without START' };
  }
  const end = iova + size;
  if (end === U64 || bitmap.pgsize === 0n) return OPEN;
  if (size === 0n || end > U64 || iova % state.smallest !== 0n || size % state.smallest !== 0n) {
    const what = `${where}: empty, unaligned or wrapping`;
    return { answer: 'refusal', clause: 'DIRTY-RANGE-ERR', what, errnos: ['EINVAL'] };
  }
  const cut = cutMapping(state, iova, end);
  if (cut !== undefined) {
    const what = `${where}: it cuts the mapping at 0x${cut.toString(16)}`;
    return { answer: 'refusal', clause: 'DIRTY-RANGE-ERR', what, errnos: ['EINVAL'] };
  }
  if (bitmap.pgsize !== state.smallest) return OPEN;
  const small = sizeProblem(state, call);
  if (small) return { answer: 'refusal', clause: 'DIRTY-SIZE', what: `${where} with ${small}` };
  const what = `${where} with the smallest page size ${state.smallest}`;
  return { answer: 'success', clause: freedomOf(state, call), what };
}

export function dueOfUnmap(state: DirtyState, call: BitmapCall): Due {
  const { argsz, iova, size, bitmap } = call;
  const where = `UNMAP_DMA of ${size} bytes at 0x${iova.toString(16)} with GET_DIRTY_BITMAP`;
  if (argsz < WITH_BITMAP_SIZE) {
    const what = `${where} and argsz ${argsz}, without room for struct vfio_bitmap`;
    return { answer: 'refusal', clause: 'UNMAP-ARGSZ', what };
  }
  const end = iova + size;
  const misshapen = size === 0n || end > U64 || iova % state.smallest !== 0n || size % state.smallest !== 0n;
  if (bitmap.pgsize !== state.smallest || misshapen) return OPEN;
  const small = sizeProblem(state, call);
  if (state.logging !== 'on')
    return { answer: 'refusal', clause: 'UNMAP-NOT-ENABLED', what: `${where} while logging is off` };
  if (small) return { answer: 'refusal', clause: 'UNMAP-SIZE', what: `${where} and ${small}` };
  if (cutMapping(state, iova, end) !== undefined || coveredBy(state, iova, end) === 0n) return OPEN;
  return { answer: 'success', clause: 'UNMAP-BITMAP', what: where };
}

/** Bytes of the bitmap of so many bytes of addresses: whole u64 words. */
export function bitmapBytesFor(size: bigint, pgsize: bigint): bigint {
  return ((size / pgsize + 63n) / 64n) * 8n;
}

function sizeProblem(state: DirtyState, { size, bitmap }: BitmapCall): string | undefined {
  const needed = bitmapBytesFor(size, bitmap.pgsize);
  if (bitmap.size < needed) return `a bitmap of ${bitmap.size} bytes, where ${needed} are needed`;
  if (bitmap.size <= state.maxBitmapBytes) return undefined;
  return `a bitmap of ${bitmap.size} bytes, above max_dirty_bitmap_size ${state.maxBitmapBytes}`;
}

/** The start of a mapping that lies in the range in part. */
function cutMapping({ mappings }: DirtyState, iova: bigint, end: bigint): bigint | undefined {
  for (const [start, length] of mappings) {
    const last = start + length;
    if ((start < iova && last > iova) || (start < end && last > end)) return start;
  }
  return undefined;
}

function coveredBy({ mappings }: DirtyState, iova: bigint, end: bigint): bigint {
  let covered = 0n;
  for (const [start, length] of mappings) if (start >= iova && start + length <= end) covered += length;
  return covered;
}

/** Which freedom of the caller a refused good call denies: a larger argsz, a larger bitmap, a hole, or just the plain call. */
function freedomOf(state: DirtyState, { argsz, iova, size, bitmap }: BitmapCall): ClauseId {
  if (argsz > WITH_BITMAP_SIZE) return 'DIRTY-ARGSZ';
  if (bitmap.size > bitmapBytesFor(size, bitmap.pgsize)) return 'DIRTY-SIZE';
  return coveredBy(state, iova, iova + size) < size ? 'DIRTY-RANGE-ERR' : 'DIRTY-PGSIZE';
}
