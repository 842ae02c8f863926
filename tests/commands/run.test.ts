/** Whole runs on the reference device, as a person starts them. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cli, removeWorkFolders, startCli, workFolder } from './support/cli';
import { BOTH, PROJECT } from './support/scenarios';

afterAll(removeWorkFolders);

interface Row {
  readonly [key: string]: unknown;
}
interface Record_ extends Row {
  readonly verdict: string;
  readonly reasons: readonly string[];
  readonly clauses: readonly Row[];
  readonly scenarios: readonly Row[];
  readonly findings: readonly Row[];
  readonly devices: readonly Row[];
}

function record(cwd: string, file: string): Record_ {
  return JSON.parse(readFileSync(path.join(cwd, file), 'utf8')) as Record_;
}

/** What depends on the clock and on the order of a run, out of the way. */
function stable(text: string): string {
  return text
    .replaceAll(/\d+ ms\)/g, 'N ms)')
    .replaceAll(/in \d+\.\d s/g, 'in N s')
    .replaceAll(/\d{8}-\d{6}-/g, 'TIME-');
}

test('a correct device: conformant, exit 0, and where everything is', () => {
  const cwd = workFolder(PROJECT);
  const { code, stdout, stderr } = cli(['run', 'both', '--device', 'reference', '--json', 'out/run.json'], { cwd });
  expect({ code, stderr, stdout: stable(stdout) }).toEqual({
    code: 0,
    stderr: '',
    stdout: `both on reference: 3 cases
ok      The device runs at first (reference, N ms)
ok      It stops [to=stop] (reference, N ms)
ok      It stops [to=stop-and-copy] (reference, N ms)
3 passed in N s

verdict: conformant
clauses: 2 kept

results  results/TIME-both/run.json
report   results/TIME-both/report.html
`,
  });
  const run = record(cwd, 'out/run.json');
  expect(run).toMatchObject({
    schemaVersion: 1,
    verdict: 'conformant',
    waived: 0,
    reasons: [],
    devices: [{ device: 'reference', verdict: 'conformant', shows: ['migration-v1', 'dirty-pages'] }],
    host: { kind: 'reference', kernelRelease: '6.12.0-reference' },
    kit: { name: 'vfio-conformance', catalogue: expect.stringMatching(/^[0-9a-f]{64}$/) },
    suite: 'both',
    seed: 1,
    clauses: [
      { id: 'STATE-DEFAULT', level: 'must', who: 'driver', verdict: 'kept', findings: 0 },
      {
        id: 'TRANS-RUN-STOP',
        level: 'must',
        who: 'driver',
        verdict: 'kept',
        findings: 0,
        scenarios: expect.arrayContaining(['stops#to=stop']),
      },
    ],
    scenarios: [
      {
        file: 'scenarios/runs.yaml',
        name: 'The device runs at first',
        case: 'runs',
        matrix: {},
        status: 'passed',
        reason: null,
      },
      {
        file: 'scenarios/stops.yaml',
        name: 'It stops',
        case: 'stops#to=stop',
        matrix: { to: 'stop' },
        status: 'passed',
      },
      { case: 'stops#to=stop-and-copy', durationMs: expect.any(Number) },
    ],
    findings: [],
  });
  const [folder = ''] = readdirSync(path.join(cwd, 'results'));
  expect(record(cwd, `results/${folder}/run.json`)).toEqual(run);
  expect(readdirSync(path.join(cwd, 'results', folder))).toEqual(
    expect.arrayContaining(['allure-results', 'plan.json', 'report.html', 'results.jsonl', 'run.json']),
  );
  const report = cli(['report', '--latest', '-o', 'again.html'], { cwd });
  expect({ code: report.code, stdout: report.stdout }).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^again\.html: 3 cases, \d+ KiB, in \d+\.\d s\n$/),
  });
});

