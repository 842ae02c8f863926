/** What `run` says before it touches a device. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cli, removeWorkFolders, workFolder } from './support/cli';
import { PROJECT, RUNS, TYPO } from './support/scenarios';

afterAll(removeWorkFolders);

const cwd = workFolder({
  ...PROJECT,
  'typo.yaml': TYPO,
  'profile.yaml': 'device: x\nmatch: {pci: "1234:11e8"}\ndam: []\n',
});
const ON = ['--device', 'reference'];

/** The whole of the error output, and nothing else: no folder, no other output. */
function refused(words: readonly string[]): string {
  const { code, stdout, stderr } = cli(['run', ...words], { cwd });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(existsSync(path.join(cwd, 'results'))).toBe(false);
  return stderr;
}

const NO_DEVICE = `error: no device is named to run on
  Name one with --device:
    --device 0000:00:04.0   a PCI device or a mediated device; \`vfio-conformance devices\` lists those of this machine
    --device reference      a simulated one, to try the kit without hardware
`;
const FAULTS = '  `vfio-conformance faults` lists the faults and variations.\n';

test.each<[string, string[], string]>([
  ['no device', ['both'], NO_DEVICE],
  ['a device twice', ['both', ...ON, ...ON], 'error: --device reference is given twice\n'],
  ['a device twice, spelt differently', ['both', '-d', '04.0', '-d', '0000:00:04.0'], 'error: --device "04.0": '],
  [
    'a fault that there is not',
    ['both', '-d', 'reference+running-to-stop-refusd'],
    `error: --device "reference+running-to-stop-refusd": there is no fault or variation 'running-to-stop-refusd': did you mean 'running-to-stop-refused'?\n${FAULTS}`,
  ],
  [
    'a personality that there is not',
    ['both', '-d', 'reference:zcpi'],
    'error: --device "reference:zcpi": \'zcpi\' is no personality of the reference device: pci, zpci, ccw, fsl-mc.',
  ],
  [
    'a real destination of a simulated device',
    ['both', ...ON, '--destination', '0000:00:05.0'],
    'error: --destination 0000:00:05.0: a simulated device cannot be migrated to a real one\n',
  ],
  [
    'a destination of another kind',
    ['both', '-d', 'reference:zpci', '--destination', 'reference'],
    'error: --destination "reference": the destination has another personality than the source: one host holds both\n',
  ],
  [
    'the device as its own destination',
    ['both', '-d', '0000:00:04.0', '--destination', '00:04.0'],
    'error: --destination 00:04.0 is the device under test\n  With `--destination self` it is saved, reset and resumed itself, which is weaker.\n',
  ],
  [
    'several devices with one destination',
    ['both', '-d', '00:04.0', '-d', '00:05.0', '--destination', '00:06.0'],
    'error: --destination 00:06.0: 2 devices are under test, and they cannot share it\n  Test them one after the other, or with `--destination self`.\n',
  ],
  [
    'an option of ssh as a host',
    ['both', ...ON, '--host', 'ssh:-oProxyCommand=x'],
    'error: --host ssh:-oProxyCommand=x: a host is local, ssh:[USER@]HOST or unix:PATH\n',
  ],
  [
    'no repetition',
    ['both', ...ON, '--repeat', '0'],
    'error: --repeat "0": a whole number from 1 to 10000 is wanted\n',
  ],
  [
    'half a repetition',
    ['both', ...ON, '--repeat', '1.5'],
    'error: --repeat "1.5": a whole number from 1 to 10000 is wanted\n',
  ],
  [
    'a seed that is none',
    ['both', ...ON, '--seed', '-1'],
    'error: --seed "-1": a whole number from 0 to 4294967295 is wanted\n',
  ],
  [
    'an unknown grade',
    ['both', ...ON, '--grade', 'mine'],
    "error: option '--grade <grade>' argument 'mine' is invalid. Allowed choices are kit, text.\n",
  ],
  [
    'an unknown permission',
    ['both', ...ON, '--allow', 'raw-ioctls'],
    'error: --allow "raw-ioctls": what can be allowed is raw-ioctl and programs\n  did you mean raw-ioctl ?\n',
  ],
  [
    '--list with --json',
    ['both', '--list', '--json', 'x.json'],
    'error: --list runs nothing, so that there is nothing to write to --json\n',
  ],
  ['an unknown suite', ['boht', ...ON], 'error: there is no suite, scenario or folder "boht"\n  the suites are '],
  [
    'a tag that no case has',
    ['both', ...ON, '--tag', 'quik'],
    'error: --tag "quik" fits no case\n  did you mean quick ?\n',
  ],
  [
    'a case that there is not',
    ['both', ...ON, '--case', 'stops#to=stopp'],
    'error: --case "stops#to=stopp" fits no case\n  did you mean stops#to=stop ?\n',
  ],
  [
    'a clause that no case names',
    ['both', ...ON, '--only', 'SAVE-*'],
    'error: --only "SAVE-*" fits no case\n  `run --list` shows the cases there are.\n',
  ],
  [
    'a --skip that fits nothing would run what was to be left out',
    ['both', ...ON, '--skip', 'TRANS-RUN-STOPP'],
    'error: --skip "TRANS-RUN-STOPP" fits no case\n  did you mean TRANS-RUN-STOP ?\n',
  ],
  [
    'nothing left',
    ['both', ...ON, '--tag', 'quick', '--skip', 'STATE-*'],
    'error: no case is left\n  --case, --tag, --only and --skip hold together; `run --list` shows the cases there are.\n',
  ],
  [
    'a target without a name, as of a shell variable that is not set',
    ['', ...ON],
    'error: the name of a suite, scenario or folder is empty\n',
  ],
  [
    'a folder in a file system that makes none',
    ['both', ...ON, '--out', '/proc/none/run'],
    'error: the folder /proc/none/run cannot be made: ENOENT',
  ],
  ['a JSON file that is a folder', ['both', ...ON, '--json', 'suites'], 'error: --json '],
])('%s', (_what, words, expected) => {
  expect(refused(words).slice(0, expected.length)).toBe(expected);
});

