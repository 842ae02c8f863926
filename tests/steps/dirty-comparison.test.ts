/** A bitmap against what was written: pages, holes, and what is still owed. */
import { compareBitmap, outside, pagesOf, sayPages } from '../../runner/steps/dirty-comparison';
import { DirtyBitmap } from '../../runner/vfio/dirty-bitmap';

const PAGE = 4096n;
const AT = 0x100000n;

function bitmap(pages: number, set: readonly number[]): DirtyBitmap {
  const made = DirtyBitmap.empty(AT, PAGE, pages);
  for (const page of set) made.markWritten(AT + BigInt(page) * PAGE, 1n);
  return made;
}
const write = (page: number, bytes = 1n, offset = 0n) => ({ iova: AT + BigInt(page) * PAGE + offset, size: bytes });
const all = (pages: number) => [{ iova: AT, size: BigInt(pages) * PAGE }];

test('missing and extra pages are told apart', () => {
  const seen = compareBitmap(bitmap(8, [1, 5]), all(8), [write(1), write(2)]);
  const extraRuns = [{ first: 5, pages: 1 }];
  expect(seen).toEqual({
    written: [1, 2],
    missing: [2],
    extra: 1,
    extraRuns,
    mapped: 8,
    reported: 2,
    allMapped: false,
  });
});

test('bits where nothing is mapped are not looked at', () => {
  const mappings = [
    { iova: AT, size: 2n * PAGE },
    { iova: AT + 6n * PAGE, size: 2n * PAGE },
  ];
  const seen = compareBitmap(bitmap(8, [0, 3, 4]), mappings, [write(0), write(7), write(5)]);
  expect(seen).toMatchObject({ written: [0, 7], missing: [7], extra: 0, extraRuns: [], mapped: 4, reported: 1 });
});

test('a range that begins inside of what is known numbers pages from its own start', () => {
  const later = DirtyBitmap.empty(AT + 4n * PAGE, PAGE, 4);
  later.markWritten(AT + 5n * PAGE, 1n);
  expect(compareBitmap(later, all(8), [write(5), write(1)])).toMatchObject({ written: [1], missing: [], extra: 0 });
});

test('all mapped pages set is a scope of its own, unless all were written', () => {
  expect(compareBitmap(bitmap(2, [0, 1]), all(2), [write(0)]).allMapped).toBe(true);
  expect(compareBitmap(bitmap(2, [0, 1]), all(2), [write(0), write(1)]).allMapped).toBe(false);
});

test('pages that were reported for nothing are told in runs, which written ones and holes in what is mapped cut', () => {
  const set = Array.from({ length: 40 }, (_, n) => n);
  const mappings = [
    { iova: AT + 20n * PAGE, size: 10n * PAGE },
    { iova: AT, size: 12n * PAGE },
  ];
  const seen = compareBitmap(bitmap(40, set), mappings, [write(0), write(4, 2n * PAGE), write(15), write(29)]);
  expect(seen.extra).toBe(22 - 4);
  expect(seen.extraRuns).toEqual([
    { first: 1, pages: 3 },
    { first: 6, pages: 6 },
    { first: 20, pages: 9 },
  ]);
});

test('the largest bitmap is compared without looking at each of its pages', () => {
  const pages = 2 ** 31;
  const full = DirtyBitmap.filled(AT, PAGE, pages, (bytes) => bytes.fill(0xff), 'little');
  const seen = compareBitmap(full, all(pages), [write(7)]);
  expect(seen).toMatchObject({ extra: pages - 1, reported: pages, mapped: pages, allMapped: true });
  expect(seen.extraRuns).toEqual([
    { first: 0, pages: 7 },
    { first: 8, pages: pages - 8 },
  ]);
});

test('a write touches every page that it reaches', () => {
  expect([...pagesOf({ iova: AT, pageSize: PAGE }, [write(3, 2n, PAGE - 1n), write(6, 2n * PAGE)])]).toEqual([
    3, 4, 6, 7,
  ]);
  expect([...pagesOf({ iova: AT, pageSize: PAGE }, [{ iova: AT - 1n, size: 2n }])]).toEqual([-1, 0]);
});

test('what lies outside of a range that was reported is still owed', () => {
  const writes = [write(0), write(2, 4n * PAGE), write(9)];
  expect(outside(writes, AT + 3n * PAGE, 2n * PAGE)).toEqual([write(0), write(2, PAGE), write(5, PAGE), write(9)]);
  expect(outside(writes, AT, 10n * PAGE)).toEqual([]);
});

test('pages are told in runs, and not too many of them', () => {
  expect(sayPages(bitmap(8, []), [0, 1, 2, 5])).toBe('0 to 2 (0x100000), 5 (0x105000)');
  const many = Array.from({ length: 20 }, (_, n) => n * 2);
  expect(sayPages(bitmap(40, []), many)).toMatch(/^0 \(.*14 \(0x10e000\), \.\.\.$/);
});
