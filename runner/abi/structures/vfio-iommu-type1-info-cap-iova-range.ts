/** struct vfio_iommu_type1_info_cap_iova_range: which addresses may be mapped. */
import type { ByteOrder } from '../byte-order';
import { decodeFlexibleArray, encodeFlexibleArray, type FlexibleArray } from '../flexible-array';
import { defineLayout, type LayoutValues, struct, u32 } from '../layout';
import { vfioInfoCapHeader } from './vfio-info-cap-header';
import { type VfioIovaRange, vfioIovaRange } from './vfio-iova-range';

export const vfioIommuType1InfoCapIovaRange = defineLayout(
  'vfio_iommu_type1_info_cap_iova_range',
  { header: struct(0, vfioInfoCapHeader), nr_iovas: u32(8), reserved: u32(12) },
  16,
);
export type VfioIommuType1InfoCapIovaRange = LayoutValues<typeof vfioIommuType1InfoCapIovaRange>;

/** The ranges of a capability that starts at byte 0 of `bytes`; as many as the bytes hold. */
export function decodeIovaRanges(bytes: Uint8Array, order: ByteOrder): FlexibleArray<VfioIovaRange> {
  const { nr_iovas } = vfioIommuType1InfoCapIovaRange.decode(bytes, order);
  return decodeFlexibleArray(vfioIovaRange, nr_iovas, bytes, vfioIommuType1InfoCapIovaRange.size, order);
}

/** A whole capability; nr_iovas is the number of ranges. */
export function encodeIovaRanges(
  version: number,
  next: number,
  ranges: readonly VfioIovaRange[],
  order: ByteOrder,
): Uint8Array {
  const header = { id: 1, version, next };
  const head = vfioIommuType1InfoCapIovaRange.encode({ header, nr_iovas: ranges.length }, order);
  return encodeFlexibleArray(head, vfioIovaRange, ranges, order);
}
