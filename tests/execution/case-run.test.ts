/** One case on the reference device: what is blamed, what is skipped, what runs at the end. */
import { ioctlNumber } from '../../runner/abi';
import { Workbench } from '../../runner/execution/workbench';
import type * as createReference from '../../runner/host/reference/create-reference-host';
import type { ReferenceHostOptions } from '../../runner/host/reference/create-reference-host';
import { caseOf, planFor } from '../support/plans';

const RESET = ioctlNumber('VFIO_DEVICE_RESET', 'generic');
const MAP_DMA = ioctlNumber('VFIO_IOMMU_MAP_DMA', 'generic');

async function run(device: string, yaml: string, claims: readonly string[] = []) {
  const workbench = new Workbench(planFor(device), { device, host: 'local' }, { hang: 'virtual' });
  return workbench.run(caseOf(yaml), claims);
}

const STATE = 'scenario: S\nclauses: [STATE-WRITE-OK]\nneeds: [migration-v1]\nsteps:\n';

test("a failing expectation breaks the step's own judge, and stands at its line", async () => {
  const result = await run(
    'reference',
    `${STATE}  - transition: stop\n  - state: running\n    judge: TRANS-RUN-STOP\n`,
  );
  expect(result.status).toBe('failed');
  expect(result.findings).toHaveLength(1);
  expect(result.findings[0]).toMatchObject({
    clause: 'TRANS-RUN-STOP',
    verdict: 'broken',
    line: 6,
    column: 5,
    step: 'step 2 "state: running"',
    expected: 'device_state is running',
    observed: '000b (stop)',
  });
  expect(result.reason).toBe('TRANS-RUN-STOP at step 2 "state: running": 000b (stop)');
});

test('without a judge it breaks the first clause of the scenario', async () => {
  const result = await run('reference', `${STATE}  - state: stop\n`);
  expect(result.findings.map((finding) => finding.clause)).toEqual(['STATE-WRITE-OK']);
});

test('what an oracle has said is not said again by the step', async () => {
  const result = await run('reference+pre-copy-refused', `${STATE}  - transition: pre-copy\n`);
  expect(result.findings.map((finding) => finding.clause)).toEqual(['TRANS-RUN-PRE']);
});

test('the accesses before a finding are shown, the last one marked', async () => {
  const result = await run('reference+pre-copy-refused', `${STATE}  - transition: pre-copy\n`);
  const rows = result.findings[0]?.accesses ?? [];
  expect(rows.at(-1)).toMatchObject({ call: 'pread', target: 'device_state', value: '0x1 (running)', marked: true });
  expect(rows.at(-2)).toMatchObject({ call: 'pwrite', target: 'device_state', value: '', errno: 'EINVAL' });
  expect(rows.filter((row) => row.marked)).toHaveLength(1);
});

test('a need that the device does not meet skips with the evidence', async () => {
  const result = await run(
    'reference',
    'scenario: S\nclauses: [ZPCI-BASE]\nneeds: [zpci]\nsteps:\n  - capabilities: {}\n',
  );
  expect(result).toMatchObject({
    status: 'skipped',
    skip: { kind: 'not-applicable', need: 'zpci', reason: 'capability ids none on x86_64' },
  });
});

test("the same need under a claim is the device's failure", async () => {
  const result = await run(
    'reference',
    'scenario: S\nclauses: [ZPCI-BASE]\nneeds: [zpci]\nsteps:\n  - capabilities: {}\n',
    ['zpci'],
  );
  expect(result.status).toBe('failed');
  expect(result.findings.map((finding) => finding.clause)).toEqual(['ZPCI-PRESENT']);
});

test('finally runs after a failure, and its steps are in the result', async () => {
  const result = await run('reference', `${STATE}  - state: stop\nfinally:\n  - note: the end\n`);
  expect(result.status).toBe('failed');
  expect(result.notes).toContain('the end');
  expect(result.steps.map((step) => step.title)).toEqual(['state: stop', 'note: the end']);
});

test('an access that never returns is DEV-RESPONDS, and nothing more is asked of the device', async () => {
  const result = await run(
    'reference+hang-on-pending-read',
    `${STATE}  - transition: stop-and-copy\n  - save: state\nfinally:\n  - note: the end\n`,
  );
  expect(result.status).toBe('failed');
  expect(result.findings.map((finding) => finding.clause)).toEqual(['DEV-RESPONDS']);
  expect(result.notes).not.toContain('the end');
});

