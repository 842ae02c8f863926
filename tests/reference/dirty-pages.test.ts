import { EINVAL, Lab } from './support/reference-lab';

const START = 1;
const STOP = 2;
const GET = 4;
const PAGE = 4096;

function lab(name = 'reference'): Lab {
  const opened = new Lab({ device: name });
  opened.source.enableDma();
  return opened;
}

describe('flags', () => {
  test.each([0, 3, 5, 6, 7, 8, 9])('%d is refused', (flags) => {
    expect(lab().dirty(flags)).toBe(EINVAL);
  });

  test('START and STOP may be repeated, STOP may come first, GET without START is refused', () => {
    const machine = lab();
    expect(machine.dirty(STOP)).toBe(0);
    expect(machine.dirty(GET, 8)).toBe(EINVAL);
    const memory = machine.allocate(PAGE);
    machine.map(memory, 0n);
    expect(machine.dirtyPages(0n, 4096n)).toBe(EINVAL);
    expect([machine.dirty(START), machine.dirty(START)]).toEqual([0, 0]);
    expect(machine.dirtyPages(0n, 4096n)).toEqual([]);
    expect([machine.dirty(STOP), machine.dirty(STOP)]).toEqual([0, 0]);
    expect(machine.dirtyPages(0n, 4096n)).toBe(EINVAL);
    expect(machine.dirty(START, 4)).toBe(EINVAL);
  });
});

describe.each(['reference', 'reference:pci,be', 'reference:ccw'])('exactness on %s', (name) => {
  test.each([1, 63, 64, 65, 130])('of a mapping of %d pages', (pages) => {
    const machine = lab(name);
    const memory = machine.allocate(pages * PAGE);
    expect(machine.map(memory, 0x100000n)).toBe(0);
    machine.dirty(START);
    const touched = [...new Set([0, Math.floor(pages / 2), pages - 1])];
    for (const page of touched) machine.source.fill(0x100000n + BigInt(page * PAGE) + 100n, 8);
    expect(machine.dirtyPages(0x100000n, BigInt(pages * PAGE))).toEqual(touched);
    expect(machine.dirtyPages(0x100000n, BigInt(pages * PAGE))).toEqual([]);
    const seen = new Uint8Array(8);
    machine.host.peek(memory, (pages - 1) * PAGE + 100, seen);
    expect([...seen]).toEqual([0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11]);
  });

  test('of several mappings, holes between them, and one made while logging', () => {
    const machine = lab(name);
    const memory = machine.allocate(256 * PAGE);
    machine.map(memory, 0n, 64n * 4096n);
    machine.dirty(START);
    machine.map(memory, 128n * 4096n, 64n * 4096n, 3, 64n * 4096n);
    machine.source.fill(4096n * 63n, 16);
    machine.source.fill(4096n * 130n - 8n, 16);
    expect(machine.dirtyPages(0n, 256n * 4096n)).toEqual([63, 129, 130]);
    expect(machine.dirtyPages(64n * 4096n, 64n * 4096n)).toEqual([]);
    expect(machine.dirtyPages(0n, 32n * 4096n)).toEqual(EINVAL);
    expect(machine.dirtyPages(4096n, 63n * 4096n)).toEqual(EINVAL);
  });

  test('UNMAP_DMA with a bitmap holds the last writes', () => {
    const machine = lab(name);
    const memory = machine.allocate(70 * PAGE);
    machine.map(memory, 0n);
    expect(machine.unmapWithBitmap(0n, 70n * 4096n)).toBe(EINVAL);
    machine.dirty(START);
    machine.source.fill(69n * 4096n, 4);
    expect(machine.unmapWithBitmap(0n, 70n * 4096n, 8192n)).toBe(EINVAL);
    expect(machine.unmapWithBitmap(0n, 70n * 4096n, 4096n, 8)).toBe(EINVAL);
    expect(machine.unmapWithBitmap(0n, 70n * 4096n)).toEqual([69]);
    expect(machine.unmap(0n, 70n * 4096n)).toBe(0n);
  });
});

