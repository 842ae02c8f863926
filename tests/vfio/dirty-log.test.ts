import {
  ERRNO,
  VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP,
  VFIO_IOMMU_DIRTY_PAGES_FLAG_START,
  VFIO_PCI_CONFIG_REGION_INDEX,
  vfioBitmap,
} from '../../runner/abi';
import { DirtyBitmap } from '../../runner/vfio/dirty-bitmap';
import { BITMAP_GUARD_BYTES } from '../../runner/vfio/dirty-log';
import { onIoctl } from '../support/scripted-host';
import { open, value } from './support';

const PAGE = 4096n;
/** Registers of the reference device's DMA engine, in BAR0. */
const DMA = { source: 0x80n, destination: 0x88n, count: 0x90n, command: 0x98n };
const DEVICE_MEMORY = 0x40000n;

/** An open device with `pages` pages mapped, and a way to make it write some of them. */
function bench(name: string, pages: bigint) {
  const { host, opened } = open(name);
  const pageSize = BigInt(host.facts.pageSize);
  const mapping = value(opened.iommu.allocate(pages * pageSize, { alignment: pageSize * 64n }));
  const bar = value(opened.device.region(0));
  // Without bus master in the command register of config space a PCI device writes nothing.
  value(value(opened.device.region(VFIO_PCI_CONFIG_REGION_INDEX)).writeScalar(4n, 2, 0x7n, 'little'));
  const write = (page: bigint, size: bigint): void => {
    value(bar.writeScalar(DMA.source, 8, DEVICE_MEMORY, 'little'));
    value(bar.writeScalar(DMA.destination, 8, mapping.iova + page * pageSize, 'little'));
    value(bar.writeScalar(DMA.count, 8, size, 'little'));
    value(bar.writeScalar(DMA.command, 4, 3n, 'little'));
    host.sleep(20);
  };
  const range = { iova: mapping.iova, size: mapping.size, pageSize };
  const expected = (...writes: readonly (readonly [page: bigint, size: bigint])[]): DirtyBitmap => {
    const bitmap = DirtyBitmap.empty(mapping.iova, pageSize, Number(pages));
    for (const [page, size] of writes) {
      bitmap.markWritten(mapping.iova + page * pageSize, size);
    }
    return bitmap;
  };
  return { host, opened, mapping, write, range, expected, pageSize };
}

const clean = { missing: 0, extra: 0, missingRuns: [], extraRuns: [] };

describe.each(['reference', 'reference,be', 'reference:pci,page=64k'])('%s', (name) => {
  test('the pages that the device wrote are the ones reported, over the edges of words', () => {
    const { opened, write, range, expected, pageSize } = bench(name, 130n);
    const { dirtyLog } = opened;
    value(dirtyLog.start());
    value(dirtyLog.getBitmap(range).outcome);
    const writes = [
      [0n, 1n],
      [63n, 8n],
      [64n, pageSize],
      [129n, 16n],
    ] as const;
    for (const [page, size] of writes) {
      write(page, size);
    }
    const answer = dirtyLog.getBitmap(range);
    expect(answer.overrunAt).toBeUndefined();
    expect(value(answer.outcome).compare(expected(...writes))).toEqual(clean);
    expect(value(dirtyLog.getBitmap(range).outcome).count()).toBe(0);
    value(dirtyLog.stop());
    expect(dirtyLog.getBitmap(range).outcome).toMatchObject({ ok: false, errnoName: 'EINVAL' });
  });

  test('an unmap with a bitmap has the last writes in it, and the memory can still be looked at', () => {
    const { host, opened, mapping, write, range, expected } = bench(name, 65n);
    value(opened.dirtyLog.start());
    write(64n, 16n);
    const answer = opened.dirtyLog.unmapWithBitmap(range);
    expect(answer).toMatchObject({ unmapped: mapping.size });
    expect(value(answer.outcome).compare(expected([64n, 16n]))).toEqual(clean);
    expect(opened.iommu.mappings).toEqual([]);
    const bytes = new Uint8Array(16);
    host.peek(mapping.memory, Number(mapping.size) - host.facts.pageSize, bytes);
    expect(bytes.some((byte) => byte !== 0)).toBe(true);
    expect(value(opened.iommu.release(mapping))).toBe(0n);
    expect(host.liveMemory()).toBe(0);
  });
});

