/** struct vfio_region_info_cap_sparse_mmap: which parts of a region may be mapped. */
import type { ByteOrder } from '../byte-order';
import { decodeFlexibleArray, encodeFlexibleArray, type FlexibleArray } from '../flexible-array';
import { defineLayout, type LayoutValues, struct, u32 } from '../layout';
import { vfioInfoCapHeader } from './vfio-info-cap-header';
import { type VfioRegionSparseMmapArea, vfioRegionSparseMmapArea } from './vfio-region-sparse-mmap-area';

export const vfioRegionInfoCapSparseMmap = defineLayout(
  'vfio_region_info_cap_sparse_mmap',
  { header: struct(0, vfioInfoCapHeader), nr_areas: u32(8), reserved: u32(12) },
  16,
);
export type VfioRegionInfoCapSparseMmap = LayoutValues<typeof vfioRegionInfoCapSparseMmap>;

/** The areas of a capability that starts at byte 0 of `bytes`; as many as the bytes hold. */
export function decodeSparseMmapAreas(bytes: Uint8Array, order: ByteOrder): FlexibleArray<VfioRegionSparseMmapArea> {
  const { nr_areas } = vfioRegionInfoCapSparseMmap.decode(bytes, order);
  return decodeFlexibleArray(vfioRegionSparseMmapArea, nr_areas, bytes, vfioRegionInfoCapSparseMmap.size, order);
}

/** A whole capability; nr_areas is the number of areas. */
export function encodeSparseMmap(
  version: number,
  next: number,
  areas: readonly VfioRegionSparseMmapArea[],
  order: ByteOrder,
): Uint8Array {
  const head = vfioRegionInfoCapSparseMmap.encode({ header: { id: 1, version, next }, nr_areas: areas.length }, order);
  return encodeFlexibleArray(head, vfioRegionSparseMmapArea, areas, order);
}