test("a scenario that misuses the kit is broken, not the device's failure", async () => {
  const result = await run('reference', `${STATE}  - poke: {iova: 0x100000, u64: 0x1}\n`);
  expect(result).toMatchObject({
    status: 'broken',
    reason: 'poke: nothing is mapped at 0x100000',
    findings: [],
  });
});

test('a kit that breaks a user clause breaks the case', async () => {
  const result = await run(
    'reference',
    `${STATE}  - write: {field: device_state, u32: 0x9}\n    expect: {result: either}\n  - state: [running, stop]\n`,
  );
  expect(result.status).toBe('broken');
  expect(result.reason).toMatch(/^the kit broke STATE-RESERVED-RMW at step 1/);
});

test('the same under provoke is what the scenario is for', async () => {
  const result = await run(
    'reference',
    `${STATE}  - write: {field: device_state, u32: 0x9}\n    provoke: STATE-RESERVED-RMW\n    expect: {result: either}\n  - state: running\n`,
  );
  expect(result.status).toBe('passed');
});

test('a matrix value, nested steps and another side are in the step tree', async () => {
  const result = await run(
    'reference',
    `${STATE}  - repeat: 2\n    steps:\n      - on: destination\n        steps:\n          - state: running\n`,
  );
  expect(result.status).toBe('passed');
  expect(result.steps[0]?.steps.map((step) => [step.verb, step.steps.length])).toEqual([
    ['on', 1],
    ['on', 1],
  ]);
});

test('big endian and little endian come to the same', async () => {
  for (const device of ['reference', 'reference,be', 'reference:zpci']) {
    expect(
      (await run(device, `${STATE}  - transition: pre-copy\n  - save: {buffers: 1, as: a}\n  - transition: running\n`))
        .status,
    ).toBe('passed');
  }
});

describe('a machine that runs short', () => {
  const module_ = require('../../runner/host/reference/create-reference-host') as typeof createReference;
  const original = module_.createReferenceHost;
  afterEach(() => void Object.assign(module_, { createReferenceHost: original }));

  /** From the given call on, `name` answers ENOMEM. */
  function starve(name: 'pread' | 'mmap' | 'ioctl', when: (request: unknown) => boolean): void {
    Object.assign(module_, {
      createReferenceHost: (options: ReferenceHostOptions) => {
        const host = original(options);
        const call = host[name].bind(host) as (...given: unknown[]) => unknown;
        Object.assign(host, { [name]: (...given: unknown[]) => (when(given[1]) ? -12 : call(...given)) });
        return host;
      },
    });
  }

  test('its case is broken, and the driver is not blamed for what followed', async () => {
    let reads = 0;
    starve('pread', () => {
      reads += 1;
      return reads > 4;
    });
    const result = await run('reference', `${STATE}  - transition: stop\n  - transition: running\n`);
    expect(result.status).toBe('broken');
    expect(result.findings).toEqual([]);
    expect(result.reason).toMatch(/^the machine ran short.*pread answered ENOMEM/);
  });

  test('what the driver had done wrong before stands', async () => {
    starve('ioctl', (request) => request === RESET);
    const result = await run('reference', `${STATE}  - state: stop\n    judge: TRANS-RUN-STOP\n`);
    expect(result.status).toBe('failed');
    expect(result.findings.map(({ clause }) => clause)).toEqual(['TRANS-RUN-STOP']);
  });

  test('a mapping that meets the limit on locked memory is told as that', async () => {
    starve('ioctl', (request) => request === MAP_DMA);
    const result = await run('reference', `${STATE}  - map: {as: ram}\n`);
    expect(result.status).toBe('broken');
    expect(result.reason).toContain('ulimit -l');
  });
});

test('the offending access is the call that gave the bitmap, not what the kit did with its memory afterwards', async () => {
  const result = await run(
    'reference+bits-one-page-late',
    'scenario: S\nclauses: [DIRTY-RANGE]\nneeds: [dirty-pages, dma]\nsteps:\n  - map: {as: ram, pages: 32}\n  - dirty: start\n  - dma: {to: ram, page: 3, size: 1B}\n  - dirty: expect\n',
  );
  const last = result.findings.find((finding) => finding.verdict === 'broken')?.accesses.at(-1);
  expect(last).toMatchObject({ target: 'VFIO_IOMMU_DIRTY_PAGES', marked: true });
  expect(last?.value).toMatch(/^argsz 0x30, flags GET_BITMAP, iova 0x/);
});