test('sizes and an argsz that are wrong are passed on as they are, and refused by the kernel', () => {
  const { host, opened, range } = bench('reference', 65n);
  const { dirtyLog } = opened;
  value(dirtyLog.start());
  for (const wrong of [
    { bitmapBytes: 8n },
    { bitmapBytes: 0n },
    { bitmapBytes: (1n << 28n) + 8n },
    { argsz: 40 },
    { pageSize: 8192n },
  ]) {
    expect([wrong, dirtyLog.getBitmap({ ...range, ...wrong }).outcome]).toMatchObject([
      wrong,
      { ok: false, errnoName: 'EINVAL' },
    ]);
  }
  expect(value(dirtyLog.getBitmap({ ...range, bitmapBytes: 64n }).outcome).pages).toBe(65);
  expect(value(dirtyLog.getBitmap({ ...range, argsz: 100 }).outcome).pages).toBe(65);
  expect(dirtyLog.withFlags(VFIO_IOMMU_DIRTY_PAGES_FLAG_START | 2)).toMatchObject({ errnoName: 'EINVAL' });
  expect(dirtyLog.withFlags(VFIO_IOMMU_DIRTY_PAGES_FLAG_START, 4)).toMatchObject({ errnoName: 'EINVAL' });
  expect(dirtyLog.unmapWithBitmap({ ...range, bitmapBytes: 8n })).not.toHaveProperty('unmapped');
  expect(opened.iommu.mappings).toHaveLength(1);
  expect(host.liveMemory()).toBe(1);
});

test('more bitmap than the kit gives memory for is told without a call', () => {
  const { host, opened } = bench('reference', 1n);
  host.calls.length = 0;
  const answer = opened.dirtyLog.getBitmap({ iova: 0n, size: 1n << 60n, pageSize: PAGE });
  expect(answer.outcome).toMatchObject({ ok: false, kind: 'limit' });
  expect(host.calls).toEqual([]);
});

test.each(['accepted', 'refused'])('a kernel that writes past bitmap.size is found out, when the call is %s', (how) => {
  const { host, opened, range } = bench('reference', 65n);
  host.script = onIoctl('VFIO_IOMMU_DIRTY_PAGES', 'container', (call) => {
    const { size } = vfioBitmap.decode(call, 'little', 24);
    const memory = host.calls.findLast(({ call: name }) => name === 'allocate')?.result as Parameters<
      typeof host.poke
    >[0];
    host.poke(memory, Number(size) + 5, Uint8Array.of(0));
    return how === 'accepted' ? 0 : -ERRNO.EINVAL;
  });
  const answer = opened.dirtyLog.getBitmap({ ...range, bitmapBytes: 8n });
  expect(answer.overrunAt).toBe(13);
  expect(answer.outcome.ok).toBe(how === 'accepted');
});

test('memory for a bitmap is zeroed, guarded, and given back', () => {
  const { host, opened, range } = bench('reference', 65n);
  host.calls.length = 0;
  const before = host.liveMemory();
  opened.dirtyLog.getBitmap(range);
  const lengths = host.calls.filter(({ call }) => call === 'allocate').map(({ args }) => args[0]);
  expect(lengths).toEqual([16 + BITMAP_GUARD_BYTES]);
  expect(host.liveMemory()).toBe(before);
});

test('a kernel that refuses an unmap with a bitmap leaves the mapping known', () => {
  const { host, opened, range } = bench('reference', 2n);
  host.script = onIoctl('VFIO_IOMMU_UNMAP_DMA', 'container', () => -ERRNO.EIO);
  const answer = opened.dirtyLog.unmapWithBitmap({ ...range, flags: VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP });
  expect(answer.outcome).toMatchObject({ errnoName: 'EIO' });
  expect(opened.iommu.mappings).toHaveLength(1);
});
