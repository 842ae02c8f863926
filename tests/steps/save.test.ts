/** save: what it does to the device, access by access. */
import { accessesOf, found, loopOf, runSteps } from './run-steps';

const SAVE = '  - transition: stop-and-copy\n  - save: ';
/** The first two buffers of the reference device: 48 bytes, and four blocks of 4 KiB with their header. */
const save = (args: string, device?: string) => runSteps(`${SAVE}{${args}}\n`, device);

test('the loop of the text, and nothing else', async () => {
  const result = await save('buffers: 2, as: state');
  expect(loopOf(result, 'save')).toBe('pending offset size data pending offset size data pending');
  expect(result.figures).toMatchObject({ 'stop-and-copy buffers': 2, 'stop-and-copy bytes': 48 + 16424 });
});

test('until nothing is pending', async () => {
  const result = await runSteps(`${SAVE}state\n  - read: {field: pending_bytes, is: 0}\n`);
  expect(found(result)).toEqual([]);
  expect(result.figures).toMatchObject({ 'stop-and-copy buffers': 7, 'stop-and-copy bytes': 65892 });
});

test('pending_bytes more often', async () => {
  const result = await save('buffers: 1, poll: 3');
  expect(loopOf(result, 'save')).toBe('pending*3 offset size data pending*3');
});

test.each([
  ['pairs', 'offset size offset size offset size'],
  ['each', 'offset*3 size*3'],
  ['size', 'offset size*3'],
])('data_offset and data_size more often: %s', async (order, fields) => {
  const result = await save(`buffers: 1, reread: 3, order: ${order}`);
  expect(loopOf(result, 'save')).toBe(`pending ${fields} data pending`);
});

test.each([
  ['after-pending', 'pending'],
  ['after-offset', 'pending offset'],
  ['after-size', 'pending offset size'],
  ['mid-data', 'pending offset size data'],
  ['after-data', 'pending offset size data'],
])('left %s', async (leave, rest) => {
  const result = await save(`buffers: 1, leave: ${leave}`);
  expect(loopOf(result, 'save')).toBe(`pending offset size data ${rest}`);
  expect(result.figures['stop-and-copy buffers']).toBe(leave === 'after-data' ? 2 : 1);
});

test('half of a buffer is half of it', async () => {
  const result = await save('buffers: 1, leave: mid-data');
  expect(accessesOf(result, 'save').at(-1)).toMatchObject({ call: 'pread', length: 16424 / 2 });
});

test.each([
  ['u8', 48],
  ['u16', 24],
  ['u32', 12],
  ['u64', 6],
  ['natural', 6],
  ['odd', 1],
])('the first buffer in %s pieces', async (pieces, count) => {
  const result = await save(`buffers: 1, pieces: ${pieces}`);
  expect(loopOf(result, 'save')).toBe(`pending offset size data${count === 1 ? '' : `*${count}`} pending`);
});

test('small pieces at both ends of a large buffer only', async () => {
  const result = await save('buffers: 2, pieces: u64');
  const data = accessesOf(result, 'save').filter((row) => row.target.startsWith('migration'));
  // 48 bytes; then 512, the middle in one go, and 512.
  expect(data.map((row) => row.length)).toEqual([...new Array(6 + 64).fill(8), 16424 - 1024, ...new Array(64).fill(8)]);
});

test('mixed pieces have every width, and come to the end of the buffer', async () => {
  const result = await save('buffers: 1, pieces: mixed');
  const lengths = result.accesses.filter((row) => row.target.startsWith('migration')).map((row) => row.length);
  expect(lengths).toEqual([1, 2, 4, 8, 8, 4, 2, 1, 3, 5, 10]);
});

test('the same bytes whatever the pieces', async () => {
  for (const pieces of ['natural', 'u8', 'u16', 'u32', 'u64', 'odd', 'mixed'])
    expect([pieces, found(await save(`pieces: ${pieces}, compare: bulk`))]).toEqual([pieces, []]);
});

test('through the mapping', async () => {
  const result = await save('buffers: 1, via: mmap', 'reference,layout=mmapped');
  expect(result.accesses.filter((row) => row.call === 'peek').map((row) => row.length)).toEqual([48]);
});

test('both ways, and compared', async () => {
  const result = await save('via: both', 'reference,layout=mmapped');
  expect(found(result)).toEqual([]);
  expect(result.tallies.find((tally) => tally.clause === 'MIG-MMAP-OPTIONAL')?.kept).toBeGreaterThan(6);
  expect(found(await save('via: both', 'reference,layout=mmapped+mapped-area-read-stale'))).toEqual([
    'MIG-MMAP-OPTIONAL',
  ]);
});

test('both ways without a mapping is one way', async () => {
  const result = await save('buffers: 1, via: both');
  expect(loopOf(result, 'save')).toBe('pending offset size data pending');
  expect(result.tallies.find((tally) => tally.clause === 'MIG-MMAP-OPTIONAL')).toBeUndefined();
});

test('a buffer that comes late is not taken for one that depends on the pieces', async () => {
  expect(found(await save('pieces: u8, compare: bulk', 'reference+data-arrives-late'))).toEqual(['SAVE-OFFSET-READY']);
  expect(found(await save('again: 30ms', 'reference+data-tail-arrives-late'))).toEqual(['SAVE-OFFSET-READY']);
  expect(found(await save('pieces: natural, compare: bulk', 'reference+eight-byte-reads-swapped'))).toEqual([
    'SAVE-READ-PIECES',
  ]);
});

test('a device that is never drained', async () => {
  expect(found(await save('as: state', 'reference+drain-starts-over'))).toEqual(['SAVE-DRAIN']);
  expect(new Set(found(await save('as: state', 'reference+pending-never-zero')))).toEqual(
    new Set(['SAVE-PROGRESS', 'SAVE-DRAIN']),
  );
});

test('a device with a state far larger than pending_bytes says at first is drained', async () => {
  // pending_bytes is 1 as long as anything is pending: that is warned, and is no reason to stop.
  const result = await save('as: state', 'reference,size=4m+pending-is-a-flag');
  expect(found(result)).toEqual(['SAVE-SUM']);
  expect(result.figures['stop-and-copy bytes']).toBeGreaterThan(4 << 20);
});

test('a device that is busy for ever in pre-copy is left at some time, without blame', async () => {
  const busy =
    '  - write: {region: bar0, at: 0x18, u32: 1}\n  - transition: pre-copy\n  - save: {pause: 1ms, as: early}\n';
  const result = await runSteps(busy);
  expect([result.status, found(result)]).toEqual(['passed', []]);
  expect(result.notes.join()).toMatch(/pre-copy: left after \d+ bytes where \d+ were promised/);
});

test('an offset in the structure is not followed', async () => {
  const result = await save('as: state', 'reference+data-offset-zero');
  expect(found(result)).toEqual(['MIG-DATA-NONZERO']);
  expect(loopOf(result, 'save')).toBe('pending offset size');
});

test('a size of a terabyte is not followed', async () => {
  expect(found(await save('as: state', 'reference+last-data-size-terabyte'))).toEqual(['MIG-DATA-NONZERO']);
});

test('there is nothing to save in running', async () => {
  const result = await runSteps('  - save: state\n');
  expect(result.status).toBe('broken');
  expect(result.reason).toContain('there is data in pre-copy and stop-and-copy only');
});

test('leaving takes a number of buffers', async () => {
  await expect(save('leave: mid-data')).rejects.toThrow('"leave" means nothing without buffers');
});