test('a broken clause: non-conformant, exit 1, with what was seen, where, and how to see it again', () => {
  const cwd = workFolder(PROJECT);
  const device = 'reference+running-to-stop-refused';
  const { code, stdout } = cli(['run', 'both', '--device', device, '--no-report', '--json', 'run.json'], { cwd });
  expect(code).toBe(1);
  expect(stable(stdout.slice(stdout.indexOf('2 passed')))).toBe(`2 passed, 1 failed in N s

verdict: non-conformant
clauses: 1 kept, 1 broken

Broken clauses
  TRANS-RUN-STOP (must, driver), 1 case: write failed with EINVAL, device_state then is 001b (running)
    expected  001b (running) -> 000b (stop) is supported
    at        scenarios/stops.yaml:7:5, step 1 "transition: stop"
    again     npx vfio-conformance run suites/both.yaml --device ${device} --case 'stops#to=stop'

results  results/TIME-both/run.json
report   none; \`vfio-conformance report results/TIME-both\` makes it
`);
  expect(record(cwd, 'run.json')).toMatchObject({
    verdict: 'non-conformant',
    reasons: ['TRANS-RUN-STOP is broken (driver)'],
    clauses: [
      { id: 'STATE-DEFAULT', verdict: 'kept' },
      { id: 'TRANS-RUN-STOP', verdict: 'broken', findings: 1 },
    ],
    findings: [
      {
        clause: 'TRANS-RUN-STOP',
        file: 'scenarios/stops.yaml',
        line: 7,
        column: 5,
        scenario: 'It stops',
        step: 'step 1 "transition: stop"',
        expected: '001b (running) -> 000b (stop) is supported',
        observed: 'write failed with EINVAL, device_state then is 001b (running)',
      },
    ],
  });
});

test('several devices: each has its verdict, the run has the worst', () => {
  const cwd = workFolder(PROJECT);
  const devices = ['--device', 'reference', '--device', 'reference:ccw+running-to-stop-refused'];
  const { code, stdout } = cli(['run', 'both', ...devices, '--no-report', '--json', 'run.json'], { cwd });
  expect(code).toBe(1);
  expect(stdout).toContain(
    'verdict: non-conformant\n  reference: conformant\n  reference:ccw+running-to-stop-refused: non-conformant\n',
  );
  const run = record(cwd, 'run.json');
  expect(run.devices.map(({ verdict }) => verdict)).toEqual(['conformant', 'non-conformant']);
  expect(run.reasons).toEqual(['reference:ccw+running-to-stop-refused: TRANS-RUN-STOP is broken (driver)']);
  expect(run.scenarios).toHaveLength(6);
});

test('a part of a suite is never conformant, whatever came of it', () => {
  const cwd = workFolder(PROJECT);
  const { code, stdout } = cli(['run', 'both', '--device', 'reference', '--case', 'runs'], { cwd });
  expect(code).toBe(3);
  expect(stdout).toContain(
    'verdict: incomplete\nclauses: 1 kept, 1 not judged\n  the run took 1 of 3 cases\n\nresults ',
  );
});

test('a scenario by itself is judged by the clauses that it names', () => {
  const cwd = workFolder(PROJECT);
  const { code, stdout } = cli(
    ['run', 'scenarios/stops.yaml', '-d', 'reference', '--tag', 'thorough', '--repeat', '2'],
    { cwd },
  );
  expect(code).toBe(0);
  expect(stdout).toContain('It stops on reference: 4 cases\n');
  expect(stdout).toContain('verdict: conformant\nclauses: 1 kept\n');
});

test('a must that nothing judged: incomplete, exit 3, with the reason', () => {
  const cwd = workFolder({
    ...PROJECT,
    'suites/both.yaml': BOTH.replace('STATE-DEFAULT,', 'STATE-DEFAULT, SAVE-DRAIN, SAVE-ACK,'),
  });
  const { code, stdout } = cli(['run', 'both', '-d', 'reference', '--no-report', '--json', 'run.json'], { cwd });
  expect(code).toBe(3);
  expect(stdout).toContain(`verdict: incomplete
clauses: 2 kept, 2 not judged

Not judged
  no scenario of this run names it, and none came by it
    SAVE-ACK SAVE-DRAIN
`);
  expect(record(cwd, 'run.json').reasons).toEqual([
    'SAVE-ACK was not judged: no scenario of this run names it, and none came by it',
    'SAVE-DRAIN was not judged: no scenario of this run names it, and none came by it',
  ]);
});

test('waivers of the profile are counted beside the verdict; one that ran out does not count', () => {
  const profile = (until: string): string =>
    `device: The reference with an erratum\nmatch: {reference: pci}\nwaivers: [{clause: TRANS-RUN-STOP, reason: erratum 12, until: ${until}}]\n`;
  const cwd = workFolder({ ...PROJECT, 'waived.yaml': profile('2999-01-01'), 'late.yaml': profile('2020-01-01') });
  const run = (file: string) =>
    cli(['run', 'both', '-d', 'reference+running-to-stop-refused', '--no-report', '--profile', file], { cwd });
  const waived = run('waived.yaml');
  expect(waived.code).toBe(0);
  expect(waived.stdout).toContain('verdict: conformant (1 clause waived)\n');
  expect(waived.stdout).toContain('\nWaived\n  TRANS-RUN-STOP: erratum 12 (until 2999-01-01)\n');
  const late = run('late.yaml');
  expect(late.code).toBe(1);
  expect(late.stdout).toContain('\nWaived\n  TRANS-RUN-STOP: ran out on 2020-01-01 and does not count (erratum 12)\n');
});

