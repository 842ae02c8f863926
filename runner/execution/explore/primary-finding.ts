/** What a run of a walk found first, and whether another run found the same. */
import type { ClauseId } from '../../language/scenario';
import type { CaseResult, Finding } from '../case-result';
import type { WalkStep } from './walk';

/** What came of running a walk: nothing, a clause that is broken or warned of, or a run that the kit itself could not finish. */
export type Outcome =
  | { readonly kind: 'nothing' }
  | {
      readonly kind: 'found';
      readonly finding: Finding;
      /** Two runs found the same when this is the same. */
      readonly signature: string;
      /** The move at which it showed, from 0. */
      readonly move: number;
    }
  | { readonly kind: 'trouble'; readonly message: string; readonly signature: string; readonly move: number }
  /** The device does not have what every walk needs. */
  | { readonly kind: 'impossible'; readonly message: string };

/** A step that looks whether anything got lost blames what was tried out, which shrinking changes: all of these are one symptom. */
const STATE_IS_LOST = 'the state is not what it should be';
/** Oracles say these at such a step too, and mean just what they say. */
const NOT_ABOUT_STATE = /^(DEV|MIG-(DATA|LAYOUT|MMAP-(ALIGN|SPARSE)|WIDTH)|RES-OFFSET|STATE-(DEFAULT|WRITE|STEADY))/;

/** The finding that a case fails by, or else the first warning. */
export function primaryFinding(findings: readonly Finding[]): Finding | undefined {
  return (
    findings.find(({ verdict, who }) => verdict === 'broken' && who !== 'user') ??
    findings.find(({ verdict, who }) => verdict === 'warned' && who !== 'user')
  );
}

export function outcomeOf(result: CaseResult, steps: readonly WalkStep[]): Outcome {
  const last = steps.at(-1)?.move ?? 0;
  if (result.status === 'broken') {
    const message = result.reason ?? 'the case is broken';
    return { kind: 'trouble', message, signature: 'trouble', move: stepOf(result, steps)?.move ?? last };
  }
  const finding = primaryFinding(result.findings);
  if (finding) {
    const step = steps[topLevelStep(finding.step)];
    return { kind: 'found', finding, signature: signatureOf(finding.clause, step), move: step?.move ?? last };
  }
  if (result.status === 'skipped' && result.steps.length === 0)
    return { kind: 'impossible', message: result.reason ?? 'the walks cannot be run' };
  // Every step of a walk says whom it blames: one that fails without a finding has forgotten to.
  const unblamed = result.status !== 'skipped' && result.reason !== undefined;
  return unblamed
    ? { kind: 'trouble', message: result.reason, signature: 'trouble', move: stepOf(result, steps)?.move ?? last }
    : { kind: 'nothing' };
}

function signatureOf(clause: ClauseId, step: WalkStep | undefined): string {
  return step?.looks === true && !NOT_ABOUT_STATE.test(clause) ? STATE_IS_LOST : clause;
}

/** `step 3 "...", step 1 "..."` is the third step; what has no step, such as opening the device, comes with the first. */
function topLevelStep(label: string): number {
  const number = /^step (\d+)/.exec(label)?.[1];
  return number === undefined ? 0 : Number(number) - 1;
}

/** The step in which a broken case stopped: the last that was run. */
function stepOf(result: CaseResult, steps: readonly WalkStep[]): WalkStep | undefined {
  return steps[Math.max(0, result.steps.length - 1)];
}
