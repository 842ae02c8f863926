/** Whole runs: a plan goes in, Jest runs it with the stub engine, and everything it leaves behind is looked at. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RESULTS_FILE, type RunPlan } from '../../runner/execution/run-plan';
import { JEST_CONFIG_FILE, runJest } from '../../runner/jest';
import { FIXTURES, STUB_ENGINE, testPlan } from './support/plan';
import { allureResults, type Ran, readLines, runSuite } from './support/run-suite';

const SUITE = join(FIXTURES, 'stub-suite.yaml');
const SECOND = join(FIXTURES, 'second-suite.yaml');
const BROKEN = join(FIXTURES, 'broken-suite.yaml');
const SLOW = join(FIXTURES, 'slow-suite.yaml');

jest.setTimeout(60_000);

const run = (changes: Partial<RunPlan>, extraArgs: readonly string[] = []): Promise<Ran> =>
  runSuite(testPlan(changes), extraArgs);

describe('a suite on one device', () => {
  let ran: Ran;
  beforeAll(async () => {
    ran = await run({ targets: [SUITE, SECOND, BROKEN] });
  });

  test('Jest calls failed and broken cases failed, and skipped ones skipped although that was decided while they ran', () => {
    expect(ran.jest.map(({ fullName, status }) => [fullName, status])).toEqual(
      expect.arrayContaining([
        ['Stub suite Reads the state', 'passed'],
        ['Stub suite Drains what is pending [from=running]', 'failed'],
        ['Stub suite Drains what is pending [from=pre-copy]', 'failed'],
        ['Stub suite Needs a second device', 'pending'],
        ['Stub suite Names its zPCI function', 'pending'],
        ['Stub suite Loses its executor', 'failed'],
        ['Stub suite Sums up roughly', 'passed'],
        ['Second stub suite Passes quietly', 'passed'],
        ['A suite with a typo broken-suite.yaml is a valid file', 'failed'],
      ]),
    );
    expect(ran.jest).toHaveLength(9);
    expect(ran.code).toBe(1);
  });

  test('Allure has the status of the CaseResult, not one guessed from a message', () => {
    expect(Object.fromEntries(ran.allure.map(({ name, status }) => [name, status]))).toEqual({
      'Reads the state': 'passed',
      'Drains what is pending [from=running]': 'failed',
      'Drains what is pending [from=pre-copy]': 'failed',
      'Needs a second device': 'skipped',
      'Names its zPCI function': 'skipped',
      'Loses its executor': 'broken',
      'Sums up roughly': 'passed',
      'Passes quietly': 'passed',
      'broken-suite.yaml is a valid file': 'broken',
    });
  });

  test('a skipped case gives its reason, a failed one expected and observed', () => {
    const details = (name: string) => ran.allure.find((each) => each.name === name)?.statusDetails;
    expect(details('Needs a second device')?.message).toBe('no second device: give --destination');
    expect(details('Drains what is pending [from=running]')).toMatchObject({
      expected: 'pending_bytes 0',
      actual: 'pending_bytes 4096 after 64 buffers',
      trace: expect.stringMatching(
        /^ {4}at step 2 .*stub-suite\.yaml:18:9\)\n\n[\s\S]*\n> 18 \| {7}- save: \{until: drained\}\n/,
      ),
    });
  });

  test('every case is a line of results.jsonl, the invalid file too', () => {
    expect(ran.results).toHaveLength(9);
    expect(
      ran.results
        .filter(({ status }) => status === 'broken')
        .map(({ reason }) => reason)
        .sort(),
    ).toEqual(['invalid file: unknown key nmae, did you mean name?', 'the executor ended with signal SIGKILL']);
  });

  test('a failure shows the finding, the line of YAML with a caret, and how to run it again', () => {
    expect(ran.output).toMatch(/SAVE-DRAIN \(must, driver\): in stop-and-copy/);
    expect(ran.output).toMatch(/\n {4}> 18 \| {7}- save: \{until: drained\}\n {9}\| {9}\^\n/);
    expect(ran.output).toMatch(/at step 2 "save: .*" \(.*tests\/jest\/fixtures\/stub-suite\.yaml:18:9\)/);
    expect(ran.output).toContain("--device reference --case 'drains-what-is-pending#from=running'");
  });

  test('an invalid file shows its complaint with the code frame', () => {
    expect(ran.output).toContain('broken: this file is not valid');
    expect(ran.output).toContain('unknown key nmae, did you mean name?');
    expect(ran.output).toMatch(/broken-suite\.yaml:3:5/);
  });

  test('each file has one executor, started with its first case and stopped after its last', () => {
    const [first] = ran.journal[0]?.split(' start') ?? [];
    expect(ran.journal.map((line) => line.replace(`${first} `, ''))).toEqual([
      'start',
      'run reads-the-state',
      'run drains-what-is-pending#from=running',
      'run drains-what-is-pending#from=pre-copy',
      'run needs-a-second-device',
      'run names-its-zpci-function',
      'run loses-its-executor',
      'run sums-up-roughly',
      'stop',
      'start',
      'run passes-quietly',
      'stop',
    ]);
  });

  test('no hook of ours clutters the report', () => {
    for (const { steps } of ran.allure) expect(steps.map(({ name }) => name)).not.toContain('afterAll');
  });

  test('times are the real ones', () => {
    const result = ran.results.find(({ id }) => id === 'reads-the-state');
    const told = ran.allure.find(({ name }) => name === 'Reads the state');
    expect(told?.start).toBe(Date.parse(result?.startedAt ?? ''));
    expect((told?.stop ?? 0) - (told?.start ?? 0)).toBe(12);
    expect(told?.steps.map(({ start = 0, stop = 0 }) => stop - start)).toEqual([6, 6]);
  });
});

test('all passed: exit code 0', async () => {
  const ran = await run({ targets: [SECOND] });
  expect(ran.code).toBe(0);
  expect(ran.output).toMatch(/1 passed in /);
});

test('-t takes cases by name, and what it leaves out is no part of the report', async () => {
  const ran = await run({ targets: [SUITE, SECOND] }, ['-t', 'Drains what is pending \\[from=pre-copy\\]']);
  expect(ran.results.map(({ id }) => id)).toEqual(['drains-what-is-pending#from=pre-copy']);
  expect(ran.allure.map(({ name }) => name)).toEqual(['Drains what is pending [from=pre-copy]']);
  expect(ran.jest.filter(({ status }) => status === 'pending')).toHaveLength(7);
});

test('--testPathPatterns takes suites by file', async () => {
  const ran = await run({ targets: [SUITE, SECOND] }, ['--testPathPatterns', 'second']);
  expect(ran.results.map(({ id }) => id)).toEqual(['passes-quietly']);
});

test('--shard gives every suite to exactly one shard', async () => {
  const shards = await Promise.all(
    ['1/2', '2/2'].map((shard) => run({ targets: [SUITE, SECOND] }, ['--shard', shard])),
  );
  const ids = shards.flatMap(({ results }) => results.map(({ id }) => id));
  expect(ids).toHaveLength(8);
  expect(new Set(ids).size).toBe(8);
  for (const { results } of shards) expect(results.length).toBeGreaterThan(0);
});

test("the plan's filter takes cases, and a suite of which nothing is taken says so and is not failed", async () => {
  const filter = { cases: [], tags: ['quick'], only: [], skip: [] };
  const ran = await run({ targets: [SUITE, SECOND], filter });
  expect(ran.results.map(({ id }) => id)).toEqual(['reads-the-state']);
  expect(ran.jest.map(({ title, status }) => [title, status])).toEqual([
    ['Reads the state', 'passed'],
    ['no case of this suite is taken by --tag quick', 'pending'],
  ]);
  expect(ran.allure).toHaveLength(1);
  expect(ran.code).toBe(0);
});

test('--repeat runs every case so many times, each a result and a test of its own', async () => {
  const ran = await run({ targets: [SECOND], repeat: 3 });
  expect(ran.results.map(({ id }) => id)).toEqual(['passes-quietly', 'passes-quietly', 'passes-quietly']);
  expect(ran.jest.map(({ title }) => title)).toEqual([
    'Passes quietly (1 of 3)',
    'Passes quietly (2 of 3)',
    'Passes quietly (3 of 3)',
  ]);
  expect(new Set(ran.allure.map(({ historyId }) => historyId)).size).toBe(3);
});

test('several devices run side by side, and the suites of one device one after the other in one process', async () => {
  const devices = [
    { device: 'reference', host: 'local' },
    { device: 'reference:zpci', host: 'local' },
  ];
  const ran = await run({ targets: [SLOW, SECOND], devices });
  expect(ran.code).toBe(0);
  const journals = devices.map(({ device }) =>
    ran.journal.filter((line) => line.startsWith(`${device} `)).map((line) => line.split(' ')),
  );
  const processes = journals.map((journal) => new Set(journal.map(([, pid]) => pid)));
  for (const process of processes) expect(process.size).toBe(1);
  expect([...(processes[0] ?? [])]).not.toEqual([...(processes[1] ?? [])]);
  for (const journal of journals) {
    expect(journal.map(([, , what]) => what)).toEqual(['start', 'run', 'run', 'run', 'stop', 'start', 'run', 'stop']);
  }
  // Side by side: the second device began before the first one was through.
  const began = ran.journal.findIndex((line) => line.startsWith('reference:zpci '));
  const through = ran.journal.map((line) => line.startsWith('reference ') && line.endsWith('stop')).lastIndexOf(true);
  expect(began).toBeLessThan(through);
  expect(
    ran.allure.filter(({ parameters }) => parameters.some(({ value }) => value === 'reference:zpci')),
  ).toHaveLength(4);
});

test('SIGKILL leaves every finished case on disk, and the exit code tells the signal', async () => {
  const plan = testPlan({ targets: [SLOW] });
  const running = runJest(plan, [], { engine: STUB_ENGINE, output: 'pipe' });
  const results = join(plan.folder, RESULTS_FILE);
  while (readLines(results).length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  const pid = Number(readLines(join(plan.folder, 'executor.log'))[0]?.split(' ')[1]);
  process.kill(pid, 'SIGKILL');
  expect(await running).toBe(128 + 9);
  const left = readLines(results).map((line) => JSON.parse(line).id as string);
  expect(left.slice(0, 2)).toEqual(['waits-a-while#number=1', 'waits-a-while#number=2']);
  expect(allureResults(plan.folder).length).toBeGreaterThan(0);
});

test("the run's folder keeps the plan, Jest's configuration and the results, and no cache", async () => {
  const plan = testPlan({ targets: [SECOND] });
  await runJest(plan, [], { engine: STUB_ENGINE, output: 'pipe' });
  expect(JSON.parse(readFileSync(join(plan.folder, 'plan.json'), 'utf8'))).toEqual(plan);
  expect(readdirSync(plan.folder).sort()).toEqual(
    ['allure-results', 'executor.log', JEST_CONFIG_FILE, 'plan.json', RESULTS_FILE].sort(),
  );
});

test('what an executor leaves behind does not keep the run from ending', async () => {
  const started = Date.now();
  const ran = await run({ targets: [join(FIXTURES, 'lingering-suite.yaml')] });
  expect(ran.code).toBe(0);
  expect(ran.results).toHaveLength(1);
  expect(Date.now() - started).toBeGreaterThan(3_000);
  expect(ran.output).not.toContain('did not exit');
});

test('a target with signs in its path is taken for itself, and its neighbours are not looked into', async () => {
  const plan = testPlan({});
  const odd = join(plan.folder, 'a (b) [c] + $d');
  mkdirSync(odd);
  copyFileSync(SECOND, join(odd, 'suite {1}.yaml'));
  writeFileSync(join(odd, 'other.yaml'), 'suite: [');
  const ran = await runSuite({ ...plan, targets: [join(odd, 'suite {1}.yaml')] });
  expect(ran.results.map(({ id }) => id)).toEqual(['passes-quietly']);
  expect(ran.code).toBe(0);
});
