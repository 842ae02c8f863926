/** info, capabilities and touch: what is asked, and what the areas bear. */
import { accessesOf, found, runSteps } from './run-steps';

/** Bytes behind what the call is told of, by which an overrun is seen. */
const GUARD = 64;

/** The argsz of each call of a step; the structure's own size where it is smaller. */
const asked = (result: Awaited<ReturnType<typeof runSteps>>, ioctl: string) =>
  accessesOf(result, 'info')
    .filter(({ target }) => target === ioctl)
    .map(({ length }) => length - GUARD);

test('a sweep asks around every place at which something changes', async () => {
  const result = await runSteps('  - info: {of: device, sweep: true}\n', 'reference:zpci');
  const sizes = asked(result, 'VFIO_DEVICE_GET_INFO');
  for (const argsz of [20, 24, 4096]) expect(sizes).toContain(argsz);
  const needed = Math.max(...sizes.filter((argsz) => argsz < 4096)) - 1;
  expect(sizes).toContain(needed);
  expect(sizes).toContain(needed - 1);
  expect([result.status, found(result)]).toEqual(['passed', []]);
});

test('a sweep of regions comes to each of them', async () => {
  const result = await runSteps('  - info: {of: region, sweep: true}\n');
  const sizes = asked(result, 'VFIO_DEVICE_GET_REGION_INFO');
  expect(sizes.filter((argsz) => argsz === 4096)).toHaveLength(10);
  expect([result.status, found(result)]).toEqual(['passed', []]);
});

test('indexes past the counts are asked for', async () => {
  expect(found(await runSteps('  - info: {of: irq, past: true}\n', 'reference+irq-past-end-answers'))).toEqual([
    'DEV-INFO-COUNTS',
  ]);
});

test('an argsz smaller than any is refused, and nothing is written', async () => {
  const result = await runSteps('  - info: {of: device, argsz: [0, 3, 4, 8]}\n    expect: {errno: EINVAL}\n');
  expect(asked(result, 'VFIO_DEVICE_GET_INFO')).toHaveLength(4);
  expect([result.status, found(result)]).toEqual(['passed', []]);
});

describe('capabilities', () => {
  test('are shown decoded, in EBCDIC too', async () => {
    const result = await runSteps('  - capabilities: [zpci-base, zpci-group]\n', 'reference:zpci');
    expect(result.steps[0]?.attachments[0]?.body).toContain('VFIO REFERENCE');
    expect(found(result)).toEqual([]);
  });

  test('that are missing', async () => {
    const result = await runSteps('  - capabilities: zpci-util\n', 'reference');
    expect(found(result)).toEqual(['ZPCI-UTIL']);
    expect(found(await runSteps('  - capabilities: zpci-base\n', 'reference'))).toEqual(['ZPCI-PRESENT']);
  });

  test('that are announced and withheld are for argsz to answer', async () => {
    const result = await runSteps('  - capabilities: zpci-base\n', 'reference:zpci+argsz-not-grown');
    expect([result.status, found(result)]).toEqual(['passed', []]);
  });
});

describe('touch', () => {
  test.each(['mmapped', 'partitioned'])('a %s section, first and last word of each page', async (layout) => {
    const result = await runSteps('  - touch: load\n', `reference,layout=${layout}`);
    expect([result.status, found(result)]).toEqual(['passed', []]);
    const loads = accessesOf(result, 'touch').filter(({ call }) => call === 'load');
    expect(loads.length).toBeGreaterThan(0);
    expect(new Set(loads.map(({ target }) => Number.parseInt(target.split('0x')[1] ?? '', 16) % 4096))).toEqual(
      new Set([0, 4088]),
    );
  });

  test.each([
    ['sparse-area-not-mappable', 'MIG-MMAP-SPARSE'],
    ['sparse-area-tail-not-mappable', 'MIG-MMAP-SPARSE'],
    ['sigbus-mmap-last-page', 'DEV-RESPONDS'],
  ])('%s', async (fault, clause) => {
    expect(found(await runSteps('  - touch: load\n', `reference,layout=mmapped+${fault}`))).toEqual([clause]);
  });

  test('what cannot be mapped at all', async () => {
    expect(await runSteps('  - touch: load\n')).toMatchObject({ status: 'skipped', skip: { kind: 'not-applicable' } });
  });
});
