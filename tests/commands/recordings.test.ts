/** --record, --trace and replay:FILE, as a person uses them. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cli, removeWorkFolders, workFolder } from './support/cli';
import { PROJECT } from './support/scenarios';

afterAll(removeWorkFolders);

function verdictOf(cwd: string, file: string): unknown {
  const { verdict, clauses, scenarios } = JSON.parse(readFileSync(path.join(cwd, file), 'utf8')) as {
    verdict: string;
    clauses: { id: string; verdict: string }[];
    scenarios: { case: string; status: string; reason: string | null; durationMs: number }[];
  };
  return {
    verdict,
    clauses: clauses.map(({ id, verdict: one }) => `${id} ${one}`),
    scenarios: scenarios.map(({ case: id, status, reason, durationMs }) => [id, status, reason, durationMs]),
  };
}

test('what was recorded is replayed by naming nothing but the recording, and comes out the same', () => {
  const cwd = workFolder(PROJECT);
  const first = cli(
    ['run', 'both', '-d', 'reference+pre-copy-refused', '--record', 'out/a.rec', '--json', '1.json', '--no-report'],
    { cwd },
  );
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(first.stdout).toMatch(/\nrecorded out\/a\.rec: 4 parts, \d+ KiB\n/);
  expect(existsSync(path.join(cwd, 'results/latest'))).toBe(false);
  const again = cli(['run', '-d', 'replay:out/a.rec', '--json', '2.json', '--no-report'], { cwd });
  expect(again).toMatchObject({ code: 0, stderr: '' });
  expect(again.stdout).toMatch(/\nreplayed replay:.*out\/a\.rec: recorded 20.*; no device was asked\n/);
  expect(verdictOf(cwd, '2.json')).toEqual(verdictOf(cwd, '1.json'));
}, 60_000);

test('a call that never returned is told again, without waiting for it', () => {
  const cwd = workFolder({
    'scenarios/save.yaml':
      'scenario: It is saved\nclauses: [SAVE-REGARDLESS]\nneeds: [migration-v1]\nsteps:\n  - transition: stop-and-copy\n  - save: whole\n    within: 2s\n',
  });
  const device = ['-d', 'reference+hang-on-pending-read'];
  const first = cli(['run', 'scenarios/save.yaml', ...device, '--record', 'a.rec', '--trace', '--no-report'], { cwd });
  expect(first.code).toBe(1);
  expect(first.stdout).toMatch(/DEV-RESPONDS .* pread of 8 bytes at 0x90000000008 did not return within 2000 ms/);
  expect(first.stdout).toMatch(/\nrecorded a\.rec: 2 parts, \d+ KiB\n/);
  // The beginning of the line was out before the call was made.
  expect(first.stderr).toMatch(/\n +\d+\.\d{3} source +pread\(5, pending_bytes, 8\)$/);
  const again = cli(['run', '-d', 'replay:a.rec', '--no-report'], { cwd });
  expect(again.code).toBe(1);
  expect(again.stdout).toMatch(/DEV-RESPONDS .* pread of 8 bytes at 0x90000000008 does not return/);
}, 60_000);

test('a run that departs is broken, says at which access, and exits with 3', () => {
  const cwd = workFolder(PROJECT);
  const file = path.join(cwd, 'scenarios/stops.yaml');
  cli(['run', file, '-d', 'reference', '--record', 'a.rec', '--no-report'], { cwd });
  const steps = '\nsteps:\n  - state: running\n';
  writeFileSync(file, readFileSync(file, 'utf8').replace('\nsteps:\n', steps));
  const { code, stdout } = cli(['run', '-d', 'replay:a.rec', '--no-report'], { cwd });
  expect(code).toBe(3);
  expect(stdout).toMatch(/: the run departs from the recording at access \d+: the run makes /);
}, 60_000);

test('a trace is kept in the folder of the run as well', () => {
  const cwd = workFolder(PROJECT);
  const { code, stderr } = cli(
    ['run', 'scenarios/runs.yaml', '-d', 'reference', '--trace', '--out', 'o', '--no-report'],
    { cwd },
  );
  expect(code).toBe(0);
  expect(stderr).toMatch(/pread\(5, device_state, 4\) = 4 0x1 \(running\)\n/);
  expect(readFileSync(path.join(cwd, 'o/trace.txt'), 'utf8')).toBe(stderr);
}, 60_000);

test.each<[string, readonly string[], RegExp]>([
  [
    'no such file',
    ['-d', 'replay:nowhere'],
    /nowhere cannot be read: ENOENT\n +A recording is made with `run --record FILE`\./,
  ],
  ['a folder', ['-d', 'replay:folder'], /folder is not a file/],
  ['no recording', ['-d', 'replay:scenarios/runs.yaml'], /runs\.yaml: the first line is no JSON/],
  [
    'two devices',
    ['-d', 'reference', '-d', 'reference:ccw', '--record', 'x'],
    /--record keeps the accesses to one device/,
  ],
  ['a trace of two', ['-d', 'reference', '-d', 'reference:ccw', '--trace'], /--trace follows one device/],
  ['a folder to record into', ['-d', 'reference', '--record', 'folder'], /--record .*folder is a folder/],
])('%s is refused with exit 2', (_name, words, expected) => {
  const cwd = workFolder(PROJECT);
  mkdirSync(path.join(cwd, 'folder'));
  const { code, stderr } = cli(['run', 'both', ...words], { cwd });
  expect(code).toBe(2);
  expect(stderr).toMatch(expected);
});
