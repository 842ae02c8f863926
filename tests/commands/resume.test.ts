/** Runs that are killed, and taken up again. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cli, removeWorkFolders, startCli, workFolder } from './support/cli';
import { PROJECT } from './support/scenarios';

afterAll(removeWorkFolders);

const CASES = 60;
const KILLS = 10;

/** Sixty short cases, so that a kill finds the run in the middle of one, between two, and while it starts. */
const MANY = `scenario: It goes through many states
clauses: [TRANS-RUN-STOP, STATE-WRITE-OK]
needs: [migration-v1]
matrix:
  number: [${Array.from({ length: CASES / 2 }, (_, index) => index + 1).join(', ')}]
  to: [stop, stop-and-copy]
steps:
  - transition: "\${to}"
  - wait: 20ms
  - note: "number \${number}"
`;
const SUITE = `suite: many
description: Many short cases
claims: [migration-v1]
clauses: [TRANS-RUN-STOP, STATE-WRITE-OK, STATE-DEFAULT]
scenarios: [../scenarios/many.yaml, ../scenarios/runs.yaml]
`;
const FILES = { ...PROJECT, 'scenarios/many.yaml': MANY, 'suites/many.yaml': SUITE };

interface Row {
  readonly id?: string;
  readonly case?: string;
  readonly verdict?: string;
  readonly status?: string;
}
interface RunJson {
  readonly verdict: string;
  readonly finished: boolean;
  readonly reasons: readonly string[];
  readonly clauses: readonly Row[];
  readonly scenarios: readonly Row[];
  readonly resumedAt?: readonly string[];
}

function runOf(folder: string): RunJson {
  return JSON.parse(readFileSync(path.join(folder, 'run.json'), 'utf8')) as RunJson;
}

/** The lines of results.jsonl that are whole. */
function finishedIds(folder: string): string[] {
  const file = path.join(folder, 'results.jsonl');
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.flatMap((line) => (line === '' ? [] : [(JSON.parse(line) as { id: string }).id]));
}

function verdictsOf({ clauses }: RunJson): string[] {
  return clauses.map(({ id, verdict }) => `${id} ${verdict}`);
}

