/**
 * A state did not arrive after a walk had tried something out, and the second look says that the plainest one does not either. That may
 * be so because of what was tried out: a control before it shows whether a plain state ever arrived.
 */
import type { ClauseId } from '../../language/scenario';
import type { Abilities } from './abilities';
import type { Outcome } from './primary-finding';
import { nestedIn, type StepData } from './step-data';
import { STATE_IS_LOST, type WalkStep } from './walk';

/** The plainest save and resume, and the device as it is when it is opened. */
const CONTROL: readonly StepData[] = [
  { mark: { as: 'control' } },
  { transition: 'stop-and-copy' },
  { save: 'controlled' },
  { on: 'destination', steps: [{ restore: { from: 'controlled', equals: 'control' } }] },
  { reopen: {} },
];

/** The walk behind a control, and the clause that it breaks if the control holds. Undefined where there is nothing to control. */
export function controlled(
  outcome: Outcome,
  steps: readonly WalkStep[],
  { destination, mark }: Abilities,
): { readonly steps: readonly WalkStep[]; readonly clause: ClauseId } | undefined {
  if (outcome.kind !== 'found' || outcome.finding.clause !== 'TRANS-RUN-SC') return undefined;
  const last = steps[outcome.step];
  const clause = last && judgeIn(last.data);
  if (last?.symptom !== STATE_IS_LOST || clause === undefined || clause === 'TRANS-RUN-SC') return undefined;
  if (destination !== 'other' || !mark) return undefined;
  const control = CONTROL.map((data) => ({ data, move: 0, symptom: undefined, onlyIfBlamed: false }));
  return { steps: [...control, ...steps], clause };
}

/** What a step, or the last nested one, says to blame. */
function judgeIn(step: StepData): ClauseId | undefined {
  const nested = nestedIn(step)
    .map(judgeIn)
    .findLast((clause) => clause !== undefined);
  return nested ?? (typeof step.judge === 'string' ? step.judge : undefined);
}
