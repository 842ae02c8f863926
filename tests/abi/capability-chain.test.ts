import fc from 'fast-check';
import { type ByteOrder, MAX_CAPABILITIES, vfioInfoCapHeader, walkCapabilityChain } from '../../runner/abi';

const HEAD = 20;

function chain(size: number, headers: readonly (readonly [at: number, id: number, next: number])[], order: ByteOrder) {
  const buffer = new Uint8Array(size);
  for (const [at, id, next] of headers) {
    vfioInfoCapHeader.encodeInto(buffer, { id, version: 1, next }, order, at);
  }
  return buffer;
}

const walk = (buffer: Uint8Array, start: number, order: ByteOrder = 'little', end?: number) =>
  walkCapabilityChain(buffer, order, { start, headSize: HEAD, ...(end === undefined ? {} : { end }) });

const kinds = (result: ReturnType<typeof walk>): string[] => result.problems.map((problem) => problem.kind);

test('a chain in any order, unaligned, with unknown ids and one id twice, is no problem', () => {
  const buffer = chain(
    90,
    [
      [70, 3, 20],
      [20, 900, 33],
      [33, 3, 51],
      [51, 1, 0],
    ],
    'big',
  );
  const result = walk(buffer, 70, 'big');
  expect(result.problems).toEqual([]);
  expect(result.capabilities.map(({ id, offset, next, bytes }) => [id, offset, next, bytes.length])).toEqual([
    [3, 70, 20, 20],
    [900, 20, 33, 13],
    [3, 33, 51, 18],
    [1, 51, 0, 19],
  ]);
});

test('start 0 is an empty chain', () => {
  expect(walk(new Uint8Array(40), 0)).toEqual({ capabilities: [], problems: [] });
});

test('bytes end at argsz, not at the end of the buffer', () => {
  const result = walk(chain(64, [[24, 1, 0]], 'little'), 24, 'little', 40);
  expect(result.capabilities[0]?.bytes).toHaveLength(16);
});

test.each([
  ['to itself', [[24, 1, 24]], 24],
  [
    'to the one before',
    [
      [24, 1, 40],
      [40, 2, 24],
    ],
    24,
  ],
] as const)('a loop %s ends with each header once', (_, headers, start) => {
  const result = walk(chain(64, headers, 'little'), start);
  expect(kinds(result)).toEqual(['loop']);
  expect(result.capabilities).toHaveLength(headers.length);
});

test('what points outside is reported with the offset and who said so', () => {
  const wild = walk(chain(64, [[24, 1, 0xffff_fff0]], 'little'), 24);
  expect(wild.problems).toEqual([
    {
      kind: 'outside',
      offset: 0xffff_fff0,
      message: 'next of the header at 24 is 4294967280, but the information ends at 64',
    },
  ]);
  expect(kinds(walk(new Uint8Array(64), 64))).toEqual(['outside']);
  expect(kinds(walk(new Uint8Array(64), 57))).toEqual(['truncated-header']);
  expect(kinds(walk(chain(64, [[24, 1, 0]], 'little'), 24, 'little', 31))).toEqual(['truncated-header']);
});

test('headers inside the structure in front, or inside each other, are told and still read', () => {
  const inHead = walk(chain(64, [[16, 7, 0]], 'little'), 16);
  expect(kinds(inHead)).toEqual(['overlap-struct-head']);
  expect(inHead.capabilities.map(({ id }) => id)).toEqual([7]);

  const buffer = new Uint8Array(64);
  vfioInfoCapHeader.encodeInto(buffer, { id: 1, version: 1, next: 30 }, 'little', 24);
  vfioInfoCapHeader.encodeInto(buffer, { id: 0, version: 0, next: 0 }, 'little', 32);
  const result = walk(buffer, 24);
  expect(kinds(result)).toEqual(['overlap-header']);
  expect(result.problems[0]?.offset).toBe(30);
});

test('a chain of more headers than there can be ends', () => {
  const size = 20 + 8 * (MAX_CAPABILITIES + 5);
  const headers = Array.from({ length: MAX_CAPABILITIES + 4 }, (_, n) => [20 + 8 * n, n & 0xff, 28 + 8 * n] as const);
  const result = walk(chain(size, headers, 'little'), 20);
  expect(kinds(result)).toEqual(['too-many']);
  expect(result.capabilities).toHaveLength(MAX_CAPABILITIES);
});

test('whatever the bytes hold, the walk ends, stays inside and does not throw', () => {
  const bytes = fc.uint8Array({ minLength: 0, maxLength: 200 });
  const small = fc.array(fc.nat(40), { maxLength: 200 }).map((values) => Uint8Array.from(values));
  fc.assert(
    fc.property(fc.oneof(bytes, small), fc.nat(220), fc.nat(220), fc.boolean(), (buffer, start, end, big) => {
      const result = walkCapabilityChain(buffer, big ? 'big' : 'little', { start, headSize: HEAD, end });
      const offsets = result.capabilities.map(({ offset }) => offset);
      expect(new Set(offsets).size).toBe(offsets.length);
      for (const { offset, bytes: part } of result.capabilities) {
        expect(offset + 8).toBeLessThanOrEqual(Math.min(end, buffer.length));
        expect(offset + part.length).toBeLessThanOrEqual(Math.min(end, buffer.length));
      }
      if (result.problems.length === 0 && start !== 0) {
        expect(result.capabilities.at(-1)?.next).toBe(0);
      }
    }),
    { numRuns: 2000 },
  );
});
