import type { RuntimeMessage } from 'allure-js-commons/sdk';
import type { CaseResult, StepResult } from '../../runner/execution/case-result';
import { allureIdentity } from '../../runner/jest/allure-identity';
import { labelsOf, outcomeOf } from '../../runner/jest/allure-labels';
import { replay } from '../../runner/jest/allure-replay';
import type { Case } from '../../runner/language/scenario';
import { type StubOutcome, stubClause, stubResult } from './fixtures/stub-results';

const position = { file: '/abs/drain.yaml', line: 15, column: 9 };
const CASE: Case = {
  id: 'drain#from=running',
  title: 'Drains [from=running]',
  matrix: { from: 'running' },
  scenarioName: 'Drains',
  file: '/abs/drain.yaml',
  position,
  clauses: ['SAVE-DRAIN', 'SAVE-SUM'],
  needs: [],
  tags: ['quick'],
  owner: 'me',
  steps: [
    { verb: 'transition', args: {}, title: 'transition: stop-and-copy', position },
    { verb: 'save', args: {}, title: 'save: drained', position },
  ],
  finallySteps: [],
};
const context = {
  suite: 'Suite',
  clause: stubClause,
  rerun: 'npx vfio-conformance run x',
  repetition: [1, 1] as const,
};
const resultOf = (outcome: StubOutcome): CaseResult =>
  stubResult({ case: CASE, outcome, accesses: 40, device: 'reference' });
const labels = (result: CaseResult): Record<string, string[]> => {
  const grouped: Record<string, string[]> = {};
  for (const { name, value } of labelsOf(result, context)) grouped[name] = [...(grouped[name] ?? []), value];
  return grouped;
};
const attachments = (messages: readonly RuntimeMessage[]) =>
  messages.flatMap((message) => (message.type === 'attachment_content' ? [message.data] : []));

test('labels group by family, clause and scenario, and name every clause', () => {
  expect(labels(resultOf('failed'))).toEqual({
    epic: ['saving'],
    feature: ['SAVE-DRAIN'],
    story: ['Drains'],
    parentSuite: ['reference'],
    suite: ['Suite'],
    subSuite: ['Drains'],
    severity: ['critical'],
    device: ['reference'],
    outcome: ['driver broke a clause'],
    owner: ['me'],
    tag: ['quick'],
    clause: ['SAVE-DRAIN', 'SAVE-SUM'],
    'broken clause': ['SAVE-DRAIN'],
  });
});

test('severity comes from the strongest clause, or from the YAML', () => {
  const result = resultOf('passed');
  expect(labels({ ...result, clauses: ['SAVE-SUM'] }).severity).toEqual(['normal']);
  expect(labels({ ...result, clauses: ['SAVE-SUM', 'SAVE-DRAIN'] }).severity).toEqual(['critical']);
  expect(labels({ ...result, severity: 'minor' }).severity).toEqual(['minor']);
  expect(labels({ ...result, severity: 'terrible' }).severity).toEqual(['critical']);
  expect(labels({ ...result, clauses: [] }).severity).toEqual(['normal']);
});

test.each<[StubOutcome, string]>([
  ['passed', 'kept'],
  ['failed', 'driver broke a clause'],
  ['broken', 'kit or machine broke'],
  ['not-applicable', 'not applicable'],
  ['not-judged', 'not judged'],
  ['warned', 'warned'],
  ['waived', 'waived'],
  ['no-response', 'no response'],
])('%s has the outcome %j', (stub, outcome) => {
  expect(outcomeOf(resultOf(stub))).toBe(outcome);
});

test("a kernel's breach is the kernel's, unless the driver broke something too", () => {
  const result = resultOf('failed');
  const kernel = result.findings.map((finding) => ({ ...finding, who: 'kernel' as const }));
  expect(outcomeOf({ ...result, findings: kernel })).toBe('kernel broke a clause');
  expect(outcomeOf({ ...result, findings: [...kernel, ...result.findings] })).toBe('driver broke a clause');
});

