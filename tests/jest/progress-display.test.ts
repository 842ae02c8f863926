import type { CaseResult } from '../../runner/execution/case-result';
import { ProgressDisplay } from '../../runner/jest/progress-display';
import type { Case } from '../../runner/language/scenario';
import { type StubOutcome, stubResult } from './fixtures/stub-results';

const CASE: Case = {
  id: 'drain',
  title: 'Drains what is pending',
  matrix: {},
  scenarioName: 'Drains what is pending',
  file: '/abs/drain.yaml',
  position: { file: '/abs/drain.yaml', line: 1, column: 1 },
  clauses: ['SAVE-DRAIN'],
  needs: [],
  tags: [],
  steps: [],
  finallySteps: [],
};
const resultOf = (outcome: StubOutcome): CaseResult =>
  stubResult({ case: CASE, outcome, accesses: 1, device: 'reference' });

function show(
  environment: Record<string, string>,
  isTTY: boolean,
  outcomes: readonly StubOutcome[],
  expected?: number,
): string {
  let text = '';
  const output = { isTTY, columns: 60, write: (more: string) => (text += more) };
  const display = new ProgressDisplay(output, environment, expected);
  display.start(0);
  for (const [index, outcome] of outcomes.entries()) display.result(resultOf(outcome), (index + 1) * 200);
  display.end(2000, false);
  return text;
}

const ESCAPE = '\u001b';
const ALL: readonly StubOutcome[] = ['passed', 'failed', 'broken', 'not-applicable', 'not-judged', 'warned', 'waived'];

test('without a terminal: a plain line per case with the reason, and a closing line', () => {
  const text = show({}, false, ALL);
  expect(text).not.toContain(ESCAPE);
  expect(text).not.toContain('\r');
  expect(text.trimEnd().split('\n')).toEqual([
    'ok      Drains what is pending (reference, 12 ms)',
    'FAILED  Drains what is pending (reference, 12 ms): SAVE-DRAIN is broken: pending_bytes 4096 after 64 buffers',
    'BROKEN  Drains what is pending (reference, 12 ms): the executor ended with signal SIGKILL',
    'skipped Drains what is pending (reference, 0 ms): not-applicable: not a zPCI device: its capability chain is empty',
    'skipped Drains what is pending (reference, 0 ms): not-judged: no second device: give --destination',
    'warned  Drains what is pending (reference, 12 ms): SAVE-DRAIN warned: pending_bytes 4096 after 64 buffers',
    'warned  Drains what is pending (reference, 12 ms): SAVE-DRAIN waived: pending_bytes 4096 after 64 buffers',
    '3 passed (2 with a warning or a waiver), 1 failed, 1 broken, 2 skipped in 2.0 s',
  ]);
});

test('in CI only what deserves attention', () => {
  const text = show({ CI: 'true' }, false, ALL);
  expect(text.trimEnd().split('\n')).toHaveLength(5);
  expect(text).not.toMatch(/^ok/m);
  expect(text).not.toMatch(/^skipped/m);
});

test('in a terminal a line is redrawn with count, rate, time left and clause family, and fits', () => {
  const text = show({}, true, ['passed', 'passed', 'failed'], 10);
  const drawn = text.split('\r').flatMap((part) => part.replaceAll(`${ESCAPE}[2K`, '').split('\n'));
  expect(drawn).toContain('1/10  5.0/s  0:02 left  SAVE  Drains what is pending');
  expect(drawn).toContain('3/10  5.0/s  0:01 left  1 bad  SAVE  Drains what is pending');
  for (const line of drawn.filter((part) => /^\d+\//.test(part))) expect(line.length).toBeLessThan(60);
  expect(text).toContain(`${ESCAPE}[31mFAILED${ESCAPE}[39m`);
  // Passed cases leave no line behind.
  expect(text).not.toMatch(/ok {6}Drains/);
});

test('a terminal in CI, or one that can do nothing, gets no progress line', () => {
  expect(show({ CI: '1' }, true, ['passed'])).not.toContain('\r');
  expect(show({ TERM: 'dumb' }, true, ['passed'])).not.toContain(ESCAPE);
});

test('NO_COLOR takes the colours and leaves the progress line', () => {
  const text = show({ NO_COLOR: '1' }, true, ['failed', 'passed']);
  expect(text).not.toContain(`${ESCAPE}[3`);
  expect(text).toContain('\r');
});

test('the line is not redrawn at every case', () => {
  let writes = 0;
  const display = new ProgressDisplay({ isTTY: true, columns: 80, write: () => (writes += 1) }, {}, undefined);
  display.start(0);
  for (let index = 0; index < 1000; index += 1) display.result(resultOf('passed'), index);
  expect(writes).toBeLessThan(30);
});

test('of very many failures the first ones are told in full, and the rest counted', () => {
  let text = '';
  const display = new ProgressDisplay({ write: (more: string) => (text += more) }, {}, undefined);
  const block = (name: string): string => `  ● ${name}\n\n    failed: because\n\n      at step\n`;
  display.failures(Array.from({ length: 15 }, (_, index) => block(`first ${index}`)).join('\n'));
  display.failures(Array.from({ length: 15 }, (_, index) => block(`second ${index}`)).join('\n'));
  expect(text.match(/● first/g)).toHaveLength(15);
  expect(text.match(/● second/g)).toHaveLength(5);
  expect(text).toContain('  and 10 more, told in the report');
  display.failures(block('third'));
  expect(text).not.toContain('third');
});

test('an interrupted run says so', () => {
  let text = '';
  const display = new ProgressDisplay({ write: (more: string) => (text += more) }, {}, undefined);
  display.start(0);
  display.end(1000, true);
  expect(text).toBe('0 passed in 1.0 s, interrupted\n');
});
