/** The structure of a migration region, its mappable areas, and the fields that ignore writes, as they cross the port. */
import { oracle } from '../../runner/oracles/migration-layout';
import { sparseCapability, typeCapability } from '../../runner/reference/device/region';
import { InfoTraffic } from './support/info-traffic';
import { EINVAL, LoopTraffic } from './support/loop-traffic';

const MIGRATION = typeCapability(3, 1, 'little');
const READ = 1;
const WRITE = 2;
const MMAP = 4;
const PAGE = 4096;
const RUNNING = 0b001;
const STOP_AND_COPY = 0b010;
const PRE_COPY = 0b011;
const RESUMING = 0b100;

const region = (size: number, flags: number, areas?: readonly { offset: number; size: number }[]) => {
  const traffic = new InfoTraffic(oracle);
  const chain = areas === undefined ? [MIGRATION] : [MIGRATION, sparseCapability(areas, 'little')];
  return traffic.region(9, 4096, traffic.regionAnswer(size, chain, flags));
};
const fields = () => new LoopTraffic(oracle);

test('a region by the text', () => {
  const traffic = region(0x10000, READ | WRITE | MMAP, [
    { offset: PAGE, size: 2 * PAGE },
    { offset: 0, size: 0 },
  ]);
  expect(traffic.said).toEqual([]);
  for (const clause of ['MIG-LAYOUT', 'MIG-MMAP-SPARSE'])
    expect([clause, traffic.kept(clause)]).toEqual([clause, true]);
});

test.each([
  ['too small', 16, READ | WRITE],
  ['that cannot be read', 0x10000, WRITE],
  ['that cannot be written', 0x10000, READ],
])('a region %s', (_what, size, flags) => {
  expect(region(size, flags).said).toEqual(['MIG-LAYOUT']);
});

test.each([
  ['over the structure', [{ offset: 0, size: 2 * PAGE }]],
  ['past the end', [{ offset: PAGE, size: 0x10000 }]],
  ['in the middle of a page', [{ offset: PAGE + 64, size: PAGE }]],
  ['of half a page', [{ offset: PAGE, size: PAGE / 2 }]],
  ['that nobody names, with MMAP set', undefined],
])('a mappable area %s', (_what, areas) => {
  expect(region(0x10000, READ | WRITE | MMAP, areas).said).toEqual(['MIG-MMAP-SPARSE']);
});

test('an area that cannot be mapped, unless the host is out of room', () => {
  const options = { areas: [{ offset: 0x1000n, size: 0x2000n }] };
  expect(new LoopTraffic(oracle, options).mapped(0x1000, 0x2000, EINVAL).said).toEqual(['MIG-MMAP-SPARSE']);
  expect(new LoopTraffic(oracle, options).mapped(0x1000, 0x2000, -12).said).toEqual([]);
  expect(new LoopTraffic(oracle, options).mapped(0, 0x1000, EINVAL).said).toEqual([]);
});

describe('a field', () => {
  test('that is torn, or cannot be read where it always can', () => {
    expect(fields().read('pending_bytes', 0, 4).said).toEqual(['MIG-LAYOUT']);
    expect(fields().read('reserved', 0, EINVAL).said).toEqual(['MIG-RESERVED-R']);
  });

  test.each([EINVAL, 0])('out of its place in a loop may be refused: %i', (result) => {
    expect(fields().read('data_offset', 0, result).read('pending_bytes', 0, result).said).toEqual([]);
  });

  test('of a fresh device in the other byte order', () => {
    expect(fields().look(0x0100_0000).said).toEqual(['MIG-LAYOUT']);
    expect(fields().look(RUNNING).go(0x0100_0000).said).toEqual([]);
  });

  test('of another width that is answered', () => {
    expect(fields().stray(0, 8).said).toEqual([]);
    expect(fields().stray(0, 8, 8).said).toEqual(['MIG-WIDTH']);
  });
});

describe('reserved', () => {
  test('reads as something', () => {
    expect(fields().read('reserved', 1).said).toEqual(['MIG-RESERVED-R']);
    expect(fields().read('reserved', 0).kept('MIG-RESERVED-R')).toBe(1);
  });

  test('reads as something once it was written, until a reset', () => {
    expect(fields().write('reserved', 5).read('reserved', 5).said).toEqual(['MIG-RESERVED-W']);
    expect(fields().write('reserved', 5).read('reserved', 0).kept('MIG-RESERVED-W')).toBe(1);
    expect(fields().write('reserved', 5).reset().read('reserved', 5).said).toEqual(['MIG-RESERVED-R']);
  });
});

describe.each([
  ['reserved', 'MIG-RESERVED-W'],
  ['pending_bytes', 'MIG-RO-PENDING'],
  ['data_offset', 'MIG-RO-OFFSET'],
] as const)('a write of %s', (field, clause) => {
  const iteration = (state: number) =>
    fields().go(state).read('pending_bytes', 300).read('data_offset', 64).read('data_size', 200);

  test('between two reads of pending_bytes', () => {
    const before = fields().go(STOP_AND_COPY).read('pending_bytes', 300).write(field, 0);
    expect(before.read('pending_bytes', 0).said).toEqual([clause]);
    const same = fields().go(STOP_AND_COPY).read('pending_bytes', 300).write(field, 0).read('pending_bytes', 300);
    expect(same.said).toEqual([]);
    expect(same.kept(clause)).toBe(1);
  });

  test.each([STOP_AND_COPY, PRE_COPY])('within an iteration in %i', (state) => {
    expect(iteration(state).write(field, 7).read('data_offset', 96).said).toEqual([clause]);
    expect(iteration(state).write(field, 7).read('data_offset', 64).read('data_size', 0).said).toEqual([clause]);
    expect(iteration(state).write(field, 7).read('data_offset', 64).read('data_size', 200).said).toEqual([]);
  });

  test('while resuming, until data_size is written', () => {
    const given = () => fields().go(RESUMING).read('data_offset', 64);
    expect(given().write(field, 7).read('data_offset', 7).said).toEqual([clause]);
    expect(given().write(field, 7).write('data_size', 100).read('data_offset', 96).said).toEqual([]);
  });

  test('says nothing of what the text lets move', () => {
    // More may be pending while the device runs; the next buffer may stand elsewhere; a state has fields of its own.
    expect(fields().go(PRE_COPY).read('pending_bytes', 1).write(field, 0).read('pending_bytes', 2).said).toEqual([]);
    expect(iteration(STOP_AND_COPY).write(field, 7).read('pending_bytes', 100).read('data_offset', 96).said).toEqual(
      [],
    );
    expect(iteration(STOP_AND_COPY).write(field, 7).go(RESUMING).read('data_offset', 96).said).toEqual([]);
    expect(fields().read('data_offset', 1).write(field, 7).read('data_offset', 2).said).toEqual([]);
  });

  test('is not blamed for what moves by itself', () => {
    const polled = fields().go(STOP_AND_COPY).read('pending_bytes', 300).read('pending_bytes', 200);
    expect(polled.write(field, 0).read('pending_bytes', 100).said).toEqual([]);
    const reread = iteration(STOP_AND_COPY).read('data_offset', 96);
    expect(reread.write(field, 0).read('data_offset', 128).said).toEqual([]);
  });
});
