/** What VFIO_DEVICE_GET_REGION_INFO says of one region, its known capabilities decoded. */
import {
  type ByteOrder,
  type Capability,
  decodeSparseMmapAreas,
  VFIO_REGION_INFO_CAP_MSIX_MAPPABLE,
  VFIO_REGION_INFO_CAP_SPARSE_MMAP,
  VFIO_REGION_INFO_CAP_TYPE,
  VFIO_REGION_INFO_FLAG_CAPS,
  VFIO_REGION_INFO_FLAG_MMAP,
  VFIO_REGION_INFO_FLAG_READ,
  VFIO_REGION_INFO_FLAG_WRITE,
  type VfioRegionInfo,
  type VfioRegionSparseMmapArea,
  vfioRegionInfo,
  vfioRegionInfoCapSparseMmap,
  vfioRegionInfoCapType,
} from '../abi';
import type { VfioHost } from '../host/vfio-host';
import { type Info, type InfoIoctl, infoCall } from './info-call';
import type { Limits } from './limits';
import { type Outcome, type Problem, success } from './outcome';

export const REGION_INFO: InfoIoctl<typeof vfioRegionInfo.fields> = {
  name: 'VFIO_DEVICE_GET_REGION_INFO',
  layout: vfioRegionInfo,
  capsFlag: VFIO_REGION_INFO_FLAG_CAPS,
};

export interface RegionInfo extends Info<VfioRegionInfo> {
  readonly index: number;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly mappable: boolean;
  /** Bytes. */
  readonly size: bigint;
  /** Where the region starts in the device's file. */
  readonly offset: bigint;
  /** TYPE capability; absent on the bus's own regions. */
  readonly type?: { readonly type: number; readonly subtype: number };
  /** SPARSE_MMAP capability, as the device wrote it; absent when there is none. */
  readonly sparseAreas?: readonly VfioRegionSparseMmapArea[];
  readonly msixMappable: boolean;
  /** The parts that may be mapped: the sparse areas, or the whole region when it is mappable and names none. */
  readonly mappableAreas: readonly VfioRegionSparseMmapArea[];
}

/** Asks for one region. An index at or past num_regions is asked for all the same: that is what some judges want to know. */
export function readRegionInfo(host: VfioHost, fd: number, index: number, limits: Limits): Outcome<RegionInfo> {
  const answer = infoCall(host, fd, REGION_INFO, { index }, limits);
  return answer.ok ? success(interpret(answer.value, index, host.facts.byteOrder, limits)) : answer;
}

function interpret(info: Info<VfioRegionInfo>, index: number, order: ByteOrder, limits: Limits): RegionInfo {
  const problems: Problem[] = [...info.problems];
  const { flags, size, offset } = info.values;
  const mappable = (flags & VFIO_REGION_INFO_FLAG_MMAP) !== 0;
  const type = decodeType(one(info, VFIO_REGION_INFO_CAP_TYPE, problems), order, problems);
  const sparseAreas = decodeSparse(one(info, VFIO_REGION_INFO_CAP_SPARSE_MMAP, problems), order, limits, problems);
  if (info.values.index !== index) {
    problems.push({
      kind: 'index-changed',
      offset: vfioRegionInfo.fields.index.offset,
      message: `asked for region ${index}, the answer says ${info.values.index}`,
    });
  }
  const whole = mappable && size > 0n ? [{ offset: 0n, size }] : [];
  // Written out: this is asked for every region of every case, and spreading objects of many shapes is slow.
  const interpreted: { -readonly [Key in keyof RegionInfo]: RegionInfo[Key] } = {
    values: info.values,
    chain: info.chain,
    bytes: info.bytes,
    rounds: info.rounds,
    index,
    readable: (flags & VFIO_REGION_INFO_FLAG_READ) !== 0,
    writable: (flags & VFIO_REGION_INFO_FLAG_WRITE) !== 0,
    mappable,
    size,
    offset,
    msixMappable: info.chain.capabilities.some((capability) => capability.id === VFIO_REGION_INFO_CAP_MSIX_MAPPABLE),
    mappableAreas: mappable ? (sparseAreas ?? whole) : [],
    problems,
  };
  if (type) interpreted.type = type;
  if (sparseAreas) interpreted.sparseAreas = sparseAreas;
  return interpreted;
}

/** The first capability with this id; a second one is a problem. */
function one(info: Info<VfioRegionInfo>, id: number, problems: Problem[]): Capability | undefined {
  const [first, second] = info.chain.capabilities.filter((capability) => capability.id === id);
  if (second) {
    const message = `capability ${id} is there twice, at ${first?.offset} and at ${second.offset}`;
    problems.push({ kind: 'repeated-capability', offset: second.offset, message });
  }
  return first;
}

function decodeType(
  capability: Capability | undefined,
  order: ByteOrder,
  problems: Problem[],
): { type: number; subtype: number } | undefined {
  if (!capability || tooShort(capability, vfioRegionInfoCapType.size, 'TYPE', problems)) {
    return undefined;
  }
  const { type, subtype } = vfioRegionInfoCapType.decode(capability.bytes, order);
  return { type, subtype };
}

function decodeSparse(
  capability: Capability | undefined,
  order: ByteOrder,
  limits: Limits,
  problems: Problem[],
): readonly VfioRegionSparseMmapArea[] | undefined {
  if (!capability || tooShort(capability, vfioRegionInfoCapSparseMmap.size, 'SPARSE_MMAP', problems)) {
    return undefined;
  }
  const areas = decodeSparseMmapAreas(capability.bytes, order);
  if (!areas.fits) {
    problems.push({
      kind: 'areas-outside',
      offset: capability.offset,
      message: `nr_areas is ${areas.count}, but the capability has room for ${areas.elements.length}`,
    });
  }
  if (areas.elements.length > limits.maxAreas) {
    const message = `only the first ${limits.maxAreas} of ${areas.elements.length} areas are looked at`;
    problems.push({ kind: 'too-many-areas', offset: capability.offset, message });
  }
  return areas.elements.slice(0, limits.maxAreas);
}

function tooShort(capability: Capability, need: number, name: string, problems: Problem[]): boolean {
  const short = capability.bytes.length < need;
  if (short) {
    const message = `${name} at ${capability.offset} has ${capability.bytes.length} bytes, needs ${need}`;
    problems.push({ kind: 'truncated-capability', offset: capability.offset, message });
  }
  return short;
}
