/** The executor as it is in a run: a child process that may hang, be killed, or crash, at the cost of one case. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { createExecutorClient, type ExecutorClient } from '../../runner/execution/executor-client';
import { caseOf, planFor } from '../support/plans';

const HANGS = `
scenario: A save
clauses: [SAVE-READ]
needs: [migration-v1]
steps:
  - transition: stop-and-copy
  - save: {as: state}
  - transition: stop
`;
const SAVE = caseOf(HANGS);

let client: ExecutorClient | undefined;
afterEach(() => client?.stop());

function start(device: string, stepDeadlineMs: number): ExecutorClient {
  const plan = planFor(device, { stepDeadlineMs });
  client = createExecutorClient(plan, { device, host: 'local' });
  return client;
}

/** Children of this process, by /proc. */
function children(): number[] {
  const text = fs.readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8');
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map(Number);
}

async function until(what: () => boolean): Promise<void> {
  for (let n = 0; n < 400; n += 1) {
    if (what()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('what was waited for did not come');
}

test('a case runs, and the next one in the same child', async () => {
  const executor = start('reference', 5000);
  const before = children();
  expect((await executor.run(SAVE)).status).toBe('passed');
  const child = children().filter((pid) => !before.includes(pid));
  expect((await executor.run(SAVE)).status).toBe('passed');
  expect(children().filter((pid) => !before.includes(pid))).toEqual(child);
  await executor.stop();
  await until(() => !children().some((pid) => child.includes(pid)));
});

test('an access that does not return fails its case under DEV-RESPONDS, and the next case runs', async () => {
  const executor = start('reference+hang-on-pending-read', 400);
  const hung = await executor.run(SAVE);
  expect(hung.status).toBe('failed');
  expect(hung.findings).toHaveLength(1);
  expect(hung.findings[0]).toMatchObject({
    clause: 'DEV-RESPONDS',
    verdict: 'broken',
    step: 'step 2 "save: {as: state}"',
    line: 7,
  });
  expect(hung.findings[0]?.observed).toMatch(/^pread of 8 bytes at 0x[0-9a-f]+ did not return within 400 ms$/);
  expect(hung.findings[0]?.accesses.at(-1)).toMatchObject({ marked: true, call: 'pread', errno: 'did not return' });
  expect(hung.steps.map((step) => [step.title, step.status])).toEqual([
    ['transition: stop-and-copy', 'passed'],
    ['save: {as: state}', 'failed'],
  ]);
  const next = await executor.run(caseOf('scenario: Another\nclauses: [DEV-INFO-FLAGS]\nsteps:\n  - info: device\n'));
  expect(next.status).toBe('passed');
});

test('a SIGKILL from outside in mid-step makes that one case broken, and the run goes on', async () => {
  const executor = start('reference+hang-on-pending-read', 60_000);
  const before = children();
  const running = executor.run(SAVE);
  await until(() => children().some((pid) => !before.includes(pid)));
  // It blocks in the access a moment after it has started.
  await new Promise((resolve) => setTimeout(resolve, 6000));
  for (const pid of children()) if (!before.includes(pid)) process.kill(pid, 'SIGKILL');
  const killed = await running;
  expect(killed.status).toBe('broken');
  expect(killed.findings).toEqual([]);
  expect(killed.reason).toBe('the executor was ended from outside with SIGKILL during "save: {as: state}"');
  const next = await executor.run(caseOf('scenario: Another\nclauses: [DEV-INFO-FLAGS]\nsteps:\n  - info: device\n'));
  expect(next.status).toBe('passed');
});

test.each([
  'SIGABRT',
  'SIGSEGV',
  'SIGBUS',
] as const)('a %s from outside, in a call that cannot raise it, is not held against the driver', async (signal) => {
  const executor = start('reference+hang-on-pending-read', 60_000);
  const before = children();
  const running = executor.run(SAVE);
  await until(() => children().some((pid) => !before.includes(pid)));
  await new Promise((resolve) => setTimeout(resolve, 5000));
  for (const pid of children()) if (!before.includes(pid)) process.kill(pid, signal);
  const killed = await running;
  expect(killed).toMatchObject({ status: 'broken', findings: [] });
  expect(killed.reason).toMatch(
    new RegExp(
      `^the executor was ended with ${signal} during "save: .as: state.", in pread of 8 bytes at 0x[0-9a-f]+, which cannot raise it`,
    ),
  );
}, 60_000);

test('an executor that is stopped in the middle of an access is the fault of whoever stopped it', async () => {
  const executor = start('reference+hang-on-pending-read', 7000);
  const before = children();
  const running = executor.run(SAVE);
  await until(() => children().some((pid) => !before.includes(pid)));
  await new Promise((resolve) => setTimeout(resolve, 5000));
  for (const pid of children()) if (!before.includes(pid)) process.kill(pid, 'SIGSTOP');
  const stopped = await running;
  expect(stopped).toMatchObject({ status: 'broken', findings: [] });
  expect(stopped.reason).toMatch(/^the executor was stopped from outside/);
}, 60_000);

test('a device that is not there is told at the probe, with advice', async () => {
  const probe = await start('0000:ff:1f.7', 5000).probe();
  expect(probe).toMatchObject({ ok: false, failure: { kind: 'missing' } });
});

test('a probe says what the device shows', async () => {
  const probe = await start('reference:zpci', 5000).probe();
  expect(probe).toMatchObject({
    ok: true,
    description: {
      buses: ['pci'],
      shows: ['migration-v1', 'zpci', 'dirty-pages'],
      host: { byteOrder: 'big', architecture: 's390x' },
    },
  });
});

test('stopping twice, and before anything ran, is fine', async () => {
  const executor = start('reference', 5000);
  await executor.stop();
  await executor.stop();
});

test('an executor whose parent is gone ends by itself, with the device closed', async () => {
  const script = `
    const { createExecutorClient } = require(${JSON.stringify(require.resolve('../../runner/execution/executor-client'))});
    const { caseOf, planFor } = require(${JSON.stringify(require.resolve('../support/plans'))});
    const long = caseOf('scenario: Long\\nclauses: [DEV-INFO-FLAGS]\\nsteps:\\n  - repeat: 10000\\n    steps:\\n      - info: device\\n  - repeat: 10000\\n    steps:\\n      - info: device\\n');
    createExecutorClient(planFor('reference'), { device: 'reference', host: 'local' }).run(long);
    const look = () => { const c = require('fs').readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').trim(); if (c === '') setTimeout(look, 50); else setTimeout(() => process.stdout.write(c + '\\n', () => process.kill(process.pid, 'SIGKILL')), 900); };
    look();
  `;
  const { stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', timeout: 60_000 });
  const pid = Number(stdout.trim());
  expect(pid).toBeGreaterThan(0);
  await until(() => !isRunning(pid));
}, 90_000);

/** False for a zombie too: whoever inherits it may be slow to collect it. */
function isRunning(pid: number): boolean {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2)[0] !== 'Z';
  } catch {
    return false;
  }
}

const ENDLESS = `scenario: Endless
clauses: [DEV-INFO-FLAGS]
steps:
  - repeat: 10000
    steps:
      - repeat: 10000
        steps:
          - info: device
`;

test('a case ends in the middle of a step when the run is to end, and cleans up', async () => {
  const executor = start('reference', 60_000);
  const running = executor.run(caseOf(ENDLESS));
  await new Promise((resolve) => setTimeout(resolve, 3000));
  await executor.stop();
  const ended = await running;
  expect(ended).toMatchObject({ status: 'broken', reason: 'the run was ended in the middle of a step', findings: [] });
});

test('an executor that hangs in a call ends when its parent is gone, and takes its recording along', async () => {
  const script = `
    const { createExecutorClient } = require(${JSON.stringify(require.resolve('../../runner/execution/executor-client'))});
    const { caseOf, planFor } = require(${JSON.stringify(require.resolve('../support/plans'))});
    const hangs = caseOf(${JSON.stringify(HANGS)});
    const device = 'reference+hang-on-pending-read';
    createExecutorClient(planFor(device, { stepDeadlineMs: 60000 }), { device, host: 'local' }).run(hangs);
    setTimeout(() => {
      const children = require('fs').readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').trim();
      process.stdout.write(process.pid + ' ' + children + '\\n', () => process.kill(process.pid, 'SIGKILL'));
    }, 5000);
  `;
  const { stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', timeout: 60_000 });
  const [parent = 0, child = 0] = stdout.trim().split(' ').map(Number);
  expect(child).toBeGreaterThan(0);
  for (let n = 0; n < 1200 && isRunning(child); n += 1) await new Promise((resolve) => setTimeout(resolve, 25));
  expect(isRunning(child)).toBe(false);
  const left = ['/dev/shm', os.tmpdir()].flatMap((folder) => fs.readdirSync(folder));
  expect(left.filter((name) => name.startsWith(`vfio-conformance-flight-${parent}-`))).toEqual([]);
}, 120_000);
