/** An ioctl's structure as a person reads it: its fields by their names in <linux/vfio.h>. */
import {
  type ByteOrder,
  IOCTLS,
  isIoctlName,
  type Layout,
  VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP,
  VFIO_IOMMU_DIRTY_PAGES_FLAG_START,
  VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP,
  vfioIommuType1DirtyBitmap,
  vfioIommuType1DirtyBitmapGet,
} from '../abi';

/** Addresses in the kit's own process say nothing, and differ from run to run. */
const UNTOLD: readonly string[] = ['vaddr', 'data'];

const DIRTY_FLAGS: ReadonlyMap<number, string> = new Map([
  [VFIO_IOMMU_DIRTY_PAGES_FLAG_START, 'START'],
  [VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP, 'STOP'],
  [VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP, 'GET_BITMAP'],
]);

/** Undefined where the argument is no structure that the headers name. Fields that the buffer does not hold are left out. */
export function ioctlText(name: string, bytes: Uint8Array, order: ByteOrder): string | undefined {
  const layout = isIoctlName(name) ? IOCTLS[name].layout : undefined;
  if (!layout) return undefined;
  const told = fieldsOf(layout, bytes, order, 0);
  if (name === 'VFIO_IOMMU_DIRTY_PAGES' && bytes.length >= vfioIommuType1DirtyBitmap.size) {
    const flags = vfioIommuType1DirtyBitmap.getField(bytes, 'flags', order);
    const word = DIRTY_FLAGS.get(flags);
    if (word !== undefined) told[1] = `flags ${word}`;
    if (flags === VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP)
      told.push(...fieldsOf(vfioIommuType1DirtyBitmapGet as Layout, bytes, order, vfioIommuType1DirtyBitmap.size));
  }
  return told.join(', ');
}

function fieldsOf(layout: Layout, bytes: Uint8Array, order: ByteOrder, at: number, within = ''): string[] {
  return Object.entries(layout.fields).flatMap(([name, field]) => {
    const start = at + field.offset;
    if (UNTOLD.includes(name) || start + field.width > bytes.length) return [];
    const inner = field as { readonly layout?: Layout };
    if (inner.layout) return fieldsOf(inner.layout, bytes, order, start, `${within}${name}.`);
    const value = layout.getField(bytes, name, order, at);
    return typeof value === 'number' || typeof value === 'bigint' ? [`${within}${name} ${sayNumber(value)}`] : [];
  });
}

function sayNumber(value: number | bigint): string {
  return value < 10 ? String(value) : `0x${value.toString(16)}`;
}
