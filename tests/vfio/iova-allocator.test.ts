import fc from 'fast-check';
import { DEFAULT_RANGES, findIova, MSI_WINDOW } from '../../runner/vfio/iova-allocator';

const PAGE = 0x1000n;

test('the lowest free address, past what is taken', () => {
  const allowed = [{ start: 0x10_0000n, end: 0x1f_ffffn }];
  const taken = [{ start: 0x10_0000n, end: 0x10_1fffn }];
  expect(findIova({ size: PAGE, alignment: PAGE }, allowed, taken)).toEqual({ ok: true, value: 0x10_2000n });
  expect(findIova({ size: PAGE, alignment: 0x4_0000n }, allowed, taken)).toEqual({ ok: true, value: 0x14_0000n });
});

test('address 0 is left alone though a range begins there', () => {
  expect(findIova({ size: PAGE, alignment: PAGE }, [{ start: 0n, end: 0xffffn }], [])).toEqual({
    ok: true,
    value: PAGE,
  });
});

test('the interrupt window is left alone though no range says so', () => {
  const allowed = [{ start: 0xfed0_0000n, end: 0xffff_ffffn }];
  expect(findIova({ size: 0x20_0000n, alignment: PAGE }, allowed, [])).toEqual({ ok: true, value: 0xfef0_0000n });
});

test('an address limit of the device holds, and a request that cannot be met says why', () => {
  const below = 1n << 28n;
  expect(findIova({ size: below, alignment: PAGE, below }, DEFAULT_RANGES, [])).toMatchObject({
    ok: false,
    kind: 'unavailable',
    message: 'find IOVA: no free range of 268435456 bytes aligned to 4096 below 0x10000000',
  });
  const zpci = [{ start: 1n << 32n, end: (1n << 32n) + 0x3fff_ffffn }];
  expect(findIova({ size: PAGE, alignment: PAGE, below }, zpci, [])).toMatchObject({ ok: false });
});

test('the limit itself is the first address that may not be used', () => {
  const allowed = [{ start: PAGE, end: 0xffffn }];
  expect(findIova({ size: PAGE, alignment: PAGE, below: 2n * PAGE }, allowed, [])).toEqual({ ok: true, value: PAGE });
  expect(findIova({ size: PAGE, alignment: PAGE, below: 2n * PAGE - 1n }, allowed, [])).toMatchObject({ ok: false });
});

test('the last page of the address space can be had', () => {
  const allowed = [{ start: 2n ** 64n - PAGE, end: 2n ** 64n - 1n }];
  expect(findIova({ size: PAGE, alignment: PAGE }, allowed, [])).toEqual({ ok: true, value: 2n ** 64n - PAGE });
});

test('whatever is found is allowed, aligned, free and below the limit', () => {
  const range = fc
    .tuple(fc.bigInt(0n, 1n << 24n), fc.bigInt(0n, 1n << 20n))
    .map(([start, length]) => ({ start, end: start + length }));
  const request = fc.record({ size: fc.integer({ min: 1, max: 32 }), shift: fc.integer({ min: 12, max: 18 }) });
  fc.assert(
    fc.property(fc.array(range), fc.array(range), request, (allowed, taken, { size, shift }) => {
      const alignment = 1n << BigInt(shift);
      const bytes = BigInt(size) * PAGE;
      const below = 1n << 23n;
      const found = findIova({ size: bytes, alignment, below }, allowed, taken);
      if (found.ok) {
        const last = found.value + bytes - 1n;
        expect(found.value % alignment).toBe(0n);
        expect(last < below).toBe(true);
        expect(allowed.some(({ start, end }) => start <= found.value && last <= end)).toBe(true);
        expect([...taken, MSI_WINDOW].some(({ start, end }) => found.value <= end && last >= start)).toBe(false);
      }
    }),
  );
});
