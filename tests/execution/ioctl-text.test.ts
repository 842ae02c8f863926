/** Structures of ioctls in tables of accesses: the headers' own field names. */
import { type ByteOrder, vfioIommuType1DmaMap, vfioRegionInfo } from '../../runner/abi';
import { ioctlText } from '../../runner/execution/ioctl-text';

test.each<ByteOrder>([
  'little',
  'big',
])('fields by their names, %s-endian; an address of the kit itself is left out', (order) => {
  const map = { argsz: 32, flags: 3, vaddr: 0x7f0000000000n, iova: 0x10000n, size: 0x2000n };
  expect(ioctlText('VFIO_IOMMU_MAP_DMA', vfioIommuType1DmaMap.encode(map, order), order)).toBe(
    'argsz 0x20, flags 3, iova 0x10000, size 0x2000',
  );
});

test('a bitmap call says what it asks for', () => {
  const bytes = new Uint8Array(48);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 48, true);
  view.setUint32(4, 4, true);
  view.setBigUint64(8, 0x10000n, true);
  view.setBigUint64(16, 0x40000n, true);
  view.setBigUint64(24, 4096n, true);
  view.setBigUint64(32, 8n, true);
  expect(ioctlText('VFIO_IOMMU_DIRTY_PAGES', bytes, 'little')).toBe(
    'argsz 0x30, flags GET_BITMAP, iova 0x10000, size 0x40000, bitmap.pgsize 0x1000, bitmap.size 8',
  );
  view.setUint32(4, 1, true);
  expect(ioctlText('VFIO_IOMMU_DIRTY_PAGES', bytes.subarray(0, 8), 'little')).toBe('argsz 0x30, flags START');
});

test('a short buffer shows the fields that it holds, and nothing of what lies behind', () => {
  const bytes = vfioRegionInfo.encode({ argsz: 12, flags: 0, index: 7 }, 'little').subarray(0, 12);
  expect(ioctlText('VFIO_DEVICE_GET_REGION_INFO', bytes, 'little')).toBe('argsz 0xc, flags 0, index 7');
  expect(ioctlText('VFIO_IOMMU_DIRTY_PAGES', bytes.subarray(0, 3), 'little')).toBe('');
});

test('what is no structure of the headers is not made up', () => {
  expect(ioctlText('VFIO_GROUP_GET_DEVICE_FD', new Uint8Array(8), 'little')).toBeUndefined();
  expect(ioctlText('ioctl 0x1234', new Uint8Array(8), 'little')).toBeUndefined();
});
