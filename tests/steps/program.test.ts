/** program: in scenarios and in the keys of a device profile, with and without --allow programs, and replayed. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { CaseResult } from '../../runner/execution/case-result';
import { RECORDING_PARTS, type RunPlan } from '../../runner/execution/run-plan';
import { Workbench } from '../../runner/execution/workbench';
import { packRecording } from '../../runner/host/recording/recording-file';
import { PACKAGE_ROOT } from '../../runner/language';
import type { Case } from '../../runner/language/scenario';
import { caseIn, planFor } from '../support/plans';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vfio-conformance-program-'));
});
afterEach(() => {
  fs.rmSync(folder, { recursive: true });
});

const ALLOWED = ['programs'];
const HEAD = 'scenario: S\nclauses: [SAVE-READ]\nneeds: [migration-v1]\nsteps:\n';

function caseOf(steps: string): Case {
  return caseIn(path.join(folder, 'scenario.yaml'), HEAD + steps).case_;
}

/** The reference's profile, with these keys in the place of its own. */
function profileWith(keys: Readonly<Record<string, string>>): string {
  const file = path.join(folder, 'profile.yaml');
  let text = fs.readFileSync(path.join(PACKAGE_ROOT, 'devices/reference-pci.yaml'), 'utf8');
  for (const [key, steps] of Object.entries(keys)) {
    const own = new RegExp(`^${key}:.*\\n(?:[ #].*\\n)*`, 'm');
    text = own.test(text) ? text.replace(own, `${key}:\n${steps}`) : `${text}${key}:\n${steps}`;
  }
  fs.writeFileSync(file, text);
  return file;
}

async function run(
  steps: string,
  allow: readonly string[],
  { profile, ...more }: Partial<RunPlan> & { readonly profile?: string } = {},
): Promise<CaseResult> {
  const device = { device: 'reference', host: 'local', ...(profile === undefined ? {} : { profile }) };
  const plan: RunPlan = { ...planFor('reference'), allow, ...more };
  return new Workbench(plan, device, { hang: 'virtual' }).run(caseOf(steps), []);
}

const TOUCH = '  - program: [touch, ran]\n';
const ran = (): boolean => fs.existsSync(path.join(folder, 'ran'));

test('without --allow programs the case is not judged, and nothing of it runs', async () => {
  const result = await run(`  - note: before\n  - repeat: 2\n    steps:\n    ${TOUCH}`, []);
  expect(result).toMatchObject({
    status: 'skipped',
    skip: {
      kind: 'not-judged',
      need: 'programs',
      reason: 'touch would be run here, and a program can do anything: it needs --allow programs',
    },
    steps: [],
    findings: [],
  });
  expect(ran()).toBe(false);
});

test('with it the program runs, and what it said stands beside the step', async () => {
  const result = await run('  - program: [sh, -c, "touch ran; echo hello; echo careful >&2"]\n', ALLOWED);
  expect(result).toMatchObject({ status: 'passed', findings: [] });
  expect(ran()).toBe(true);
  expect(result.steps[0]?.attachments).toEqual([
    {
      name: 'program',
      type: 'text/plain',
      body: 'sh -c "touch ran; echo hello; echo careful >&2"\nit ended with exit code 0\n\nstandard output:\nhello\n\nstandard error:\ncareful',
    },
  ]);
});

test.each([
  [
    'an exit code',
    '[sh, -c, "echo no such queue >&2; exit 3"]',
    'program: sh: it ended with exit code 3: no such queue',
  ],
  [
    'a deadline',
    '{command: [sleep, 60], within: 100ms}',
    'program: sleep: it was not over within 100 ms, and was ended with all its children',
  ],
  ['a name that is none', '[no-such-program-at-all]', 'program: no-such-program-at-all: there is no such program'],
  [
    'more time than the step has',
    '{command: [sleep, 0], within: 20s}',
    'program: within 20000 ms does not fit the deadline of the step, 10000 ms: write a longer `deadline:` in the device profile, or a longer `within:` beside the step',
  ],
])('%s breaks the case, and no clause', async (_name, program, reason) => {
  expect(await run(`  - program: ${program}\n`, ALLOWED)).toMatchObject({ status: 'broken', reason, findings: [] });
});

test('a longer deadline beside the step makes room for it', async () => {
  const result = await run('  - program: {command: [sleep, 0], within: 20s}\n    within: 30s\n', ALLOWED);
  expect(result.status).toBe('passed');
});

