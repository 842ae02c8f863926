import fc from 'fast-check';
import { ALL_LAYOUTS, byteArray, defineLayout, type Layout, s32, struct, u8, u16, u32, u64 } from '../../runner/abi';

const inner = defineLayout('inner', { id: u16(0), version: u16(2) }, 4);
const sample = defineLayout(
  'sample',
  { head: struct(0, inner), flag: u8(4), fd: s32(8), count: u32(12), big: u64(16), raw: byteArray(24, 3) },
  32,
);

describe('encode and decode', () => {
  test('integers stand at their offsets in the byte order asked for', () => {
    const values = { head: { id: 0x0102 }, flag: 0xab, fd: -2, count: 0xfffffffe, big: 0x0102030405060708n };
    expect(Buffer.from(sample.encode(values, 'big')).toString('hex')).toBe(
      '01020000ab000000fffffffefffffffe01020304050607080000000000000000',
    );
    expect(Buffer.from(sample.encode(values, 'little')).toString('hex')).toBe(
      '02010000ab000000fefffffffeffffff08070605040302010000000000000000',
    );
  });

  test('every u64 survives the way there and back in both byte orders', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n - 1n), fc.constantFrom('little' as const, 'big' as const), (big, order) => {
        expect(sample.decode(sample.encode({ big }, order), order).big).toBe(big);
      }),
    );
  });

  test('a structure is decoded in the middle of a buffer, and a missing trailing padding does not matter', () => {
    const bytes = new Uint8Array(5 + 27);
    bytes.set(sample.encode({ big: 7n, raw: Uint8Array.of(1, 2, 3) }, 'little').subarray(0, 27), 5);
    const { big, raw } = sample.decode(bytes, 'little', 5);
    expect([big, [...raw]]).toEqual([7n, [1, 2, 3]]);
  });

  test('a Uint8Array that is a view of a larger buffer is decoded at its own start', () => {
    const whole = new Uint8Array(64);
    whole.set(sample.encode({ count: 9 }, 'big'), 20);
    expect(sample.getField(whole.subarray(20), 'count', 'big')).toBe(9);
  });

  test('setField changes one field and nothing else', () => {
    const bytes = new Uint8Array(32).fill(0xee);
    sample.setField(bytes, 'count', 1, 'little');
    expect(bytes.filter((byte) => byte === 0xee)).toHaveLength(28);
    sample.setField(bytes, 'head', { version: 3 }, 'little');
    expect(sample.getField(bytes, 'head', 'little')).toEqual({ id: 0xeeee, version: 3 });
  });

  test('all layouts give back what they were given', () => {
    for (const layout of ALL_LAYOUTS) {
      const pattern = Uint8Array.from({ length: layout.size }, (_, n) => (n * 37 + 11) & 0xff);
      for (const order of ['little', 'big'] as const) {
        const again = layout.encode(layout.decode(pattern, order) as never, order);
        expect(layout.decode(again, order)).toEqual(layout.decode(pattern, order));
      }
    }
  });
});

describe('what is refused', () => {
  const numbers: readonly [string, unknown, RegExp][] = [
    ['flag', 256, /^sample\.flag: takes an integer from 0 to 255, not 256$/],
    ['flag', -1, /from 0 to 255, not -1/],
    ['count', 2 ** 32, /^sample\.count: takes an integer from 0 to 4294967295/],
    ['count', 1.5, /not 1\.5/],
    ['count', Number.NaN, /not NaN/],
    ['fd', 2 ** 31, /^sample\.fd: takes an integer from -2147483648 to 2147483647/],
    ['big', 2n ** 64n, /^sample\.big: takes a bigint from 0 to 2\^64-1, not 18446744073709551616n/],
    ['big', -1n, /not -1n/],
    ['big', 5, /takes a bigint/],
    ['raw', new Uint8Array(4), /^sample\.raw: takes exactly 3 bytes/],
    ['head', 5, /^sample\.head: takes the fields of inner, not 5/],
  ];
  test.each(numbers)('%s = %p', (field, value, message) => {
    const loose = sample as unknown as Layout;
    expect(() => loose.encode({ [field]: value } as never, 'little')).toThrow(RangeError);
    expect(() => loose.encode({ [field]: value } as never, 'little')).toThrow(message);
  });

  test('a field that the structure does not have', () => {
    const loose = sample as unknown as Layout;
    expect(() => loose.encode({ colour: 1 } as never, 'little')).toThrow('sample has no field colour');
    expect(() => loose.getField(new Uint8Array(32), 'toString', 'little')).toThrow('sample has no field toString');
  });

  test('a buffer too short says structure, field, need and have', () => {
    expect(() => sample.decode(new Uint8Array(20), 'little')).toThrow(
      'sample.big: needs a buffer of 24 bytes (structure at 0), has 20',
    );
    expect(() => sample.setField(new Uint8Array(40), 'count', 1, 'little', 30)).toThrow(
      'sample.count: needs a buffer of 46 bytes (structure at 30), has 40',
    );
    expect(() => sample.getField(new Uint8Array(40), 'count', 'little', -4)).toThrow(RangeError);
  });

  test('a description whose fields overlap, stand outside, or at half bytes', () => {
    expect(() => defineLayout('bad', { a: u32(0), b: u16(2) }, 8)).toThrow('bad.b at 2 overlaps');
    expect(() => defineLayout('bad', { a: u64(4) }, 8)).toThrow('bad has 8 bytes, but its fields end at 12');
    expect(() => defineLayout('bad', { a: u8(0.5) }, 8)).toThrow(RangeError);
  });
});
