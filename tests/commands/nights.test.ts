/** Nights: JUnit XML, retention, and what changed from one run to another. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Comparison } from '../../reports/comparison/comparison';
import { comparisonPage } from '../../reports/comparison/page';
import { compareRuns } from '../../runner/commands/comparing/compare-runs';
import { removeOldRuns } from '../../runner/commands/running/retention';
import { readStoredRun } from '../../runner/commands/running/stored-run';
import { cli, removeWorkFolders, workFolder } from './support/cli';
import { BOTH, PROJECT, RUNS, STOPS } from './support/scenarios';

afterAll(removeWorkFolders);
jest.setTimeout(120_000);

const FAULTY = 'reference+running-to-stop-refused';

function run(cwd: string, name: string, ...words: string[]): number | null {
  return cli(['run', ...words, '--no-report', '--out', name], { cwd }).code;
}

describe('two nights', () => {
  const cwd = workFolder({
    ...PROJECT,
    'suites/more.yaml': BOTH.replace('suite: both', 'suite: more').replace(
      '[STATE-DEFAULT,',
      '[STATE-DEFAULT, STATE-WRITE-OK,',
    ),
  });
  beforeAll(() => {
    expect(run(cwd, 'good', 'both', '-d', 'reference')).toBe(0);
    expect(run(cwd, 'bad', 'more', '-d', FAULTY)).toBe(1);
  });

  test('what broke and what is new, and exit code 1', () => {
    const { code, stdout } = cli(['compare', 'good', 'bad', '--html', 'changes.html'], { cwd });
    expect(code).toBe(1);
    expect(stdout).toContain('good -> bad\nverdict: conformant -> non-conformant\n');
    expect(stdout).toContain(`Broke: 1 clause\n  TRANS-RUN-STOP (${FAULTY}): kept -> broken\n`);
    expect(stdout).toMatch(/Broke: 1 case\n {2}stops#to=stop \(.*\): passed -> failed: .*TRANS-RUN-STOP/);
    expect(stdout).toContain(`New: 1 clause\n  STATE-WRITE-OK (${FAULTY}): kept\n`);
    expect(readFileSync(path.join(cwd, 'changes.html'), 'utf8')).toContain('<h3>Broke: 1</h3>');
  });

  test('the other way round it is mended and gone, and exit code 0', () => {
    const { code, stdout } = cli(['compare', 'bad', 'good', '--json'], { cwd });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      schemaVersion: 1,
      before: { verdict: 'non-conformant', suite: 'more' },
      after: { verdict: 'conformant', suite: 'both' },
      clauses: {
        broke: [],
        mended: [{ id: 'TRANS-RUN-STOP', before: 'broken', after: 'kept' }],
        gone: [{ id: 'STATE-WRITE-OK', before: 'kept' }],
        new: [],
      },
      cases: { mended: [{ id: 'stops#to=stop' }], broke: [] },
    });
  });

  test('a run and itself: nothing changed', () => {
    expect(cli(['compare', 'good', 'good'], { cwd })).toMatchObject({
      code: 0,
      stdout: 'good -> good\nverdict: conformant, as before\n\nNothing changed.\n',
    });
  });

  test('what got slower is told from the threshold on, as a ratio; what failed is no faster for it', () => {
    const good = readStoredRun(path.join(cwd, 'good'));
    const times = (factor: number) => ({
      ...good,
      results: good.results.map((result) => ({
        ...result,
        durationMs: 100 * factor,
        figures: { 'stop-and-copy ms': 50 * factor, 'dirty precision': factor, 'tiny ms': 0.1 * factor },
      })),
    });
    const slower = compareRuns(times(1), times(1.6), 1.5);
    expect(slower.slower.map(({ name, ratio }) => [name, ratio])).toEqual([
      ['runs', 1.6],
      ['stops#to=stop', 1.6],
      ['stops#to=stop-and-copy', 1.6],
      ['stop-and-copy ms', 1.6],
    ]);
    expect(compareRuns(times(1), times(1.6), 1.7).slower).toEqual([]);
    expect(compareRuns(times(1.6), times(1), 1.5).faster).toHaveLength(4);
    const failed = { ...times(0.1), results: times(0.1).results.map((one) => ({ ...one, status: 'failed' as const })) };
    expect(compareRuns(times(1), failed, 1.5).faster).toEqual([]);
  });

  test('a run that was killed is compared by what it left', () => {
    const good = readStoredRun(path.join(cwd, 'good'));
    const killed = { ...good, finished: false, results: good.results.slice(0, 1) };
    const { after, clauses, cases } = compareRuns(good, killed, 1.5);
    expect(after).toMatchObject({ verdict: 'incomplete', finished: false });
    expect(clauses.worse).toMatchObject([{ id: 'TRANS-RUN-STOP', before: 'kept', after: 'not-judged' }]);
    expect(cases.gone.map(({ id }) => id)).toEqual(['stops#to=stop', 'stops#to=stop-and-copy']);
  });

  test('nothing that a run says is HTML', () => {
    const evil = '<script>alert(1)</script>';
    const change = { device: evil, id: evil, before: evil, after: evil, reason: evil };
    const changes = {
      broke: [change],
      mended: [change],
      worse: [change],
      better: [change],
      new: [change],
      gone: [change],
    };
    const one = { folder: evil, startedAt: evil, verdict: evil, finished: true, kit: evil, suite: evil };
    const speed = [{ device: evil, what: 'case' as const, name: evil, before: 1, after: 2, ratio: 2 }];
    const comparison: Comparison = {
      schemaVersion: 1,
      before: one,
      after: one,
      threshold: 1.5,
      facts: [{ device: evil, name: evil, before: evil, after: evil }],
      clauses: changes,
      cases: changes,
      slower: speed,
      faster: speed,
    };
    expect(comparisonPage(comparison)).not.toContain('<script');
  });

  test('what is no run, and what is no ratio', () => {
    for (const [words, told] of [
      [['compare', 'good', 'nowhere'], 'nowhere is not the folder of a run'],
      [['compare', 'good', 'nowhere'], 'there is no plan.json in it'],
      [['compare', 'good', 'bad', '--threshold', '0.5'], 'a ratio above 1 is wanted'],
      [['compare', 'good', 'bad', '--html', 'good'], 'error: --html good is a folder'],
    ] as const)
      expect(cli(words, { cwd })).toMatchObject({ code: 2, stderr: expect.stringContaining(told) });
  });
});

test('JUnit XML has a suite for each device and a test for the verdict', () => {
  const cwd = workFolder(PROJECT);
  expect(run(cwd, 'run', 'both', '-d', 'reference', '-d', FAULTY, '--junit', 'ci/junit.xml')).toBe(1);
  const xml = readFileSync(path.join(cwd, 'ci/junit.xml'), 'utf8');
  expect(xml).toContain('<testsuites name="vfio-conformance: both" tests="7" failures="2" errors="0" skipped="0">');
  expect(xml).toMatch(/<testsuite name="both on reference" .*tests="3" failures="0"/);
  expect(xml).toContain(`<testsuite name="both on ${FAULTY}"`);
  expect(xml).toMatch(/<failure message="TRANS-RUN-STOP .*" type="TRANS-RUN-STOP"><!\[CDATA\[TRANS-RUN-STOP at step 1/);
  expect(xml).toContain(
    `<failure message="verdict: non-conformant" type="non-conformant"><![CDATA[${FAULTY}: TRANS-RUN-STOP is broken (driver)]]>`,
  );
});

test('JUnit XML of a part of a suite: no case fails, and the verdict is an error', () => {
  const cwd = workFolder(PROJECT);
  expect(run(cwd, 'run', 'both', '-d', 'reference', '--case', 'runs', '--junit', 'junit.xml')).toBe(3);
  const xml = readFileSync(path.join(cwd, 'junit.xml'), 'utf8');
  expect(xml).toContain('tests="2" failures="0" errors="1"');
  expect(xml).toContain('<error message="verdict: incomplete" type="incomplete">');
});

test('--keep removes older runs of the same suite, and nobody’s evidence', () => {
  const results = workFolder();
  const make = (name: string, files: Readonly<Record<string, string>> = {}): void => {
    mkdirSync(path.join(results, name));
    const own = { 'plan.json': '{}', 'run.json': '{"finished": true}', ...files };
    for (const [file, text] of Object.entries(own)) writeFileSync(path.join(results, name, file), text);
  };
  make('20260101-000000-certify');
  make('20260102-000000-certify', { keep: '' });
  make('20260103-000000-certify', { 'certificate.json': '{}' });
  make('20260104-000000-certify', { 'run.json': '{"finished": false}' });
  make('20260105-000000-smoke');
  make('20260105-000000-certify', { 'plan.json': '{"targets": ["/elsewhere/certify.yaml"]}' });
  make('20260106-000000-certify');
  make('20260106-000000-certify-2');
  make('20260107-000000-certify');
  mkdirSync(path.join(results, '20260101-000000-certify-notes'));
  mkdirSync(path.join(results, 'certify'));
  const removed = removeOldRuns(path.join(results, '20260107-000000-certify'), 2);
  expect(removed.map((folder) => path.basename(folder))).toEqual([
    '20260101-000000-certify',
    '20260106-000000-certify',
  ]);
  expect(readdirSync(results)).toHaveLength(9);
  // A folder that a person has named is none of the series.
  expect(removeOldRuns(path.join(results, 'certify'), 1)).toEqual([]);
});

test('an installed kit lies below node_modules, and its suites run all the same', () => {
  const cwd = workFolder({
    'node_modules/kit/scenarios/runs.yaml': RUNS,
    'node_modules/kit/scenarios/stops.yaml': STOPS,
    'node_modules/kit/suites/both.yaml': BOTH,
  });
  expect(run(cwd, 'run', 'node_modules/kit/suites/both.yaml', '-d', 'reference')).toBe(0);
  expect(existsSync(path.join(cwd, 'run/results.jsonl'))).toBe(true);
});
