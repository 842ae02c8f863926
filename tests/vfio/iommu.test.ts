import {
  ERRNO,
  VFIO_DMA_MAP_FLAG_READ,
  VFIO_DMA_UNMAP_FLAG_ALL,
  VFIO_DMA_UNMAP_FLAG_VADDR,
  vfioIommuType1DmaMap,
} from '../../runner/abi';
import { onIoctl } from '../support/scripted-host';
import { open, value } from './support';

test('memory is mapped in whole pages, one mapping after the other, and each costs one of those available', () => {
  const { opened } = open('reference:zpci');
  const { iommu } = opened;
  const avail = (): number | undefined => value(iommu.info()).dmaAvail?.avail;
  const before = avail() ?? 0;
  const first = value(iommu.allocate(1n));
  const second = value(iommu.allocate(0x1001n));
  expect([first.size, second.size, second.iova - first.iova]).toEqual([0x1000n, 0x2000n, 0x1000n]);
  expect(avail()).toBe(before - 2);
  expect(value(iommu.unmapAll())).toBe(0x3000n);
  expect([avail(), iommu.mappings]).toEqual([before, []]);
});

test('an address limit, an alignment and an address of the caller are kept', () => {
  const { opened } = open();
  const below = 1n << 28n;
  const aligned = value(opened.iommu.allocate(0x1000n, { alignment: 1n << 27n, below }));
  expect(aligned.iova).toBe(1n << 27n);
  expect(opened.iommu.allocate(0x1000n, { alignment: 1n << 27n, below })).toMatchObject({
    ok: false,
    kind: 'unavailable',
  });
  expect(value(opened.iommu.allocate(0x1000n, { iova: 0x123_4000n })).iova).toBe(0x123_4000n);
  expect(opened.iommu.allocate(0x1000n, { iova: 0x123_4000n })).toMatchObject({ errnoName: 'EEXIST' });
});

test('flags and an argsz go to the kernel as they are', () => {
  const { host, opened } = open();
  const seen: unknown[] = [];
  host.script = onIoctl('VFIO_IOMMU_MAP_DMA', 'container', (bytes) => {
    seen.push(vfioIommuType1DmaMap.decode(bytes, 'little'));
    return -ERRNO.EINVAL;
  });
  const request = { vaddr: 1n, iova: 2n, size: 3n, flags: VFIO_DMA_MAP_FLAG_READ, argsz: 8 };
  expect(opened.iommu.map(request)).toMatchObject({ errnoName: 'EINVAL' });
  expect(seen).toEqual([{ argsz: 8, flags: 1, vaddr: 1n, iova: 2n, size: 3n }]);
});

test('memory of a mapping that the kernel refuses is given back', () => {
  const { host, opened } = open();
  host.script = onIoctl('VFIO_IOMMU_MAP_DMA', 'container', () => -ERRNO.ENOSPC);
  expect(opened.iommu.allocate(0x1000n)).toMatchObject({ errnoName: 'ENOSPC' });
  expect([host.liveMemory(), opened.iommu.mappings]).toEqual([0, []]);
});

test('sizes that the kit does not map are told without a call', () => {
  const { opened } = open();
  expect(opened.iommu.allocate(0n)).toMatchObject({ ok: false, kind: 'limit' });
  expect(opened.iommu.allocate(1n << 40n)).toMatchObject({ ok: false, kind: 'limit' });
});

test('an unmap that leaves the mapping, and one that takes everything, are told apart', () => {
  const { host, opened } = open();
  const { iommu } = opened;
  const one = value(iommu.allocate(0x1000n));
  value(iommu.allocate(0x1000n));
  host.script = onIoctl('VFIO_IOMMU_UNMAP_DMA', 'container', () => 0);
  value(iommu.unmap(one.iova, one.size, VFIO_DMA_UNMAP_FLAG_VADDR));
  expect(iommu.mappings).toHaveLength(2);
  value(iommu.unmap(one.iova, one.size));
  expect(iommu.mappings).toHaveLength(1);
  value(iommu.unmap(0n, 0n, VFIO_DMA_UNMAP_FLAG_ALL));
  expect(iommu.mappings).toEqual([]);
});

test('closing tries every mapping, frees all memory and says what failed first', () => {
  const { host, opened } = open();
  const first = value(opened.iommu.allocate(0x1000n));
  value(opened.iommu.allocate(0x1000n));
  let calls = 0;
  host.script = onIoctl('VFIO_IOMMU_UNMAP_DMA', 'container', (_bytes, next) => (calls++ === 0 ? -ERRNO.EIO : next()));
  expect(opened.iommu.close()).toMatchObject({ ok: false, errnoName: 'EIO' });
  expect([calls, host.liveMemory(), opened.iommu.mappings.includes(first)]).toEqual([2, 0, false]);
  host.calls.length = 0;
  value(opened.iommu.close());
  expect(host.calls).toEqual([]);
});
