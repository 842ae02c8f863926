import type { ByteOrder } from '../../abi/byte-order';
import {
  VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE,
  VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION,
  VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL,
} from '../../abi/structures/vfio-iommu-type1-info';
import { encodeIovaRanges } from '../../abi/structures/vfio-iommu-type1-info-cap-iova-range';
import { vfioIommuType1InfoCapMigration } from '../../abi/structures/vfio-iommu-type1-info-cap-migration';
import { vfioIommuType1InfoDmaAvail } from '../../abi/structures/vfio-iommu-type1-info-dma-avail';
import { MAX_DIRTY_BITMAP_BYTES } from './dirty-log';
import { CAPABILITY_HEADER_SIZE, type Capability } from './info-chain';

/** What stands behind a group: mediated devices, which write through the kernel, or an IOMMU with its own limits. */
export interface GroupBacking {
  readonly mediated: boolean;
  /** Page sizes of the IOMMU, one bit each. */
  readonly pageSizes: bigint;
  /** Addresses that may be mapped, reserved ones such as the MSI window left out. */
  readonly iovaRanges: readonly { readonly start: bigint; readonly end: bigint }[];
}

/** What the capabilities tell of a container. */
export interface IommuFacts {
  readonly options: { readonly order: ByteOrder };
  smallestPage(): bigint;
  avail(): number;
  iovaRanges(): readonly { readonly start: bigint; readonly end: bigint }[];
}

/** MIGRATION, DMA_AVAIL and, where an IOMMU sets limits, IOVA_RANGE: in the order in which Linux chains them. */
export function iommuCapabilities(iommu: IommuFacts): Capability[] {
  const { order } = iommu.options;
  const migration = vfioIommuType1InfoCapMigration.encode(
    { pgsize_bitmap: iommu.smallestPage(), max_dirty_bitmap_size: MAX_DIRTY_BITMAP_BYTES },
    order,
  );
  const avail = vfioIommuType1InfoDmaAvail.encode({ avail: iommu.avail() }, order);
  const ranges = iommu.iovaRanges();
  const capabilities = [
    capability(VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION, migration),
    capability(VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, avail),
  ];
  if (ranges.length > 0)
    capabilities.push(capability(VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, encodeIovaRanges(1, 0, ranges, order)));
  return capabilities;
}

function capability(id: number, structure: Uint8Array): Capability {
  return { id, version: 1, body: structure.subarray(CAPABILITY_HEADER_SIZE) };
}
