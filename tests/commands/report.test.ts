import { cli, removeWorkFolders, workFolder } from './support/cli';

afterAll(removeWorkFolders);

const NEITHER =
  'error: say which run: its folder, or --latest\n  A run names its folder at its end; they lie below results/.\n';

test.each<[string, string[], string]>([
  ['no run named', [], NEITHER],
  ['a folder and --latest', ['empty', '--latest'], NEITHER],
  ['a folder that is not there', ['nowhere'], 'error: there is no folder nowhere\n'],
  ['a folder of something else', ['empty'], 'error: empty is not the folder of a run: there is no plan.json in it\n'],
  ['a page that is a folder', ['run', '--output', 'empty'], 'error: --output empty is a folder\n'],
  ['no run so far', ['--latest'], 'error: there is no run in results\n  `vfio-conformance run` makes one.\n'],
])('%s', (_what, words, stderr) => {
  const cwd = workFolder({ 'empty/notes.txt': '', 'run/plan.json': '{}' });
  expect(cli(['report', ...words], { cwd })).toEqual({ code: 2, stdout: '', stderr });
});

test('a run without results has no report', () => {
  const plan = JSON.stringify({ schemaVersion: 1, startedAt: '2026-01-02T03:04:05.000Z', devices: [] });
  const cwd = workFolder({ 'results/one/plan.json': plan });
  const { code, stderr } = cli(['report', '--latest'], { cwd });
  expect(code).toBe(3);
  expect(stderr).toMatch(/^error: \S*results\/one holds no results to report on\n$/);
});