describe('in the keys of a profile', () => {
  const dma = `${fs
    .readFileSync(path.join(PACKAGE_ROOT, 'devices/reference-pci.yaml'), 'utf8')
    .replace(/^[\s\S]*^dma:\n((?:[ #].*\n)*)[\s\S]*$/m, '$1')}`;
  const said = `  - program: [sh, -c, 'echo "$1 $2 $3" >> ran', sh, "\${iova}", "\${size}", "--at=\${iova}"]\n`;
  const USE = '  - map: {as: ram, iova: 0x100000, size: 8KiB}\n  - dma: {to: ram, page: 1, size: 16B}\n';

  test('dma: placeholders stand in its arguments', async () => {
    const profile = profileWith({ dma: said + dma });
    expect(await run(USE, ALLOWED, { profile })).toMatchObject({ status: 'passed' });
    expect(fs.readFileSync(path.join(folder, 'ran'), 'utf8')).toBe('0x101000 0x10 --at=0x101000\n');
  });

  test('dma: without --allow programs none of its steps is done', async () => {
    const profile = profileWith({ dma: dma + said });
    const result = await run(USE, [], { profile });
    expect(result).toMatchObject({ status: 'skipped', skip: { kind: 'not-judged', need: 'programs' }, findings: [] });
    expect(result.steps.at(-1)).toMatchObject({ title: expect.stringMatching(/^dma/), status: 'skipped', steps: [] });
    expect(ran()).toBe(false);
  });

  test('irq and error: one that fails there is not held against the device', async () => {
    const profile = profileWith({
      irq: '  - program: [sh, -c, "exit 7"]\n',
      error: '  - program: [sh, -c, "exit 8"]\n',
    });
    expect(await run('  - irq: watch\n  - irq: raise\n  - irq: expect\n', ALLOWED, { profile })).toMatchObject({
      status: 'broken',
      reason: 'program: sh: it ended with exit code 7',
      findings: [],
    });
    expect(await run('  - error: {}\n', ALLOWED, { profile })).toMatchObject({
      status: 'broken',
      reason: 'program: sh: it ended with exit code 8',
      findings: [],
    });
  });

  test('fingerprint: what it writes is what is compared', async () => {
    const profile = profileWith({ fingerprint: '  - program: [sh, -c, "echo x >> ran; wc -l < ran"]\n' });
    const result = await run('  - fingerprint: {as: a}\n  - fingerprint: {equals: a}\n', ALLOWED, { profile });
    expect(result).toMatchObject({
      status: 'failed',
      findings: [{ expected: expect.stringMatching(/ is 1, as in "a"$/), observed: '2' }],
    });
  });
});

describe('recorded', () => {
  async function record(steps: string): Promise<{ readonly file: string; readonly result: CaseResult }> {
    const file = path.join(folder, 'run.rec');
    const result = await run(steps, ALLOWED, { folder, record: file });
    const recordedAt = '2026-06-01T00:00:00.000Z';
    packRecording(
      file,
      {
        recording: 1,
        kitVersion: 'test',
        recordedAt,
        device: 'reference',
        seed: 1,
        allow: ['programs'],
        targets: [],
        filtered: false,
      },
      path.join(folder, RECORDING_PARTS),
    );
    return { file, result };
  }

  async function replay(file: string, steps: string): Promise<CaseResult> {
    const device = `replay:${file}`;
    return new Workbench(planFor(device), { device, host: 'local' }, { hang: 'virtual' }).run(caseOf(steps), []);
  }

  test.each([
    ['one that came to its end', '  - program: [sh, -c, "echo $$ >> ran; echo $$"]\n', 'passed'],
    ['one that failed', '  - program: [sh, -c, "echo x >> ran; exit 3"]\n', 'broken'],
  ])('%s is not run again, and comes out the same', async (_name, steps, status) => {
    const { file, result } = await record(steps);
    expect(result.status).toBe(status);
    const before = fs.readFileSync(path.join(folder, 'ran'), 'utf8');
    const again = await replay(file, steps);
    expect({ status: again.status, reason: again.reason }).toEqual({ status, reason: result.reason });
    expect(again.steps[0]?.attachments).toEqual(result.steps[0]?.attachments);
    expect(fs.readFileSync(path.join(folder, 'ran'), 'utf8')).toBe(before);
  });

  test('another program departs from the recording, and is not run', async () => {
    const { file } = await record('  - program: [echo, one]\n');
    const again = await replay(file, TOUCH);
    expect(again.status).toBe('broken');
    expect(again.reason).toMatch(
      /^the run departs from the recording at access \d+: the run makes program touch ran; recorded was program echo one/,
    );
    expect(ran()).toBe(false);
  });
});
