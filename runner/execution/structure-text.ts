/** An ioctl's argument as text: its structure's fields by their names in the headers, and its capabilities. */
import {
  type ByteOrder,
  decodeSparseMmapAreas,
  IOCTLS,
  type IoctlEncoding,
  type IoctlName,
  type IoctlTarget,
  ioctlName,
  isIoctlName,
  type Layout,
  regionTypeName,
  VFIO_REGION_INFO_CAP_SPARSE_MMAP,
  VFIO_REGION_INFO_CAP_TYPE,
  vfioBitmap,
  vfioDeviceInfo,
  vfioIommuType1DirtyBitmap,
  vfioIommuType1DirtyBitmapGet,
  vfioIommuType1DmaUnmap,
  vfioIommuType1Info,
  vfioRegionInfo,
  vfioRegionInfoCapType,
  walkCapabilityChain,
} from '../abi';

export interface StructureOf {
  readonly request: number;
  readonly target: IoctlTarget;
  readonly bytes: Uint8Array;
  readonly order: ByteOrder;
  readonly encoding: IoctlEncoding;
  /** With the capabilities of an info structure. */
  readonly whole?: boolean;
}

/** Names and counts are read as decimal numbers, everything else is bits, sizes and addresses. */
const DECIMAL = new Set(['argsz', 'index', 'count', 'num_regions', 'num_irqs', 'start', 'cap_offset']);
/** Structures that capabilities may follow. */
const WITH_CAPABILITIES: ReadonlySet<string> = new Set([
  vfioDeviceInfo.name,
  vfioRegionInfo.name,
  vfioIommuType1Info.name,
]);
const SHOWN_BYTES = 24;

export function structureText({ request, target, bytes, order, encoding, whole }: StructureOf): string {
  const name = ioctlName(request, encoding, target);
  if (name === 'VFIO_GROUP_GET_DEVICE_FD') return JSON.stringify(Buffer.from(bytes).toString('latin1').split('\0')[0]);
  const layout = isIoctlName(name) ? IOCTLS[name].layout : undefined;
  if (!layout) return hex(bytes);
  const fields = fieldsOf(layout, bytes, order);
  const further = [...behind(name as IoctlName, bytes, order), ...(whole ? capabilities(layout, bytes, order) : [])];
  return `{${[...fields, ...further].join(', ')}}`;
}

/** A short buffer is an old user's: what it does not hold is left out. */
function fieldsOf(layout: Layout, bytes: Uint8Array, order: ByteOrder): string[] {
  return Object.entries(layout.fields).flatMap(([field, { offset, width }]) => {
    if (offset + width > bytes.length) return [];
    const value = layout.getField(bytes, field, order) as unknown;
    return typeof value === 'number' || typeof value === 'bigint' ? [`${field}=${number(field, value)}`] : [];
  });
}

/** What follows the structure itself. */
function behind(name: IoctlName, bytes: Uint8Array, order: ByteOrder): string[] {
  const get = vfioIommuType1DirtyBitmap.size;
  if (name === 'VFIO_IOMMU_DIRTY_PAGES' && bytes.length >= get + vfioIommuType1DirtyBitmapGet.size) {
    const { iova, size, bitmap } = vfioIommuType1DirtyBitmapGet.decode(bytes, order, get);
    return [`iova=${number('iova', iova)}`, `size=${number('size', size)}`, bitmapText(bitmap)];
  }
  const unmap = vfioIommuType1DmaUnmap.size;
  if (name === 'VFIO_IOMMU_UNMAP_DMA' && bytes.length >= unmap + vfioBitmap.size)
    return [bitmapText(vfioBitmap.decode(bytes, order, unmap))];
  return [];
}

function bitmapText({ pgsize, size, data }: { pgsize: bigint; size: bigint; data: bigint }): string {
  return `bitmap={pgsize=${number('pgsize', pgsize)}, size=${number('size', size)}, data=${number('data', data)}}`;
}

function capabilities(layout: Layout, bytes: Uint8Array, order: ByteOrder): string[] {
  if (!WITH_CAPABILITIES.has(layout.name) || bytes.length < layout.size) return [];
  const start = Number(layout.getField(bytes, 'cap_offset', order));
  const argsz = Number(layout.getField(bytes, 'argsz', order));
  if (start === 0 || argsz > bytes.length) return [];
  const chain = walkCapabilityChain(bytes, order, { start, headSize: 16, end: argsz });
  return chain.capabilities.map(({ id, version, bytes: capability }) => {
    const body = layout.name === vfioRegionInfo.name ? regionCapability(id, capability, order) : '';
    return `cap={id=${id}, version=${version}${body}}`;
  });
}

function regionCapability(id: number, bytes: Uint8Array, order: ByteOrder): string {
  if (id === VFIO_REGION_INFO_CAP_TYPE && bytes.length >= vfioRegionInfoCapType.size) {
    const { type, subtype } = vfioRegionInfoCapType.decode(bytes, order);
    return `, type=${type}, subtype=${subtype} (${regionTypeName(type, subtype)})`;
  }
  if (id === VFIO_REGION_INFO_CAP_SPARSE_MMAP && bytes.length >= 16)
    return `, areas=${decodeSparseMmapAreas(bytes, order).elements.length}`;
  return '';
}

function number(field: string, value: bigint | number): string {
  return DECIMAL.has(field) || value < 10 ? String(value) : `0x${value.toString(16)}`;
}

function hex(bytes: Uint8Array): string {
  const shown = [...bytes.subarray(0, SHOWN_BYTES)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return bytes.length > SHOWN_BYTES ? `${shown} ...` : shown;
}
