import type { CaseFilter } from '../../runner/execution/run-plan';
import { describeFilter, isTaken } from '../../runner/jest/case-filter';
import type { Case } from '../../runner/language/scenario';

const NONE: CaseFilter = { cases: [], tags: [], only: [], skip: [] };
const CASE: Case = {
  id: 'saving/drain#from=running',
  title: 'Drains [from=running]',
  matrix: { from: 'running' },
  scenarioName: 'Drains (all of it)',
  file: '/x/saving/drain.yaml',
  position: { file: '/x/saving/drain.yaml', line: 1, column: 1 },
  clauses: ['SAVE-DRAIN', 'SAVE-ACK'],
  needs: [],
  tags: ['quick', 'saving'],
  steps: [],
  finallySteps: [],
};

test.each<[string, Partial<CaseFilter>, boolean]>([
  ['nothing asked', {}, true],
  ['its id', { cases: ['saving/drain#from=running'] }, true],
  ['its id up to the matrix', { cases: ['saving/drain'] }, true],
  ['the beginning of its id is not its id', { cases: ['saving/dra'] }, false],
  ['another row of the matrix', { cases: ['saving/drain#from=stop'] }, false],
  ['one of several ids', { cases: ['other', 'saving/drain'] }, true],
  ['a tag', { tags: ['quick'] }, true],
  ['another tag', { tags: ['slow'] }, false],
  ['a clause', { only: ['SAVE-ACK'] }, true],
  ['a clause glob', { only: ['SAVE-*'] }, true],
  ['another clause glob', { only: ['RES-*'] }, false],
  ['a glob is no regular expression', { only: ['SAVE.*'] }, false],
  ['the name of its scenario, signs and all', { only: ['Drains (all of it)'] }, true],
  ['skipped by clause', { skip: ['SAVE-DRAIN'] }, false],
  ['skipping wins', { only: ['SAVE-*'], skip: ['Drains*'] }, false],
  ['all conditions must hold', { tags: ['quick'], only: ['RES-*'] }, false],
])('%s', (_name, filter, taken) => {
  expect(isTaken(CASE, { ...NONE, ...filter })).toBe(taken);
});

test('a filter is described as the command line has it', () => {
  expect(describeFilter({ cases: ['a'], tags: ['b'], only: ['C-*'], skip: ['D'] })).toBe(
    '--case a --tag b --only C-* --skip D',
  );
  expect(describeFilter(NONE)).toBe('');
});
