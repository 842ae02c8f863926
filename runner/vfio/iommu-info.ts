/** What VFIO_IOMMU_GET_INFO says of a type1 IOMMU, its capabilities decoded. */
import {
  type ByteOrder,
  type Capability,
  decodeIovaRanges,
  VFIO_IOMMU_INFO_CAPS,
  VFIO_IOMMU_INFO_PGSIZES,
  VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE,
  VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION,
  VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL,
  type VfioIommuType1Info,
  type VfioIovaRange,
  vfioIommuType1Info,
  vfioIommuType1InfoCapIovaRange,
  vfioIommuType1InfoCapMigration,
  vfioIommuType1InfoDmaAvail,
} from '../abi';
import type { VfioHost } from '../host/vfio-host';
import { type Info, type InfoIoctl, infoCall } from './info-call';
import type { Limits } from './limits';
import { type Outcome, type Problem, success } from './outcome';

export const IOMMU_INFO: InfoIoctl<typeof vfioIommuType1Info.fields> = {
  name: 'VFIO_IOMMU_GET_INFO',
  layout: vfioIommuType1Info,
  capsFlag: VFIO_IOMMU_INFO_CAPS,
};

/** Capability 2: dirty page logging is there. */
export interface DirtyLogging {
  readonly version: number;
  readonly flags: number;
  /** One bit for each page size. */
  readonly pageSizes: bigint;
  /** Bytes. */
  readonly maxBitmapBytes: bigint;
}

export interface IommuInfo extends Info<VfioIommuType1Info> {
  /** One bit for each page size that can be mapped; 0 when the kernel does not say. */
  readonly pageSizes: bigint;
  /** Addresses that may be mapped, both ends included; absent when the kernel does not say (mediated devices only). */
  readonly iovaRanges?: readonly VfioIovaRange[];
  readonly dirtyLogging?: DirtyLogging;
  /** Mappings that may still be made. */
  readonly dmaAvail?: { readonly version: number; readonly avail: number };
}

export function readIommuInfo(host: VfioHost, containerFd: number, limits: Limits): Outcome<IommuInfo> {
  const answer = infoCall(host, containerFd, IOMMU_INFO, {}, limits);
  return answer.ok ? success(interpret(answer.value, host.facts.byteOrder, limits)) : answer;
}

/** The smallest page size of a bitmap of page sizes, or 0 for an empty one. */
export function smallestPageSize(pageSizes: bigint): bigint {
  return pageSizes & -pageSizes;
}

function interpret(info: Info<VfioIommuType1Info>, order: ByteOrder, limits: Limits): IommuInfo {
  const problems: Problem[] = [...info.problems];
  const take = (id: number, need: number, name: string): Capability | undefined => {
    const [first, second] = info.chain.capabilities.filter((capability) => capability.id === id);
    if (second) {
      const message = `${name} is there twice, at ${first?.offset} and at ${second.offset}`;
      problems.push({ kind: 'repeated-capability', offset: second.offset, message });
    }
    if (first && first.bytes.length < need) {
      const message = `${name} at ${first.offset} has ${first.bytes.length} bytes, needs ${need}`;
      problems.push({ kind: 'truncated-capability', offset: first.offset, message });
      return undefined;
    }
    return first;
  };
  const ranges = take(VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, vfioIommuType1InfoCapIovaRange.size, 'IOVA_RANGE');
  const migration = take(VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION, vfioIommuType1InfoCapMigration.size, 'MIGRATION');
  const avail = take(VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, vfioIommuType1InfoDmaAvail.size, 'DMA_AVAIL');
  return {
    ...info,
    pageSizes: (info.values.flags & VFIO_IOMMU_INFO_PGSIZES) !== 0 ? info.values.iova_pgsizes : 0n,
    ...(ranges ? { iovaRanges: decodeRanges(ranges, order, limits, problems) } : {}),
    ...(migration ? { dirtyLogging: decodeMigration(migration, order) } : {}),
    ...(avail ? { dmaAvail: decodeAvail(avail, order) } : {}),
    problems,
  };
}

function decodeRanges(
  capability: Capability,
  order: ByteOrder,
  limits: Limits,
  problems: Problem[],
): readonly VfioIovaRange[] {
  const { count, elements, fits } = decodeIovaRanges(capability.bytes, order);
  if (!fits) {
    const message = `nr_iovas is ${count}, but the capability has room for ${elements.length}`;
    problems.push({ kind: 'ranges-outside', offset: capability.offset, message });
  }
  const inverted = elements.find((range) => range.start > range.end);
  if (inverted) {
    const message = `the range 0x${inverted.start.toString(16)} to 0x${inverted.end.toString(16)} ends before it starts`;
    problems.push({ kind: 'inverted-range', offset: capability.offset, message });
  }
  return elements.slice(0, limits.maxAreas);
}

function decodeMigration(capability: Capability, order: ByteOrder): DirtyLogging {
  const fields = vfioIommuType1InfoCapMigration.decode(capability.bytes, order);
  return {
    version: fields.header.version,
    flags: fields.flags,
    pageSizes: fields.pgsize_bitmap,
    maxBitmapBytes: fields.max_dirty_bitmap_size,
  };
}

function decodeAvail(capability: Capability, order: ByteOrder): { version: number; avail: number } {
  const { header, avail } = vfioIommuType1InfoDmaAvail.decode(capability.bytes, order);
  return { version: header.version, avail };
}
