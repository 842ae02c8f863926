import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadSuite, resolveTargets, scenarioId } from '../../runner/language';
import { glob, matchesWildcard } from '../../runner/language/glob';
import { good } from './fixtures/check';
import { FIXTURES, OPTIONS } from './fixtures/language';

let folder = '';
const lay = (file: string, text: string) => {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), text);
};
const SCENARIO = 'scenario: One\nclauses: [SAVE-ACK]\nsteps:\n  - reset:\n';

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'suites-'));
  for (const name of ['a/one', 'a/two', 'a/deep/three', 'b/four', '.hidden/five', 'node_modules/six'])
    lay(`scenarios/${name}.yaml`, SCENARIO);
  lay('scenarios/a/notes.txt', 'no scenario');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const relative = (files: readonly string[]) => files.map((file) => path.relative(folder, file));

test.each([
  ['*.yaml', 'one.yaml', true],
  ['*.yaml', 'one.yml', false],
  ['o?e', 'one', true],
  ['*a*b*', 'xxaxxbxx', true],
  ['*a*b', 'xxaxxbxx', false],
  ['*', '', true],
  ['?', '', false],
  ['a**c', 'abc', true],
  [`${'*a'.repeat(500)}`, 'a'.repeat(5000), true],
  [`${'*a'.repeat(500)}b`, 'a'.repeat(5000), false],
])('%s on %s', (pattern, text, fits) => {
  expect(matchesWildcard(pattern, text)).toBe(fits);
});

test('globs', () => {
  const scenarios = path.join(folder, 'scenarios');
  expect(relative(glob(scenarios, 'a/*.yaml'))).toEqual(['scenarios/a/one.yaml', 'scenarios/a/two.yaml']);
  expect(relative(glob(scenarios, '**/t*.yaml'))).toEqual(['scenarios/a/deep/three.yaml', 'scenarios/a/two.yaml']);
  expect(glob(scenarios, '**')).toEqual([]);
  expect(glob(scenarios, '**/*')).toHaveLength(4);
  expect(relative(glob(path.join(scenarios, 'a'), '../b/*'))).toEqual(['scenarios/b/four.yaml']);
});

test('a folder that contains itself ends', () => {
  symlinkSync(folder, path.join(folder, 'scenarios', 'loop'));
  expect(glob(path.join(folder, 'scenarios'), '**/one.yaml').length).toBeGreaterThan(0);
});

test('scenarios by file, folder and glob, each once, in order', () => {
  lay(
    'suites/mine.yaml',
    'suite: mine\nclauses: [STATE-*, SAVE-ACK]\nscenarios: [../scenarios/b, "../scenarios/a/*.yaml", ../scenarios/a/one.yaml]\n',
  );
  const suite = good(loadSuite(path.join(folder, 'suites/mine.yaml'), OPTIONS));
  expect(relative(suite.scenarios)).toEqual(['scenarios/b/four.yaml', 'scenarios/a/one.yaml', 'scenarios/a/two.yaml']);
  expect(suite.clauses).toEqual(['STATE-RESET', 'STATE-WRITE-OK', 'STATE-RESERVED-RMW', 'SAVE-ACK']);
  expect(suite.position).toMatchObject({ line: 1, column: 1 });
});

test('scenarios of the package, and the clauses of an included suite, but not its claims', () => {
  lay(
    'suites/mine.yaml',
    'suite: mine\nclaims: [zpci]\nclauses: [STATE-RESET]\nscenarios: [early.yaml]\ninclude: [smoke]\n',
  );
  const suite = good(loadSuite(path.join(folder, 'suites/mine.yaml'), OPTIONS));
  expect(suite.scenarios).toEqual([path.join(FIXTURES, 'scenarios', 'early.yaml')]);
  expect(suite.clauses).toEqual(['STATE-RESET', 'SAVE-ACK', 'SAVE-REGARDLESS']);
  expect(suite.claims).toEqual(['zpci']);
});

test('a folder of scenarios leaves out the catalogue', () => {
  lay('scenarios/clauses.yaml', 'clauses: []\n');
  lay('suites/mine.yaml', 'suite: mine\nscenarios: [../scenarios]\n');
  expect(good(loadSuite(path.join(folder, 'suites/mine.yaml'), OPTIONS)).scenarios).toHaveLength(4);
});

describe('targets', () => {
  const targets = (...names: string[]) => resolveTargets(names, folder, { packageRoot: FIXTURES });

  test('a suite by its name, of the working folder before the package', () => {
    expect(good(targets('smoke'))).toEqual([{ kind: 'suite', file: path.join(FIXTURES, 'suites', 'smoke.yaml') }]);
    lay('suites/smoke.yaml', 'suite: smoke\nscenarios: [../scenarios]\n');
    expect(good(targets('smoke'))).toEqual([{ kind: 'suite', file: path.join(folder, 'suites', 'smoke.yaml') }]);
  });

  test('files and folders, each once', () => {
    const found = good(targets('scenarios/a/one.yaml', 'scenarios/a', path.join(folder, 'scenarios/a/two.yaml')));
    expect(relative(found.map((target) => target.file))).toEqual([
      'scenarios/a/one.yaml',
      'scenarios/a/deep/three.yaml',
      'scenarios/a/two.yaml',
    ]);
  });

  test('a name that fits nothing', () => {
    const found = targets('smok', 'scenarios/a/on.yaml');
    expect(found.ok ? [] : found.errors.map(({ code, suggestion }) => [code, suggestion])).toEqual([
      ['no-such-target', 'smoke'],
      ['no-such-target', undefined],
    ]);
  });

  test('files that are something else', () => {
    lay('profile.yaml', 'device: Edu\nmatch: {driver: x}\n');
    lay('broken.yaml', 'a: b: c\n');
    lay('empty/readme.txt', '');
    const found = targets('profile.yaml', 'broken.yaml', 'empty');
    expect(found.ok ? [] : found.errors.map((error) => error.code)).toEqual(['wrong-file', 'syntax', 'no-such-target']);
  });
});

test('ids do not depend on the machine', () => {
  expect(scenarioId('/anywhere/scenarios/saving/early.yaml')).toBe('saving/early');
  expect(scenarioId('/x/scenarios/y/scenarios/z/early.yml')).toBe('z/early');
  lay('vendor/package.json', '{}');
  lay('vendor/tests/bug.yaml', SCENARIO);
  expect(scenarioId(path.join(folder, 'vendor/tests/bug.yaml'))).toBe('tests/bug');
});
