/** What of a result counts as found, and when two results are the same. */
import { outcomeOf, primaryFinding } from '../../../runner/execution/explore/primary-finding';
import { STATE_IS_LOST, type WalkStep } from '../../../runner/execution/explore/walk';
import { emptyResult, findingAt } from './exploring';

function step(data: WalkStep['data'], move: number, symptom?: string, onlyIfBlamed = false): WalkStep {
  return { data, move, symptom, onlyIfBlamed };
}

const STEPS: readonly WalkStep[] = [
  step({ transition: 'stop' }, 0, 'running to stop is refused'),
  step({ quiet: {} }, 1),
  step({ fingerprint: { equals: 'a' } }, 2, STATE_IS_LOST),
  step({ save: 'a', judge: 'MIG-RO-OFFSET' }, 3, 'the save fails', true),
];
const RESULT = emptyResult({
  id: 'walk',
  title: 'walk',
  file: 'walk.yaml',
  steps: STEPS.map(() => ({ verb: 'x', args: {}, title: 'x', position: { file: 'walk.yaml', line: 1, column: 1 } })),
});

test('a broken clause comes before a warning, and what is only reported does not count', () => {
  const warned = findingAt(1, 'STATE-NOP', { verdict: 'warned' });
  const broken = findingAt(2, 'STATE-STEADY');
  const reported = findingAt(1, 'TRANS-OTHER', { verdict: 'reported' });
  expect(primaryFinding([reported, warned, broken])).toBe(broken);
  expect(primaryFinding([reported, warned])).toBe(warned);
  expect(primaryFinding([reported])).toBeUndefined();
});

test('a clause stands for itself, unless its step blames what was tried out before', () => {
  const found = (at: number, clause: string) => {
    const outcome = outcomeOf({ ...RESULT, findings: [findingAt(at, clause)] }, STEPS);
    if (outcome.kind !== 'found') throw new Error(outcome.kind);
    return [outcome.step, outcome.signature, ...outcome.shows];
  };
  const refused = 'running to stop is refused';
  expect(found(0, 'STATE-DEFAULT')).toEqual([-1, 'STATE-DEFAULT', 'STATE-DEFAULT']);
  expect(found(1, 'TRANS-RUN-STOP')).toEqual([0, refused, 'TRANS-RUN-STOP', refused]);
  expect(found(1, 'STATE-AFTER-ERR')).toEqual([0, 'STATE-AFTER-ERR', 'STATE-AFTER-ERR']);
  expect(found(2, 'STATE-STOP-QUIET')).toEqual([1, 'STATE-STOP-QUIET', 'STATE-STOP-QUIET']);
  expect(found(3, 'STATE-NOP')).toEqual([2, STATE_IS_LOST, 'STATE-NOP', STATE_IS_LOST]);
  expect(found(3, 'DEV-RESPONDS')).toEqual([2, 'DEV-RESPONDS', 'DEV-RESPONDS']);
  // A save that blames what was written before it is shrunk to one that says by itself what is wrong, and not back.
  expect(found(4, 'MIG-RO-OFFSET')).toEqual([3, 'the save fails', 'MIG-RO-OFFSET', 'the save fails']);
  expect(found(4, 'SAVE-READ')).toEqual([3, 'SAVE-READ', 'SAVE-READ', 'the save fails']);
});

test('a kit that broke a clause itself is trouble, unless the device had led it astray', () => {
  const breach = findingAt(2, 'STATE-RESET-USER', { who: 'user' });
  const broken = { ...RESULT, status: 'broken' as const, reason: 'the kit broke STATE-RESET-USER' };
  expect(outcomeOf({ ...broken, findings: [breach] }, STEPS)).toEqual({
    kind: 'trouble',
    message: 'the kit broke STATE-RESET-USER',
    signature: 'trouble',
    shows: ['trouble'],
    step: 3,
  });
  const device = findingAt(1, 'STATE-RESET');
  expect(outcomeOf({ ...broken, findings: [device, breach] }, STEPS)).toMatchObject({ kind: 'found', finding: device });
  expect(outcomeOf({ ...broken, findings: [breach, device] }, STEPS)).toMatchObject({ kind: 'trouble' });
});

test('a step that fails and blames nobody is a fault of the walks', () => {
  expect(outcomeOf({ ...RESULT, reason: 'stopped early: expected a, observed b' }, STEPS)).toMatchObject({
    kind: 'trouble',
    message: 'stopped early: expected a, observed b',
  });
});

test('a walk that could not begin is told apart from one that was skipped on the way', () => {
  const skipped = { ...RESULT, status: 'skipped' as const, reason: 'no region' };
  expect(outcomeOf(skipped, STEPS)).toEqual({ kind: 'nothing' });
  expect(outcomeOf({ ...skipped, steps: [] }, STEPS)).toEqual({ kind: 'impossible', message: 'no region' });
});