test('a scenario with a typo is told with its line; nothing is run', () => {
  expect(refused(['typo.yaml', 'both', ...ON])).toContain(`typo.yaml:4:5 error unknown-verb
  "tranistion" is not a verb
    2 | clauses: [STATE-DEFAULT]
    3 | steps:
  > 4 |   - tranistion: stop
      |     ^^^^^^^^^^
    5 |
`);
});

test('every wrong file of a suite is told', () => {
  const broken = workFolder({
    ...PROJECT,
    'scenarios/runs.yaml': TYPO,
    'scenarios/stops.yaml': PROJECT['scenarios/stops.yaml'].replace('STOP]', 'STOPP]'),
  });
  const { code, stderr } = cli(['run', 'both', ...ON], { cwd: broken });
  expect(code).toBe(2);
  expect(stderr.match(/^\S+:\d+:\d+ error \S+$/gm)).toEqual([
    'scenarios/runs.yaml:4:5 error unknown-verb',
    'scenarios/stops.yaml:2:11 error unknown-clause',
  ]);
});

test('a profile that is not valid', () => {
  const stderr = refused(['both', ...ON, '--profile', 'profile.yaml']);
  expect(stderr).toContain('profile.yaml:3:1 error unknown-key');
  expect(stderr).toContain('did you mean dma ?');
});

test('a folder that holds something is not taken for a run', () => {
  const taken = workFolder({ 'runs.yaml': RUNS, 'out/notes.txt': 'mine' });
  const { code, stderr } = cli(['run', 'runs.yaml', ...ON, '--out', 'out'], { cwd: taken });
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: `error: --out ${path.join(taken, 'out')} is not empty\n  A run wants a folder of its own: name a new one.\n`,
  });
  expect(readdirSync(path.join(taken, 'out'))).toEqual(['notes.txt']);
});

describe('--list', () => {
  test('names the cases without a device', () => {
    expect(cli(['run', 'both', '--list'], { cwd })).toEqual({
      code: 0,
      stdout: `both  suites/both.yaml, 3 cases
  runs
    The device runs at first  STATE-DEFAULT  @quick
  stops#to=stop
    It stops [to=stop]  TRANS-RUN-STOP  @thorough
  stops#to=stop-and-copy
    It stops [to=stop-and-copy]  TRANS-RUN-STOP  @thorough

3 cases
`,
      stderr: '',
    });
  });

  test('of a part', () => {
    const { stdout } = cli(['run', 'both', '--list', '--case', 'stops'], { cwd });
    expect(stdout).toMatch(/^both {2}suites\/both\.yaml, 2 of 3 cases\n {2}stops#to=stop\n/);
  });

  test('the certification is what runs when nothing is named', () => {
    expect(cli(['run', '--list']).stdout).toMatch(/^certify {2}\S+certify\.yaml, \d+ cases\n/);
  });
});

test('a named file is written where it was asked for, or the run does not start', () => {
  const folder = workFolder({ 'runs.yaml': RUNS });
  writeFileSync(path.join(folder, 'file'), '');
  mkdirSync(path.join(folder, 'folder'));
  expect(cli(['run', 'runs.yaml', ...ON, '--json', 'file/x.json'], { cwd: folder }).stderr).toMatch(
    /^error: the folder \S+\/file cannot be made: /,
  );
  expect(cli(['run', 'runs.yaml', ...ON, '--json', 'folder'], { cwd: folder }).stderr).toBe(
    `error: --json ${path.join(folder, 'folder')} is a folder\n`,
  );
});
