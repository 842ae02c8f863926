/** The capabilities behind VFIO_DEVICE_GET_REGION_INFO and VFIO_IOMMU_GET_INFO, those that nobody knows included. */
import {
  type ByteOrder,
  type Capability,
  VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE,
  VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION,
  VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL,
  VFIO_REGION_INFO_CAP_MSIX_MAPPABLE,
  VFIO_REGION_INFO_CAP_NVLINK2_LNKSPD,
  VFIO_REGION_INFO_CAP_NVLINK2_SSATGT,
  VFIO_REGION_INFO_CAP_SPARSE_MMAP,
  VFIO_REGION_INFO_CAP_TYPE,
  vfioRegionInfoCapNvlink2Lnkspd,
  vfioRegionInfoCapNvlink2Ssatgt,
} from '../../abi';
import type { InspectedInfoCapability } from './report';

/** Bytes of a capability that are shown: the known ones are much smaller, but for long lists. */
const BYTES_SHOWN = 256;

interface Known {
  readonly name: string;
  /** Its fields stand elsewhere in the report. */
  readonly elsewhere?: true;
  decode?(bytes: Uint8Array, order: ByteOrder): string;
  /** Bytes that `decode` needs. */
  readonly size?: number;
}

const OF_REGIONS: ReadonlyMap<number, Known> = new Map<number, Known>([
  [VFIO_REGION_INFO_CAP_SPARSE_MMAP, { name: 'SPARSE_MMAP', elsewhere: true }],
  [VFIO_REGION_INFO_CAP_TYPE, { name: 'TYPE', elsewhere: true }],
  [VFIO_REGION_INFO_CAP_MSIX_MAPPABLE, { name: 'MSIX_MAPPABLE' }],
  [
    VFIO_REGION_INFO_CAP_NVLINK2_SSATGT,
    {
      name: 'NVLINK2_SSATGT',
      size: vfioRegionInfoCapNvlink2Ssatgt.size,
      decode: (bytes, order) => `tgt 0x${vfioRegionInfoCapNvlink2Ssatgt.decode(bytes, order).tgt.toString(16)}`,
    },
  ],
  [
    VFIO_REGION_INFO_CAP_NVLINK2_LNKSPD,
    {
      name: 'NVLINK2_LNKSPD',
      size: vfioRegionInfoCapNvlink2Lnkspd.size,
      decode: (bytes, order) =>
        `link_speed 0x${vfioRegionInfoCapNvlink2Lnkspd.decode(bytes, order).link_speed.toString(16)}`,
    },
  ],
]);

const OF_THE_IOMMU: ReadonlyMap<number, Known> = new Map<number, Known>([
  [VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, { name: 'IOVA_RANGE', elsewhere: true }],
  [VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION, { name: 'MIGRATION', elsewhere: true }],
  [VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, { name: 'DMA_AVAIL', elsewhere: true }],
]);

export function regionCapabilities(
  capabilities: readonly Capability[],
  order: ByteOrder,
): readonly InspectedInfoCapability[] {
  return capabilities.map((capability) => describe(capability, OF_REGIONS, order));
}

export function iommuCapabilities(
  capabilities: readonly Capability[],
  order: ByteOrder,
): readonly InspectedInfoCapability[] {
  return capabilities.map((capability) => describe(capability, OF_THE_IOMMU, order));
}

/** One line for each that the report shows nowhere else: `capability 5 (NVLINK2_LNKSPD), version 1: link_speed 0x9: 05 00 ...`. */
export function otherCapabilityLines(capabilities: readonly InspectedInfoCapability[] | undefined): readonly string[] {
  const all = new Map([...OF_REGIONS].concat([...OF_THE_IOMMU]).map(([, known]) => [known.name, known]));
  return (capabilities ?? [])
    .filter(({ name }) => name === undefined || all.get(name)?.elsewhere !== true)
    .map(({ id, name, version, offset, size, decoded, bytes }) => {
      const shown = decoded === undefined ? '' : `${decoded}; `;
      const cut = bytes.length < 2 * size ? '...' : '';
      return `capability ${id} (${name ?? 'unknown'}), version ${version}, at ${offset}: ${shown}${size} bytes: ${bytes}${cut}`;
    });
}

function describe(
  { id, version, offset, bytes }: Capability,
  table: ReadonlyMap<number, Known>,
  order: ByteOrder,
): InspectedInfoCapability {
  const known = table.get(id);
  const whole = bytes.length >= (known?.size ?? 0);
  const decoded = whole ? known?.decode?.(bytes, order) : `cut short, needs ${known?.size} bytes`;
  return {
    id,
    ...(known ? { name: known.name } : {}),
    version,
    offset,
    size: bytes.length,
    bytes: Buffer.from(bytes.subarray(0, BYTES_SHOWN)).toString('hex'),
    ...(decoded === undefined ? {} : { decoded }),
  };
}
