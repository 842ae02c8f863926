/** `explore` as a person runs it: what it says, what it writes, and how it ends. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { cli, removeWorkFolders, workFolder } from './support/cli';

jest.setTimeout(120_000);
afterAll(removeWorkFolders);

const FAULTY = 'reference+late-interrupt-when-stopped';

/** Times are the machine's. */
function timeless(text: string): string {
  return text.replaceAll(/\d+\.\d s\b/g, 'N s').replaceAll(/\d{8}-\d{6}/g, 'TIME');
}

describe('wrong usage', () => {
  const cwd = workFolder({ 'taken.txt': '' });

  test.each<[string, string[], string]>([
    ['no device', [], "error: required option '-d, --device <device>' not specified\n"],
    [
      'a fault that there is not',
      ['-d', 'reference+late-interupt-when-stopped'],
      `error: --device "reference+late-interupt-when-stopped": there is no fault or variation 'late-interupt-when-stopped': did you mean 'late-interrupt-when-stopped'?\n`,
    ],
    [
      'a number that is none',
      ['-d', 'reference', '--runs', 'many'],
      'error: --runs "many": a whole number from 1 to 1000000 is wanted\n',
    ],
    ['no walks', ['-d', 'reference', '--runs', '0'], 'error: --runs "0": a whole number from 1 to 1000000 is wanted\n'],
    [
      'steps without end',
      ['-d', 'reference', '--max-steps', '501'],
      'error: --max-steps "501": a whole number from 1 to 500 is wanted\n',
    ],
    [
      'a seed that is too large',
      ['-d', 'reference', '--seed', '2147483648'],
      'error: --seed "2147483648": a whole number from 0 to 2147483647 is wanted\n',
    ],
    [
      'one walk and many',
      ['-d', 'reference', '--path', '3', '--runs', '4'],
      'error: --path is one walk, so that there is no number of --runs to choose\n',
    ],
  ])('%s', (_what, words, message) => {
    const { code, stdout, stderr } = cli(['explore', ...words], { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.startsWith(message)).toBe(true);
    expect(existsSync(path.join(cwd, 'results'))).toBe(false);
  });
});

test('nothing found: one line, no folder', () => {
  const cwd = workFolder();
  const { code, stdout, stderr } = cli(['explore', '-d', 'reference', '--runs', '10'], { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(timeless(stdout)).toMatch(
    /^reference: nothing found \(seed 1, 10 walks of at most 30 steps, \d+ cases, N s\)\n$/,
  );
  expect(readdirSync(cwd)).toEqual([]);
});

describe('something found', () => {
  const cwd = workFolder();
  const found = cli(['explore', '-d', FAULTY, '--seed', '4', '--runs', '200'], { cwd });
  const path4 = /--path (\d+)/.exec(found.stdout)?.[1] ?? '';

  test('the walk, its clause, the file and both command lines are told', () => {
    expect({ code: found.code, stderr: found.stderr }).toEqual({ code: 1, stderr: '' });
    const text = timeless(found.stdout)
      .replaceAll(/\d+ cases?/g, 'N cases')
      .replaceAll(/from \d+ steps/g, 'from N steps');
    expect(
      text,
    ).toBe(`${FAULTY}: walk ${path4} breaks STATE-STOP-QUIET (must; seed 4, ${Number(path4) + 1} ${path4 === '0' ? 'walk' : 'walks'} of at most 30 steps, N cases, N s)
  expected  no interrupt for 100 ms after the device was stopped
  observed  IRQ index 1, vector 0: 1

The walk, shrunk from N steps to 3:
  - irq: watch
  - transition: stop
  - quiet: {}

Written to results/TIME-explore/state-stop-quiet.yaml; read back and run, it breaks STATE-STOP-QUIET again:
  vfio-conformance run results/TIME-explore/state-stop-quiet.yaml --device ${FAULTY}
The same walk again:
  vfio-conformance explore --device ${FAULTY} --seed 4 --path ${path4}
`);
  });

  test('the file lints clean, and `run` fails by the same clause', () => {
    const file = /Written to (\S+\.yaml)/.exec(found.stdout)?.[1] ?? '';
    const lint = cli(['lint', file], { cwd });
    expect({ code: lint.code, stderr: lint.stderr }).toEqual({ code: 0, stderr: '' });
    const run = cli(['run', file, '-d', FAULTY, '--json', 'run.json', '--no-report'], { cwd });
    expect(run.code).toBe(1);
    const record = JSON.parse(readFileSync(path.join(cwd, 'run.json'), 'utf8')) as {
      findings: { clause: string }[];
    };
    expect(record.findings.map(({ clause }) => clause)).toEqual(['STATE-STOP-QUIET']);
  });

  test('--path makes the same walk again, and --json tells it', () => {
    const again = cli(['explore', '-d', FAULTY, '--seed', '4', '--path', path4, '--out', 'kept', '--json'], { cwd });
    expect({ code: again.code, stderr: again.stderr }).toEqual({ code: 1, stderr: '' });
    const json = JSON.parse(again.stdout) as Record<string, unknown>;
    expect(json).toEqual({
      schemaVersion: 1,
      device: FAULTY,
      destination: null,
      seed: 4,
      runs: 1,
      maxSteps: 30,
      walks: 1,
      cases: expect.any(Number),
      seconds: expect.any(Number),
      interrupted: false,
      found: {
        clause: 'STATE-STOP-QUIET',
        level: 'must',
        verdict: 'broken',
        expected: 'no interrupt for 100 ms after the device was stopped',
        observed: 'IRQ index 1, vector 0: 1',
        step: expect.stringMatching(/^step 3 "quiet/),
        path: path4,
        steps: [{ irq: 'watch' }, { transition: 'stop' }, { quiet: {} }],
        stepCount: 3,
        stepsBefore: expect.any(Number),
        shrinks: expect.any(Number),
        fleeting: false,
        file: path.join(cwd, 'kept/state-stop-quiet.yaml'),
        reproduced: true,
        again: `vfio-conformance explore --device ${FAULTY} --seed 4 --path ${path4}`,
        run: `vfio-conformance run kept/state-stop-quiet.yaml --device ${FAULTY}`,
      },
      trouble: null,
    });
    expect(readdirSync(path.join(cwd, 'kept'))).toEqual(['state-stop-quiet.yaml']);
  });
});
