import { caseOfText, oneLine, scenarioText, stepLines } from '../../../runner/execution/explore/scenario-text';
import { countSteps, verbsIn } from '../../../runner/execution/explore/step-data';

const STEPS = [
  { mark: { as: 'mark-1' } },
  { transition: 'resuming', expect: { result: 'either' } },
  { write: { field: 'data_offset', u64: 0x5eed0000 }, provoke: 'MIG-ACCESS-USER' },
  { irq: 'raise' },
  { on: 'destination', steps: [{ restore: { from: ['a', 'b'], equals: 'mark-1' }, judge: 'SAVE-REGARDLESS' }] },
];

test('a walk is written as a person would write it', () => {
  const text = scenarioText({
    name: 'A walk',
    clauses: ['SAVE-REGARDLESS'],
    steps: STEPS,
    comment: ['Found by somebody', 'Observed: two\nlines'],
  });
  expect(text).toBe(`# Found by somebody
# Observed: two lines

scenario: A walk
clauses: [SAVE-REGARDLESS]
needs: [migration-v1, destination, fingerprint, mark, irq]
tags: [explored]
steps:
  - mark: {as: mark-1}
  - transition: resuming
    expect: {result: either}
  - write: {field: data_offset, u64: 0x5eed0000}
    provoke: MIG-ACCESS-USER
  - irq: raise
  - on: destination
    steps:
      - restore: {from: [a, b], equals: mark-1}
        judge: SAVE-REGARDLESS
`);
  const saved = text.replace('steps:\n', 'steps:\n  - save: {as: a}\n  - save: {as: b}\n');
  const read = caseOfText('walk.yaml', saved);
  expect(read.steps.map(({ title }) => title)).toEqual([
    'save: {as: a}',
    'save: {as: b}',
    'mark: {as: mark-1}',
    'transition: resuming',
    'write: {field: data_offset, u64: 0x5eed0000}',
    'irq: raise',
    'on: destination',
  ]);
  expect(read.steps[4]?.args).toMatchObject({ u64: 0x5eed0000n });
});

test('nested steps are counted, and their verbs known', () => {
  expect(countSteps(STEPS)).toBe(6);
  expect([...verbsIn(STEPS)]).toEqual(['mark', 'transition', 'write', 'irq', 'on', 'restore']);
});

test('the steps alone, for a terminal', () => {
  expect(stepLines(STEPS.slice(0, 2))).toEqual([
    '- mark: {as: mark-1}',
    '- transition: resuming',
    '  expect: {result: either}',
  ]);
});

test('what a device says cannot get out of a comment', () => {
  expect(oneLine('a\n- reset: {}\u2028b\u001b[31m')).toBe('a - reset: {} b [31m');
  const text = scenarioText({ name: 'x', clauses: ['STATE-NOP'], steps: [{ state: 'running' }], comment: ['a\nb: c'] });
  expect(caseOfText('x.yaml', text).steps).toHaveLength(1);
});

test('a walk that is no scenario is refused, with its place', () => {
  const text = scenarioText({ name: 'x', clauses: ['STATE-NOP'], steps: [{ jump: 1 }], comment: [] });
  expect(() => caseOfText('x.yaml', text)).toThrow(/^x\.yaml:6:5: "jump" is not a verb/);
});
