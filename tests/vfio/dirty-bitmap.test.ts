import fc from 'fast-check';
import { bitmapBytes, DirtyBitmap } from '../../runner/vfio/dirty-bitmap';

const PAGE = 4096n;

/** Bitmap memory as a kernel would write it: native u64 words. */
function memory(pages: readonly number[], count: number, order: 'little' | 'big'): Uint8Array {
  const bytes = new Uint8Array(Number(bitmapBytes(BigInt(count))));
  const view = new DataView(bytes.buffer);
  for (const page of pages) {
    const at = Math.floor(page / 64) * 8;
    view.setBigUint64(at, view.getBigUint64(at, order === 'little') | (1n << BigInt(page % 64)), order === 'little');
  }
  return bytes;
}

const pagesOf = (bitmap: DirtyBitmap): number[] =>
  [...bitmap.runs()].flatMap(({ first, pages }) => Array.from({ length: pages }, (_, n) => first + n));

test('a bitmap takes whole u64 words', () => {
  expect([0n, 1n, 63n, 64n, 65n].map(bitmapBytes)).toEqual([0n, 8n, 8n, 8n, 16n]);
});

test('what is set is found, counted and listed, in both byte orders, whatever the length', () => {
  const sets = fc
    .integer({ min: 1, max: 300 })
    .chain((count) =>
      fc.tuple(
        fc.constant(count),
        fc.uniqueArray(fc.nat(count - 1)),
        fc.constantFrom('little' as const, 'big' as const),
      ),
    );
  fc.assert(
    fc.property(sets, ([count, pages, order]) => {
      const bitmap = DirtyBitmap.fromMemory(0n, PAGE, count, memory(pages, count, order), order);
      const sorted = [...pages].sort((a, b) => a - b);
      expect(pagesOf(bitmap)).toEqual(sorted);
      expect(bitmap.count()).toBe(pages.length);
      expect(Array.from({ length: count }, (_, n) => n).filter((n) => bitmap.has(n))).toEqual(sorted);
    }),
  );
});

test('long runs come out as one, over words that are full, empty and mixed', () => {
  const pages = [...Array.from({ length: 200 }, (_, n) => n + 31), 300, 302];
  const bitmap = DirtyBitmap.fromMemory(0n, PAGE, 320, memory(pages, 320, 'little'), 'little');
  expect([...bitmap.runs()]).toEqual([
    { first: 31, pages: 200 },
    { first: 300, pages: 1 },
    { first: 302, pages: 1 },
  ]);
});

test('bits past the last page are never looked at', () => {
  const bitmap = DirtyBitmap.fromMemory(0n, PAGE, 63, new Uint8Array(8).fill(0xff), 'little');
  expect([bitmap.count(), [...bitmap.runs()], bitmap.has(63), bitmap.has(-1)]).toEqual([
    63,
    [{ first: 0, pages: 63 }],
    false,
    false,
  ]);
  expect(bitmap.compare(DirtyBitmap.empty(0n, PAGE, 63)).extra).toBe(63);
});

test('neither are the bytes behind the last page of a short bitmap', () => {
  const bitmap = DirtyBitmap.fromMemory(0n, PAGE, 3, new Uint8Array(8).fill(0xff), 'big');
  expect([bitmap.count(), [...bitmap.runs()]]).toEqual([3, [{ first: 0, pages: 3 }]]);
});

test('words that are not there count as clean', () => {
  const bitmap = DirtyBitmap.fromMemory(0n, PAGE, 128, new Uint8Array(8).fill(0xff), 'big');
  expect(bitmap.count()).toBe(64);
});

test('a write marks every page that it touches, and only those in the range', () => {
  const bitmap = DirtyBitmap.empty(0x10000n, PAGE, 4);
  bitmap.markWritten(0x10fffn, 2n);
  expect(pagesOf(bitmap)).toEqual([0, 1]);
  bitmap.markWritten(0xf000n, 0x1000n);
  bitmap.markWritten(0x14000n, 0x1000n);
  bitmap.markWritten(0x12000n, 0n);
  expect(pagesOf(bitmap)).toEqual([0, 1]);
  bitmap.markWritten(0n, 1n << 40n);
  expect(pagesOf(bitmap)).toEqual([0, 1, 2, 3]);
  expect(bitmap.addressOf(3)).toBe(0x13000n);
});

test('comparing tells lost pages from extra ones', () => {
  const of = (pages: number[]): DirtyBitmap =>
    DirtyBitmap.fromMemory(0n, PAGE, 100, memory(pages, 100, 'little'), 'little');
  const difference = of([1, 2, 3, 70]).compare(of([2, 3, 4, 5, 99]));
  expect(difference).toEqual({
    missing: 3,
    extra: 2,
    missingRuns: [
      { first: 4, pages: 2 },
      { first: 99, pages: 1 },
    ],
    extraRuns: [
      { first: 1, pages: 1 },
      { first: 70, pages: 1 },
    ],
  });
  expect(of([0, 2, 4]).compare(of([]), 1).extraRuns).toEqual([{ first: 0, pages: 1 }]);
  expect(() => of([]).compare(DirtyBitmap.empty(0n, PAGE, 99))).toThrow(RangeError);
});

test('pages are counted in any part of the range, whatever its edges', () => {
  const set = fc.uniqueArray(fc.nat(299));
  fc.assert(
    fc.property(set, fc.integer({ min: -20, max: 320 }), fc.nat(320), (pages, first, count) => {
      const bitmap = DirtyBitmap.fromMemory(0n, PAGE, 300, memory(pages, 300, 'little'), 'little');
      expect(bitmap.countIn(first, count)).toBe(pages.filter((page) => page >= first && page < first + count).length);
    }),
  );
});

test('runs are listed from any page on', () => {
  const bitmap = DirtyBitmap.fromMemory(0n, PAGE, 300, memory([3, 4, 5, 64, 200], 300, 'little'), 'little');
  expect([...bitmap.runsFrom(4)]).toEqual([
    { first: 4, pages: 2 },
    { first: 64, pages: 1 },
    { first: 200, pages: 1 },
  ]);
  expect([...bitmap.runsFrom(201)]).toEqual([]);
});

test('pages around 2^31 are counted, listed and compared: shifts of page numbers would lose them', () => {
  const pages = 2 ** 31;
  const bytes = new Uint8Array(pages / 8);
  bytes[bytes.length - 1] = 0x80;
  const bitmap = DirtyBitmap.fromMemory(0n, PAGE, pages, bytes, 'little');
  expect(bitmap.count()).toBe(1);
  expect([...bitmap.runs()]).toEqual([{ first: pages - 1, pages: 1 }]);
  expect(bitmap.has(pages - 1)).toBe(true);
  const expected = DirtyBitmap.empty(0n, PAGE, pages);
  expected.markWritten(0n, 1n);
  expect(bitmap.compare(expected)).toEqual({
    missing: 1,
    extra: 1,
    missingRuns: [{ first: 0, pages: 1 }],
    extraRuns: [{ first: pages - 1, pages: 1 }],
  });
});