/** The same numbers every time (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(5);
}

test(`killed at ${KILLS} random moments, and finished to the verdict of a run that was left alone`, async () => {
  const cwd = workFolder(FILES);
  const alone = cli(['run', 'many', '-d', 'reference', '--no-report', '--out', 'alone'], { cwd });
  expect(alone.code).toBe(0);
  const random = seeded(6);
  const folder = path.join(cwd, 'killed');
  let before: string[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    const words = kill === 0 ? ['many', '-d', 'reference', '--out', 'killed'] : ['--resume', 'killed'];
    const run = startCli(['run', ...words, '--no-report'], cwd);
    // Every third kill comes while the run starts; the others after a few more cases, somewhere in the next one.
    const wanted = before.length + (kill % 3 === 2 ? 0 : 1 + Math.floor(random() * 6));
    await until(() => existsSync(path.join(folder, 'run.json')) && finishedIds(folder).length >= wanted);
    await pause(random() * (wanted === before.length ? 400 : 40));
    // A power cut takes every process at once; the kernel that runs out of memory takes one.
    process.kill(kill % 2 === 0 ? run.pid : -run.pid, 'SIGKILL');
    await run.ended;
    const after = finishedIds(folder);
    expect(after.slice(0, before.length)).toEqual(before);
    expect(runOf(folder)).toMatchObject({ verdict: 'incomplete', finished: false });
    before = after;
  }
  expect(before.length).toBeLessThan(CASES + 1);
  const last = cli(['run', '--resume', 'killed'], { cwd });
  expect(last.stderr).toBe('');
  expect(last.stdout).toContain(`: resumed, ${CASES + 1 - before.length} of ${CASES + 1} cases left\n`);
  expect(last.code).toBe(0);
  const [resumed, whole] = [runOf(folder), runOf(path.join(cwd, 'alone'))];
  expect(resumed).toMatchObject({ verdict: 'conformant', finished: true, reasons: [] });
  expect(resumed.resumedAt?.length).toBeGreaterThan(0);
  expect(verdictsOf(resumed)).toEqual(verdictsOf(whole));
  // Every case once, in the same order.
  expect(resumed.scenarios.map((row) => row.case)).toEqual(whole.scenarios.map((row) => row.case));
  const results = readdirSync(path.join(folder, 'allure-results')).filter((name) => name.endsWith('-result.json'));
  expect(results).toHaveLength(CASES + 1);
  expect(existsSync(path.join(folder, 'report.html'))).toBe(true);
}, 240_000);

describe('a run that was cut short', () => {
  /** Ends after the first case; what the others would have left is taken away. */
  function cutShort(files = FILES as Readonly<Record<string, string>>): { cwd: string; folder: string } {
    const cwd = workFolder(files);
    expect(cli(['run', 'both', '-d', 'reference', '--no-report', '--out', 'run'], { cwd }).code).toBe(0);
    const folder = path.join(cwd, 'run');
    const file = path.join(folder, 'results.jsonl');
    const [first = '', second = ''] = readFileSync(file, 'utf8').split('\n');
    // The power went while the second line was written.
    writeFileSync(file, `${first}\n${second.slice(0, 100)}`);
    const record = runOf(folder);
    writeFileSync(path.join(folder, 'run.json'), JSON.stringify({ ...record, finished: false, verdict: 'incomplete' }));
    return { cwd, folder };
  }

  test('half a line is no result, and what Allure had of lost cases does not count twice', () => {
    const { cwd, folder } = cutShort();
    const allure = path.join(folder, 'allure-results');
    const [one = ''] = readdirSync(allure).filter((name) => name.endsWith('-result.json'));
    writeFileSync(path.join(allure, one), '');
    const { code, stdout } = cli(['run', '--resume', 'run', '--no-report'], { cwd });
    expect(stdout).toContain('both on reference: resumed, 2 of 3 cases left\n');
    expect(code).toBe(0);
    expect(runOf(folder).scenarios.map((row) => row.case)).toEqual(['runs', 'stops#to=stop', 'stops#to=stop-and-copy']);
    const names = readdirSync(allure)
      .filter((name) => name.endsWith('-result.json'))
      .map((name) => (JSON.parse(readFileSync(path.join(allure, name), 'utf8')) as { fullName: string }).fullName);
    expect(names.sort()).toEqual(['both: runs', 'both: stops#to=stop', 'both: stops#to=stop-and-copy']);
  });

  test('is not gone on with when a scenario was changed meanwhile', () => {
    const { cwd } = cutShort();
    writeFileSync(path.join(cwd, 'scenarios/stops.yaml'), PROJECT['scenarios/stops.yaml'].replace('thorough', 'other'));
    expect(cli(['run', '--resume', 'run'], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('were changed since it began'),
    });
  });

  test('is not gone on with on a device that has changed', () => {
    const { cwd, folder } = cutShort();
    const record = readFileSync(path.join(folder, 'run.json'), 'utf8');
    writeFileSync(path.join(folder, 'run.json'), record.replaceAll('6.12.0-reference', '6.11.0'));
    expect(cli(['run', '--resume', 'run'], { cwd })).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('kernel was 6.11.0 and is 6.12.0-reference'),
    });
    expect(runOf(folder)).toMatchObject({ verdict: 'incomplete', finished: false });
  });

  test('was recorded: the recording is made anew out of both halves, and replays whole', async () => {
    const cwd = workFolder(FILES);
    const words = ['run', 'many', '-d', 'reference', '--no-report', '--out', 'run', '--record', 'a.rec'];
    const killed = startCli(words, cwd);
    await until(() => finishedIds(path.join(cwd, 'run')).length >= 3);
    process.kill(-killed.pid, 'SIGKILL');
    await killed.ended;
    expect(existsSync(path.join(cwd, 'a.rec'))).toBe(false);
    const resumed = cli(['run', '--resume', 'run', '--no-report'], { cwd });
    expect(resumed.stderr).toBe('');
    expect(resumed.code).toBe(0);
    expect(resumed.stdout).toMatch(/\nrecorded .*a\.rec: \d+ parts, \d+ KiB/);
    const replayed = cli(['run', '-d', 'replay:a.rec', '--no-report', '--out', 'again'], { cwd });
    expect(replayed.code).toBe(0);
    const outcomes = (folder: string): readonly string[] =>
      runOf(path.join(cwd, folder)).scenarios.map((row) => `${row.case} ${row.status}`);
    expect(outcomes('again')).toEqual(outcomes('run'));
    expect(outcomes('again')).toHaveLength(CASES + 1);
  }, 120_000);

  test('is finished once', () => {
    const { cwd, folder } = cutShort();
    expect(cli(['run', '--resume', 'run', '--no-report'], { cwd }).code).toBe(0);
    const text = readFileSync(path.join(folder, 'run.json'), 'utf8');
    expect(cli(['run', '--resume', 'run'], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('run is finished: all of its cases have results'),
    });
    expect(readFileSync(path.join(folder, 'run.json'), 'utf8')).toBe(text);
  });

  test('has its devices and rules already', () => {
    const { cwd, folder } = cutShort();
    for (const words of [
      ['smoke'],
      ['--device', 'reference'],
      ['--strict'],
      ['--host', 'ssh:lab'],
      ['--record', 'a.rec'],
    ])
      expect(cli(['run', '--resume', 'run', ...words], { cwd })).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('--resume goes on with a run as it began'),
      });
    rmSync(folder, { recursive: true });
    expect(cli(['run', '--resume', 'run'], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('run is not the folder of a run'),
    });
  });
});

test('one of two devices that is not there costs the run its verdict, not the other device', () => {
  const cwd = workFolder(FILES);
  const words = ['run', 'both', '-d', 'reference', '-d', 'ffff:00:1f.7', '--no-report', '--out', 'run'];
  const { code, stdout, stderr } = cli(words, { cwd });
  expect(code).toBe(3);
  expect(stderr).toMatch(/^ffff:00:1f\.7 is left out: there is no PCI device ffff:00:1f\.7/);
  expect(stdout).toContain('verdict: incomplete\n  reference: conformant\n  ffff:00:1f.7: incomplete\n');
  expect(runOf(path.join(cwd, 'run')).reasons).toEqual([
    expect.stringMatching(/^ffff:00:1f\.7: the device could not be opened: there is no PCI device/),
  ]);
});
