/** The real engine: the language of this package, on files that a person might write. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine } from '../../runner/jest/kit-engine';
import { freshFolder, testPlan } from './support/plan';

const SCENARIO = `scenario: A device can be stopped
clauses: [TRANS-RUN-STOP]
needs: [migration-v1]
matrix: {again: [once, twice]}
steps:
  - transition: stop
  - note: stopped \${again}
`;
const SUITE = `suite: two-scenarios
claims: [migration-v1]
clauses: [TRANS-RUN-STOP]
scenarios: [../scenarios/good.yaml, ../scenarios/bad.yaml]
`;

const plan = testPlan({});
const engine = createEngine(plan, { device: 'reference', host: 'local' });
const folder = freshFolder('engine');
const file = (name: string, text: string): string => {
  const whole = join(folder, name);
  mkdirSync(join(whole, '..'), { recursive: true });
  writeFileSync(whole, text);
  return whole;
};

test('a suite has the cases of its valid scenarios, its claims, and a place for each invalid one', () => {
  file('scenarios/good.yaml', SCENARIO);
  const bad = file('scenarios/bad.yaml', SCENARIO.replace('transition', 'transitoin'));
  const loaded = engine.load(file('suites/two.yaml', SUITE));
  expect(loaded.title).toBe('two-scenarios');
  expect(loaded.claims).toEqual(['migration-v1']);
  expect(loaded.groups.map(({ scenario, cases }) => [scenario, cases.map(({ id }) => id)])).toEqual([
    ['A device can be stopped', ['good#again=once', 'good#again=twice']],
  ]);
  expect(loaded.broken).toHaveLength(1);
  expect(loaded.broken[0]).toMatchObject({ file: bad, position: { file: bad, line: 6, column: 5 } });
  expect(loaded.broken[0]?.text).toContain('transition');
  expect(loaded.broken[0]?.text).toMatch(/> 6 \| {3}- transitoin: stop/);
});

test('a scenario file is a target of its own', () => {
  const loaded = engine.load(file('scenarios/good.yaml', SCENARIO));
  expect([loaded.title, loaded.claims, loaded.broken]).toEqual(['A device can be stopped', [], []]);
  expect(loaded.groups[0]?.cases).toHaveLength(2);
});

test('the file is read afresh every time, as watch mode needs it', () => {
  const name = file('scenarios/changing.yaml', SCENARIO);
  expect(engine.load(name).title).toBe('A device can be stopped');
  file('scenarios/changing.yaml', SCENARIO.replace('A device can be stopped', 'Renamed'));
  expect(engine.load(name).title).toBe('Renamed');
});

test.each([
  ['that is missing', undefined],
  ['that is empty', ''],
  ['that does not parse', 'suite: ['],
  ['that is a device profile', 'device: x\nmatch: {}\n'],
  ['whose scenario does not exist', SUITE.replace('good.yaml', 'nowhere.yaml')],
])('a file %s is one broken test with its place', (_what, text) => {
  const name = text === undefined ? join(folder, 'suites/missing.yaml') : file('suites/hostile.yaml', text);
  const loaded = engine.load(name);
  expect(loaded.groups).toEqual([]);
  expect(loaded.broken).toHaveLength(1);
  expect(loaded.broken[0]?.file).toBe(name);
  expect(loaded.broken[0]?.text).toContain(name);
});

test('clauses come from the catalogue', () => {
  expect(engine.clause('TRANS-RUN-STOP')).toMatchObject({ who: 'driver', level: 'must' });
  expect(engine.clause('NO-SUCH-CLAUSE')).toBeUndefined();
});