test('a device that is not there: exit 3, and the record of an earlier run is not left standing', () => {
  const cwd = workFolder({ ...PROJECT, 'run.json': '{"verdict": "conformant"}' });
  const { code, stdout, stderr } = cli(['run', 'both', '-d', 'ffff:00:1f.7', '--json', 'run.json'], { cwd });
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  expect(stderr).toMatch(
    /^error: there is no PCI device ffff:00:1f\.7 on \S+\n {2}`lspci -D` lists the devices there are; /,
  );
  expect(record(cwd, 'run.json')).toMatchObject({
    verdict: 'incomplete',
    reasons: [expect.stringMatching(/^there is no PCI device ffff:00:1f\.7/)],
    devices: [{ device: 'ffff:00:1f.7', verdict: 'incomplete' }],
    scenarios: [],
  });
});

test('Jest that cannot even begin leaves no verdict but incomplete', () => {
  const cwd = workFolder(PROJECT);
  writeFileSync(
    path.join(cwd, 'crash.js'),
    "if (process.argv[1].endsWith('jest.js')) { console.error('boom'); process.exit(70); }\n",
  );
  const { code, stderr } = cli(['run', 'both', '-d', 'reference', '--json', 'run.json'], {
    cwd,
    env: { NODE_OPTIONS: `--require ${path.join(cwd, 'crash.js')}` },
  });
  expect(code).toBe(3);
  expect(stable(stderr)).toBe(
    'boom\nerror: no case left a result: Jest ended with exit code 70\n  What Jest said stands above; results/TIME-both has its configuration. Run it again; should it happen again, please report it.\n',
  );
  expect(record(cwd, 'run.json')).toMatchObject({
    verdict: 'incomplete',
    reasons: ['no case left a result: Jest ended with exit code 70'],
  });
});

test.each([
  ['Ctrl-C, which a terminal sends to every process', 'SIGINT', 'group', 130],
  ['SIGTERM to this process alone', 'SIGTERM', 'process', 143],
  ['SIGINT to this process alone', 'SIGINT', 'process', 130],
] as const)(
  '%s: the results so far are kept',
  async (_what, signal, whom, exit) => {
    const cwd = workFolder(PROJECT);
    const run = startCli(['run', 'both', '-d', 'reference', '--repeat', '5000', '--json', 'run.json'], cwd);
    await run.heard(/^ok .*\nok /m);
    process.kill(whom === 'group' ? -run.pid : run.pid, signal);
    expect(await run.ended).toBe(exit);
    expect(run.output.text).toContain(`${signal}: closing the devices; what was seen is kept`);
    expect(run.output.text).toContain('verdict: incomplete');
    const written = record(cwd, 'run.json');
    expect(written).toMatchObject({ verdict: 'incomplete', interrupted: true });
    expect(written.reasons).toContain('the run was interrupted');
    expect(written.scenarios.length).toBeGreaterThan(0);
    expect(existsSync(`/proc/${run.pid}`)).toBe(false);
  },
  30_000,
);

test('nothing in a name steers the terminal', () => {
  const cwd = workFolder({
    'evil.yaml':
      'scenario: "\\e[31mred \\u202e"\nclauses: [STATE-DEFAULT]\nneeds: [migration-v1]\nsteps:\n  - state: running\n',
  });
  const { code, stdout } = cli(['run', 'evil.yaml', '-d', 'reference', '--no-report'], { cwd });
  expect(code).toBe(0);
  expect(stdout).toContain('\\x1b[31mred \\u202e on reference: 1 case\n');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
});

test('a folder of many scenarios is counted where the run begins, not listed', () => {
  const files = ['one', 'two', 'three', 'four'].map((name) => [
    `many/${name}.yaml`,
    `scenario: Runs, number ${name}\nclauses: [STATE-DEFAULT]\nneeds: [migration-v1]\nsteps:\n  - state: running\n`,
  ]);
  const { stdout } = cli(['run', 'many', '--device', 'reference', '--no-report'], {
    cwd: workFolder(Object.fromEntries(files)),
  });
  expect(stdout.split('\n', 1)).toEqual(['4 scenarios on reference: 4 cases']);
});
