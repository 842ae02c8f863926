/** read, write and wait: one access of exactly the width that was asked for. */
import { accessesOf, found, runSteps } from './run-steps';

const widthsOf = (result: Awaited<ReturnType<typeof runSteps>>, title: string) =>
  accessesOf(result, title)
    .filter(({ call }) => call !== 'ioctl')
    .map(({ call, target, length }) => `${call} ${target} ${length}`);

test.each([
  ['read: device_state', 'pread device_state 4'],
  ['read: {field: reserved, is: 0}', 'pread reserved 4'],
  ['read: {region: migration, at: 8, width: 4}', 'pread migration + 0x8 4'],
  ['read: {region: migration, at: 0, size: 32}', 'pread migration + 0x0 32'],
  ['read: {region: bar0, at: 0x4, width: 4}', 'pread region 0 + 0x4 4'],
])('%s', async (step, access) => {
  const result = await runSteps(`  - ${step}\n    provoke: MIG-ACCESS-USER\n    expect: {result: either}\n`);
  expect(widthsOf(result, 'read')).toEqual([access]);
});

test.each([
  ['write: {field: reserved, value: 0xffffffff}', 'pwrite reserved 4'],
  ['write: {field: data_offset, value: 0x2f}', 'pwrite data_offset 8'],
  ['write: {field: reserved, u32: 1}', 'pwrite reserved 4'],
  ['write: {region: migration, at: 0, u8: 2}', 'pwrite migration + 0x0 1'],
  ['write: {region: migration, at: 2, u16: 2}', 'pwrite migration + 0x2 2'],
])('%s', async (step, access) => {
  const result = await runSteps(`  - ${step}\n    provoke: MIG-ACCESS-USER\n    expect: {result: either}\n`);
  expect(widthsOf(result, 'write')).toEqual([access]);
});

test('a value has the width of its field', async () => {
  const result = await runSteps(
    '  - write: {field: data_offset, value: 0x2f}\n    provoke: MIG-ACCESS-USER\n',
    'reference+read-only-writes-ignored',
  );
  expect(accessesOf(result, 'write')[0]).toMatchObject({ length: 8, value: '0x2f' });
});

test('the host’s byte order, and the bus’s', async () => {
  const steps =
    '  - write: {region: bar0, at: 0x4, u32: 0x11223344}\n  - read: {region: bar0, at: 0x4, width: 1, is: 0x44}\n';
  expect(found(await runSteps(steps, 'reference,be'))).toEqual([]);
  expect(found(await runSteps('  - read: {field: device_state, is: 1}\n', 'reference,be'))).toEqual([]);
});

test.each([
  ['read: {field: device_state, is: 2}', 'device_state is 0x2', '0x1'],
  ['read: {field: device_state, not: 1}', 'device_state is not 0x1', '0x1'],
  ['read: {region: migration, at: 8, width: 4}', 'a read of migration + 0x8: success', 'EINVAL'],
])('%s fails', async (step, expected, observed) => {
  const result = await runSteps(`  - ${step}\n    provoke: MIG-ACCESS-USER\n    judge: MIG-LAYOUT\n`);
  expect(result.steps[0]).toMatchObject({ status: 'failed', expected, observed });
});

test('a value can be remembered, and expected again', async () => {
  const steps =
    '  - read: {field: device_state, as: first}\n  - transition: stop\n  - read: {field: device_state, same: first}\n    judge: STATE-STEADY\n';
  expect(found(await runSteps(steps))).toEqual(['STATE-STEADY']);
  expect(found(await runSteps(steps.replace('transition: stop', 'state: running')))).toEqual([]);
});

test.each([
  ['write: {field: reserved, u32: 1, u64: 1}', '"u64" cannot stand beside "u32"'],
  ['write: {region: bar0, at: 0x4, value: 1}', '"value" means nothing without field'],
  ['write: {field: reserved, region: bar0, u32: 1}', '"region" cannot stand beside "field"'],
  ['write: {field: reserved}', 'write takes one of value, u8, u16, u32, u64 or bytes, and none is there'],
  ['read: {region: bar0, field: reserved}', '"field" cannot stand beside "region"'],
  ['read: {region: bar0, width: 4, size: 8B}', '"size" cannot stand beside "width"'],
])('%s is the scenario’s mistake, and told before anything runs', async (step, told) => {
  await expect(runSteps(`  - ${step}\n`)).rejects.toThrow(told);
});

test('a register is waited for, and not for ever', async () => {
  const wait = '  - wait: {region: bar0, at: 0x8, mask: 0x0, is: 0, within: 20ms}\n';
  expect(found(await runSteps(wait))).toEqual([]);
  const never = await runSteps('  - wait: {region: bar0, at: 0x0, is: 7, within: 20ms}\n');
  expect(never.steps[0]).toMatchObject({ status: 'failed', expected: expect.stringContaining('within 20 ms') });
});
