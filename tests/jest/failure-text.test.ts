import type { CaseResult, Finding } from '../../runner/execution/case-result';
import { failureOf, failureOfFile } from '../../runner/jest/failure-text';
import type { Case } from '../../runner/language/scenario';
import { type StubOutcome, stubClause, stubResult } from './fixtures/stub-results';

const position = { file: '/abs/drain.yaml', line: 15, column: 9 };
const CASE: Case = {
  id: 'drain',
  title: 'Drains',
  matrix: {},
  scenarioName: 'Drains',
  file: '/abs/drain.yaml',
  position: { file: '/abs/drain.yaml', line: 1, column: 1 },
  clauses: ['SAVE-DRAIN'],
  needs: [],
  tags: [],
  steps: [{ verb: 'save', args: {}, title: 'save: (all)', position }],
  finallySteps: [],
};
const context = { clause: stubClause, rerun: 'npx vfio-conformance run x' };
const resultOf = (outcome: StubOutcome): CaseResult =>
  stubResult({ case: CASE, outcome, accesses: 20, device: 'reference' });
const only = (result: CaseResult): Finding => {
  const [finding] = result.findings;
  if (!finding) throw new Error('the stub gave no finding');
  return finding;
};

test('a failed case tells the clause, its text, the step, expected, observed, hint, the last accesses and how to run it again', () => {
  const { message } = failureOf(resultOf('failed'), context);
  expect(message.split('\n')).toEqual([
    'failed: the driver broke SAVE-DRAIN',
    '',
    'SAVE-DRAIN (must, driver): in stop-and-copy pending_bytes reaches 0 in a bounded number of iterations',
    '  at        step 1 "save: (all)"',
    '  expected  pending_bytes 0',
    '  observed  pending_bytes 4096 after 64 buffers',
    '  hint      look at what the driver adds to pending_bytes once it is stopped',
    '  accesses',
    ...Array.from({ length: 8 }, () => expect.stringMatching(/^ {4}[ >] #\d+ /)),
    '',
    'run it again: npx vfio-conformance run x',
  ]);
  expect(message).toMatch(/> #20 /);
});

test('the frame has the place of the step and no parenthesis that would end its label', () => {
  expect(failureOf(resultOf('failed'), context).frames).toEqual(['    at step 1 "save: [all]" (/abs/drain.yaml:15:9)']);
});

test('when the kernel broke the clause it says so', () => {
  const result = resultOf('failed');
  const { message } = failureOf({ ...result, findings: [{ ...only(result), who: 'kernel' }] }, context);
  expect(message).toMatch(/^failed: the kernel broke SAVE-DRAIN\n/);
});

test('a broken case tells its reason and the step', () => {
  const failure = failureOf(resultOf('broken'), context);
  expect(failure.message).toMatch(/^broken: the executor ended with signal SIGKILL\n\n {2}at {8}save: \(all\)\n/);
  expect(failure.frames).toEqual(['    at step "save: [all]" (/abs/drain.yaml:15:9)']);
});

test('the stack of an error in the kit stands below the place in the YAML', () => {
  const stack = '    at Loop.run (/kit/save.js:145:102)';
  const { message, frames } = failureOf(
    { ...resultOf('broken'), reason: `TypeError: x is no function\n${stack}` },
    context,
  );
  expect(message).toMatch(/^broken: TypeError: x is no function\n\n/);
  expect(message).not.toContain('save.js');
  expect(frames).toEqual(['    at step "save: [all]" (/abs/drain.yaml:15:9)', stack]);
});

test('a case broken by the kit itself is not laid at the driver', () => {
  const failed = resultOf('failed');
  const { message } = failureOf({ ...failed, status: 'broken', reason: 'the kit broke ERR-NEXT' }, context);
  expect(message).toMatch(/^broken: the kit broke ERR-NEXT\n/);
});

test('of many findings three are told and the rest counted; those that do not fail the case are named', () => {
  const result = resultOf('failed');
  const finding = only(result);
  const findings = [
    ...Array.from({ length: 7 }, (_, index) => ({ ...finding, line: 20 + index })),
    { ...finding, clause: 'SAVE-SUM', verdict: 'warned' as const },
  ];
  const { message, frames } = failureOf({ ...result, findings }, context);
  expect(message.match(/^SAVE-DRAIN \(/gm)).toHaveLength(3);
  expect(message).toContain('\nand 4 more findings\n');
  expect(message).toContain('\nalso warned: SAVE-SUM, ');
  expect(frames).toHaveLength(3);
});

test('without a step the frame is the scenario', () => {
  const result = { ...resultOf('broken'), steps: [] };
  expect(failureOf(result, context).frames).toEqual(['    at scenario (/abs/drain.yaml:1:1)']);
});

test('observations of several lines stay below each other', () => {
  const result = resultOf('failed');
  const { message } = failureOf({ ...result, findings: [{ ...only(result), observed: 'first\nsecond' }] }, context);
  expect(message).toContain('  observed  first\n            second\n');
});

test('what a device says cannot steer the terminal', () => {
  const result = resultOf('failed');
  const { message } = failureOf(
    { ...result, findings: [{ ...only(result), observed: 'a\u001b[2Jb\u202ec\r' }] },
    context,
  );
  expect(message).toContain('  observed  a\ufffd[2Jb\ufffdc\ufffd\n');
});

test('an invalid file shows every complaint', () => {
  const { message, frames } = failureOfFile(position, 'one\n\ntwo\n');
  expect(message).toBe('broken: this file is not valid\n\none\n\ntwo');
  expect(frames).toEqual(['    at invalid YAML (/abs/drain.yaml:15:9)']);
});