test('mappings that do not start on a word are joined, and leave stale bits as Linux does', () => {
  const machine = lab();
  const memory = machine.allocate(10 * PAGE);
  machine.map(memory, 0n, 3n * 4096n);
  machine.map(memory, 3n * 4096n, 4n * 4096n, 3, 3n * 4096n);
  machine.dirty(START);
  machine.source.fill(2n * 4096n, 8);
  machine.source.fill(5n * 4096n, 8);
  expect(machine.dirtyPages(0n, 7n * 4096n)).toEqual([2, 5]);
  // The second mapping's bit was shifted by 3 inside its own bitmap, past the 4 pages that are cleared.
  expect(machine.dirtyPages(0n, 7n * 4096n)).toEqual([8]);
});

test('an IOMMU-backed device reports every mapped page every time', () => {
  const machine = lab('reference+iommu-backed');
  const memory = machine.allocate(3 * PAGE);
  machine.map(memory, 0x1000n);
  machine.dirty(START);
  for (let time = 0; time < 2; time++) expect(machine.dirtyPages(0x1000n, 3n * 4096n)).toEqual([0, 1, 2]);
});

test('64k pages', () => {
  const machine = lab('reference:pci,page=64k');
  const memory = machine.allocate(4 * 65536);
  expect(machine.map(memory, 4096n)).toBe(EINVAL);
  machine.map(memory, 0n);
  machine.dirty(START);
  machine.source.fill(65536n * 3n - 1n, 2);
  expect(machine.dirtyPages(0n, 4n * 65536n)).toEqual([2, 3]);
  expect(machine.dirtyPages(0n, 4n * 65536n, 4096n)).toBe(EINVAL);
});

describe('arguments of GET_BITMAP', () => {
  test('sizes, alignment, page size, argsz and pointers', () => {
    const machine = lab();
    const memory = machine.allocate(65 * PAGE);
    machine.map(memory, 0n);
    machine.dirty(START);
    const bitmap = machine.allocate(64);
    const get = (
      iova: bigint,
      size: bigint,
      pgsize: bigint,
      bytes: bigint,
      data = bitmap.address,
      argsz = 48,
    ): number => machine.rawGet(iova, size, pgsize, bytes, data, argsz);
    const whole = 65n * 4096n;
    expect(get(0n, whole, 4096n, 16n)).toBe(0);
    expect(get(0n, whole, 4096n, 24n)).toBe(0);
    expect(get(0n, whole, 4096n, 9n)).toBe(EINVAL);
    expect(get(0n, whole, 4096n, 0n)).toBe(EINVAL);
    expect(get(0n, whole, 4096n, (1n << 28n) + 8n)).toBe(EINVAL);
    expect(get(0n, whole, 8192n, 16n)).toBe(EINVAL);
    expect(get(0n, 0n, 4096n, 16n)).toBe(EINVAL);
    expect(get(1n, whole, 4096n, 16n)).toBe(EINVAL);
    expect(get(0n, whole - 1n, 4096n, 16n)).toBe(EINVAL);
    expect(get((1n << 64n) - 4096n, 8192n, 4096n, 8n)).toBe(EINVAL);
    expect(get(0n, whole, 4096n, 16n, bitmap.address, 47)).toBe(EINVAL);
    expect(get(0n, whole, 4096n, 16n, bitmap.address, 64)).toBe(0);
    expect(get(0n, whole, 4096n, 16n, 0x1000n)).toBe(-14);
    expect(get(0n, whole, 4096n, 16n, 1n << 60n)).toBe(EINVAL);
  });

  test('whole words are copied: bits that the user had set are cleared, what lies behind is left alone', () => {
    const machine = lab();
    machine.map(machine.allocate(PAGE), 0n);
    machine.dirty(START);
    const bitmap = machine.allocate(32);
    machine.host.poke(bitmap, 0, new Uint8Array(32).fill(0xff));
    expect(machine.rawGet(0n, 4096n, 4096n, 16n, bitmap.address)).toBe(0);
    expect(machine.host.load(bitmap, 0, 8)).toBe(0n);
    expect(machine.host.load(bitmap, 8, 8)).toBe(0xffff_ffff_ffff_ffffn);
  });

  test('a mapping above INT_MAX pages cannot be logged', () => {
    const machine = lab();
    expect(machine.map(machine.allocate(PAGE), 0n, 1n << 44n)).toBe(0);
    expect(machine.dirty(START)).toBe(EINVAL);
  });
});
