/** What the two calls that carry a bitmap have to answer, by what was asked. */
import {
  type BitmapCall,
  bitmapBytesFor,
  type DirtyState,
  dueOfGetBitmap,
  dueOfUnmap,
} from '../../runner/oracles/dirty-call';

const PAGE = 4096n;
/** 16 pages, a hole of 4, and 70 pages. */
const FIRST = 0x100000n;
const SECOND = FIRST + 20n * PAGE;
const state: DirtyState = {
  mappings: [
    [FIRST, 16n * PAGE],
    [SECOND, 70n * PAGE],
  ],
  logging: 'on',
  smallest: PAGE,
  maxBitmapBytes: 1n << 28n,
};

interface Asked extends Partial<Omit<BitmapCall, 'bitmap'>> {
  readonly pgsize?: bigint;
  readonly bytes?: bigint;
}

function call({ argsz = 48, iova = FIRST, size = 16n * PAGE, pgsize = PAGE, bytes = 8n }: Asked = {}): BitmapCall {
  return { argsz, iova, size, bitmap: { pgsize, size: bytes } };
}

function said(due: ReturnType<typeof dueOfGetBitmap>): string {
  return due.answer === 'open' ? 'open' : `${due.answer} ${due.clause}`;
}

describe('GET_BITMAP', () => {
  const get = (asked?: Asked, change: Partial<DirtyState> = {}) =>
    said(dueOfGetBitmap({ ...state, ...change }, call(asked)));

  test('of one mapping, of several, and of a hole succeeds', () => {
    expect(get()).toBe('success DIRTY-PGSIZE');
    expect(get({ iova: SECOND, size: 70n * PAGE, bytes: 16n })).toBe('success DIRTY-PGSIZE');
    expect(get({ size: 90n * PAGE, bytes: 16n })).toBe('success DIRTY-RANGE-ERR');
    expect(get({ iova: FIRST + 16n * PAGE, size: 4n * PAGE })).toBe('success DIRTY-RANGE-ERR');
  });

  test.each([
    ['begins in a mapping', { iova: FIRST + PAGE, size: 15n * PAGE }],
    ['ends in a mapping', { size: 15n * PAGE }],
    ['ends in the second mapping', { size: 30n * PAGE }],
    ['lies in a mapping', { iova: FIRST + PAGE, size: 2n * PAGE }],
    ['begins off a page', { iova: FIRST + 1n }],
    ['is no whole number of pages', { size: 16n * PAGE + 1n }],
    ['is empty', { size: 0n }],
    ['wraps', { iova: (1n << 64n) - PAGE, size: 2n * PAGE }],
  ])('of a range that %s is refused', (_what, asked) => {
    expect(get(asked)).toBe('refusal DIRTY-RANGE-ERR');
  });

  test('of a range up to the very last address is open', () => {
    expect(get({ iova: (1n << 64n) - PAGE, size: PAGE })).toBe('open');
  });

  test('with a bitmap too small or too large is refused, with one larger than needed it succeeds', () => {
    const whole = { iova: SECOND, size: 70n * PAGE };
    expect(get({ ...whole, bytes: 8n })).toBe('refusal DIRTY-SIZE');
    expect(get({ ...whole, bytes: 15n })).toBe('refusal DIRTY-SIZE');
    expect(get({ ...whole, bytes: 16n })).toBe('success DIRTY-PGSIZE');
    expect(get({ ...whole, bytes: 24n })).toBe('success DIRTY-SIZE');
    expect(get({ ...whole, bytes: 1n << 28n })).toBe('success DIRTY-SIZE');
    expect(get({ ...whole, bytes: (1n << 28n) + 8n })).toBe('refusal DIRTY-SIZE');
    // 8 pages take a word, not a byte.
    expect(get({ iova: FIRST + 16n * PAGE, size: 4n * PAGE, bytes: 1n })).toBe('refusal DIRTY-SIZE');
  });

  test('with argsz below both structures is refused, with a larger one it succeeds', () => {
    expect(get({ argsz: 47 })).toBe('refusal DIRTY-ARGSZ');
    expect(get({ argsz: 64 })).toBe('success DIRTY-ARGSZ');
  });

  test('while logging is off is refused', () => {
    expect(get({}, { logging: 'off' })).toBe('refusal DIRTY-NOT-ENABLED');
    expect(get({}, { logging: 'stopped' })).toBe('refusal DIRTY-STOP');
  });

  test('with another page size is open, with a bad range refused all the same', () => {
    expect(get({ pgsize: 2n * PAGE })).toBe('open');
    expect(get({ pgsize: 0n })).toBe('open');
    expect(get({ pgsize: 2n * PAGE, size: 15n * PAGE })).toBe('refusal DIRTY-RANGE-ERR');
  });
});

describe('UNMAP_DMA with GET_DIRTY_BITMAP', () => {
  const unmap = (asked?: Asked, change: Partial<DirtyState> = {}) =>
    said(dueOfUnmap({ ...state, ...change }, call(asked)));

  test('of whole mappings succeeds', () => {
    expect(unmap()).toBe('success UNMAP-BITMAP');
    expect(unmap({ size: 90n * PAGE, bytes: 16n })).toBe('success UNMAP-BITMAP');
    expect(unmap({ argsz: 64, bytes: 64n })).toBe('success UNMAP-BITMAP');
  });

  test('is refused for its argsz, its size, and while logging is off', () => {
    expect(unmap({ argsz: 47 })).toBe('refusal UNMAP-ARGSZ');
    expect(unmap({ bytes: 0n })).toBe('refusal UNMAP-SIZE');
    expect(unmap({ bytes: (1n << 28n) + 8n })).toBe('refusal UNMAP-SIZE');
    expect(unmap({}, { logging: 'off' })).toBe('refusal UNMAP-NOT-ENABLED');
    expect(unmap({}, { logging: 'stopped' })).toBe('refusal UNMAP-NOT-ENABLED');
  });

  test.each([
    ['another page size', { pgsize: 2n * PAGE }],
    ['a part of a mapping', { size: 15n * PAGE }],
    ['nothing that is mapped', { iova: FIRST + 16n * PAGE, size: 4n * PAGE }],
    ['no size', { size: 0n }],
  ])('of %s is open', (_what, asked) => {
    expect(unmap(asked)).toBe('open');
  });
});

test('a bitmap takes whole words', () => {
  expect([1n, 63n, 64n, 65n, 128n, 129n].map((pages) => bitmapBytesFor(pages * PAGE, PAGE))).toEqual([
    8n,
    8n,
    8n,
    16n,
    16n,
    24n,
  ]);
});