test('steps keep their real times and their nesting', () => {
  const base = resultOf('passed');
  const [first, second] = base.steps as [StepResult, StepResult];
  const inner = { ...second, title: 'inner', startMs: 7, durationMs: 2 };
  const messages = replay(
    { ...base, startedAt: '2026-01-02T03:04:05.000Z', steps: [first, { ...second, steps: [inner] }] },
    context,
  );
  const started = Date.parse('2026-01-02T03:04:05.000Z');
  const steps = messages.flatMap((message) =>
    message.type === 'step_start'
      ? [`> ${message.data.name} ${message.data.start - started}`]
      : message.type === 'step_stop'
        ? [`< ${message.data.stop - started}`]
        : [],
  );
  expect(steps).toEqual(['> transition: stop-and-copy 0', '< 6', '> save: drained 6', '> inner 7', '< 9', '< 12']);
});

test('a failing step carries expected and observed, and its accesses with the offending one marked', () => {
  const messages = replay(resultOf('failed'), context);
  const names = attachments(messages).map(({ name }) => name);
  expect(names).toEqual(['Note', 'SAVE-DRAIN: expected and observed', 'Accesses of this step', 'All accesses']);
  const [, compared, excerpt, all] = attachments(messages);
  expect(compared?.content).toMatch(/^expected {2}pending_bytes 0\nobserved {2}pending_bytes 4096 after 64 buffers\n/);
  expect(excerpt?.content).toMatch(/^ {2}#21 /);
  expect(excerpt?.content).toMatch(/\n> #40 .*\n$/);
  expect(all?.content.match(/<tr class="m">/g)).toHaveLength(2);
});

test('a passing case carries a capped table', () => {
  const last = attachments(replay(resultOf('passed'), context)).at(-1);
  expect(last?.name).toBe('Accesses');
  expect(last?.content.split('\n').length).toBeLessThan(30);
});

test('a failed case without a failing step still shows what was expected', () => {
  const names = attachments(replay({ ...resultOf('failed'), steps: [] }, context)).map(({ name }) => name);
  expect(names).toEqual(['SAVE-DRAIN: expected and observed', 'All accesses']);
});

test('the description has the clauses, the notes and the line that runs the case again; text from a device is not interpreted', () => {
  const [first] = replay({ ...resultOf('passed'), notes: ['<b>*bold*</b>'] }, context);
  if (first?.type !== 'metadata') throw new Error('the metadata come first');
  const description = first.data.description ?? '';
  expect(description).toContain('`SAVE-DRAIN` (must, driver)');
  expect(description).toContain('lines 80-82, 224-225');
  expect(description).toContain('npx vfio-conformance run x');
  expect(description).toContain('&lt;b&gt;\\*bold\\*&lt;/b&gt;');
  expect(first.data.parameters).toEqual([
    { name: 'device', value: 'reference', excluded: true },
    { name: 'from', value: 'running' },
  ]);
});

test('the identity of a case does not depend on paths or on the machine, but on device, matrix and repetition', () => {
  const told = (result: CaseResult, repetition: readonly [number, number] = [1, 1]) =>
    allureIdentity({ result, failure: undefined, context: { ...context, repetition } }, []);
  const result = resultOf('passed');
  const identity = told(result);
  expect(told({ ...result, file: '/elsewhere/drain.yaml', line: 3 }).historyId).toBe(identity.historyId);
  expect(told({ ...result, status: 'failed' }).historyId).toBe(identity.historyId);
  const others = [
    told({ ...result, device: 'other' }),
    told({ ...result, matrix: { from: 'stop' } }),
    told(result, [2, 3]),
  ];
  expect(new Set([identity, ...others].map(({ historyId }) => historyId)).size).toBe(4);
  // Another device is another case; another row of the matrix is the same one.
  expect(identity.testCaseId).not.toBe(others[0]?.testCaseId);
  expect(identity.testCaseId).toBe(others[1]?.testCaseId);
  // What a simulated device was given does not make it another one.
  expect(told({ ...result, device: `${result.device}+slow` }).historyId).toBe(identity.historyId);
});

test("Jest's own labels of the same name give way", () => {
  const identity = allureIdentity({ result: resultOf('passed'), failure: undefined, context }, [
    { name: 'suite', value: 'from Jest' },
    { name: 'host', value: 'machine' },
  ]);
  expect(identity.labels?.filter(({ name }) => name === 'suite')).toEqual([{ name: 'suite', value: 'Suite' }]);
  expect(identity.labels).toContainEqual({ name: 'host', value: 'machine' });
});
