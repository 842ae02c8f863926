/** A control shows whether a state ever arrived, where the second look says that none does. */
import { controlled } from '../../../runner/execution/explore/control';
import { explore } from '../../../runner/execution/explore/explore';
import type { Outcome } from '../../../runner/execution/explore/primary-finding';
import { countSteps } from '../../../runner/execution/explore/step-data';
import { STATE_IS_LOST, type WalkStep } from '../../../runner/execution/explore/walk';
import { stepsOf } from '../../../runner/execution/explore/written-scenario';
import { ALL_ABILITIES, findingAt, ready } from './exploring';

jest.setTimeout(120_000);

const POKE: WalkStep = step({ write: { field: 'pending_bytes', u64: 0 } });
const DELIVER = step(
  { on: 'destination', steps: [{ restore: { from: 'saved-1', equals: 'mark-1' }, judge: 'MIG-RO-PENDING' }] },
  STATE_IS_LOST,
);

function step(data: WalkStep['data'], symptom?: string): WalkStep {
  return { data, move: 0, symptom, onlyIfBlamed: false };
}

function found(clause: string): Outcome {
  return { kind: 'found', finding: findingAt(2, clause), signature: STATE_IS_LOST, shows: [], step: 1 };
}

test('stands before a walk whose own suspicion the second look has passed over', () => {
  const wanted = controlled(found('TRANS-RUN-SC'), [POKE, DELIVER], ALL_ABILITIES);
  expect(wanted?.clause).toBe('MIG-RO-PENDING');
  expect(wanted?.steps.slice(-2)).toEqual([POKE, DELIVER]);
  expect(wanted?.steps.map(({ data }) => Object.keys(data)[0])).toEqual([
    ...['mark', 'transition', 'save', 'on', 'reopen'],
    ...['write', 'on'],
  ]);
});

test.each<[string, ReturnType<typeof controlled>]>([
  ['what is blamed anyway', controlled(found('MIG-RO-PENDING'), [POKE, DELIVER], ALL_ABILITIES)],
  [
    'a walk that tried nothing out',
    controlled(
      found('TRANS-RUN-SC'),
      [POKE, step({ on: 'destination', steps: [{ restore: {} }] }, STATE_IS_LOST)],
      ALL_ABILITIES,
    ),
  ],
  ['one device alone', controlled(found('TRANS-RUN-SC'), [POKE, DELIVER], { ...ALL_ABILITIES, destination: 'self' })],
  ['no mark', controlled(found('TRANS-RUN-SC'), [POKE, DELIVER], { ...ALL_ABILITIES, mark: false })],
  ['nothing found', controlled({ kind: 'nothing' }, [POKE, DELIVER], ALL_ABILITIES)],
])('does not stand before %s', (_what, wanted) => {
  expect(wanted).toBeUndefined();
});

test('a write that spoils every later save is told from a device that can save nothing', async () => {
  const { runner, abilities } = await ready('reference+pending-write-zero-ends-save');
  const { failure } = await explore(runner, { abilities, seed: 1, runs: 500, maxSteps: 30 });
  expect(failure?.outcome.kind === 'found' && failure.outcome.finding.clause).toBe('MIG-RO-PENDING');
  const steps = failure ? stepsOf(failure) : [];
  expect(steps[4]).toEqual({ reopen: {} });
  expect(countSteps(steps)).toBeLessThanOrEqual(14);
});
