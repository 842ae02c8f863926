/** Finds addresses for mappings: inside what the IOMMU allows, outside what is taken or reserved, as low as possible. */
import type { VfioIovaRange } from '../abi';
import { type Outcome, ownFailure, success } from './outcome';

/** Where a mapping may go. */
export interface IovaRequest {
  /** Bytes, a multiple of the page size. */
  readonly size: bigint;
  /** A power of two, at least the page size. */
  readonly alignment: bigint;
  /** First address that may not be used, for devices with short addresses: 2^28. */
  readonly below?: bigint;
}

/** x86 interrupt messages; a kernel that knows of the window leaves it out of its ranges, one without a range capability says nothing. */
export const MSI_WINDOW: VfioIovaRange = { start: 0xfee0_0000n, end: 0xfeef_ffffn };
/** Without a range capability: not address 0, which some platforms refuse, and not above what the shortest IOMMUs reach. */
export const DEFAULT_RANGES: readonly VfioIovaRange[] = [{ start: 0x1_0000n, end: (1n << 39n) - 1n }];

/** The lowest free address; `taken` are existing mappings, both ends included. */
export function findIova(
  request: IovaRequest,
  allowed: readonly VfioIovaRange[],
  taken: readonly VfioIovaRange[],
): Outcome<bigint> {
  const { size, alignment } = request;
  if (size <= 0n || alignment <= 0n || (alignment & (alignment - 1n)) !== 0n) {
    throw new RangeError(`no address for ${size} bytes aligned to ${alignment}`);
  }
  const blocked = [...taken, MSI_WINDOW].sort((a, b) => (a.start < b.start ? -1 : 1));
  const last = request.below === undefined ? (1n << 64n) - 1n : request.below - 1n;
  for (const range of [...allowed].sort((a, b) => (a.start < b.start ? -1 : 1))) {
    const end = range.end < last ? range.end : last;
    // Address 0 is a legal address, but a driver that forgets to set one up would hit it too.
    let at = alignUp(range.start === 0n ? 1n : range.start, alignment);
    for (const block of blocked) {
      if (at + size - 1n >= block.start && at <= block.end) {
        at = alignUp(block.end + 1n, alignment);
      }
    }
    if (at + size - 1n <= end) {
      return success(at);
    }
  }
  const where = request.below === undefined ? '' : ` below 0x${request.below.toString(16)}`;
  return ownFailure('unavailable', 'find IOVA', `no free range of ${size} bytes aligned to ${alignment}${where}`);
}

function alignUp(value: bigint, alignment: bigint): bigint {
  return (value + alignment - 1n) & -alignment;
}
