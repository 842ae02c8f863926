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
      /** What another run has to show to have found the same: a clause, or a symptom. */
      readonly signature: string;
      /** All that this run shows. */
      readonly shows: readonly string[];
      /** The step of the walk at which it showed, from 0; -1: before the first. */
      readonly step: number;
    }
  | {
      readonly kind: 'trouble';
      readonly message: string;
      readonly signature: string;
      readonly shows: readonly string[];
      readonly step: number;
    }
  /** The device does not have what every walk needs. */
  | { readonly kind: 'impossible'; readonly message: string };

/** Oracles say these at any step, and mean just what they say. */
const OF_ITS_OWN = /^(DEV|MIG-(DATA|LAYOUT|MMAP-(ALIGN|SPARSE))|RES-OFFSET|STATE-(DEFAULT|WRITE|STEADY|AFTER))/;

/** The finding that a case fails by, or else the first warning. */
export function primaryFinding(findings: readonly Finding[]): Finding | undefined {
  return (
    findings.find(({ verdict, who }) => verdict === 'broken' && who !== 'user') ??
    findings.find(({ verdict, who }) => verdict === 'warned' && who !== 'user')
  );
}

function isFirst(finding: Finding | undefined, all: readonly Finding[]): boolean {
  const breach = all.find(({ verdict, who }) => verdict === 'broken' && who === 'user');
  return finding !== undefined && breach !== undefined && all.indexOf(finding) < all.indexOf(breach);
}

export function outcomeOf(result: CaseResult, steps: readonly WalkStep[]): Outcome {
  const { findings, status, reason } = result;
  const finding = primaryFinding(findings);
  const stopped = Math.max(0, result.steps.length - 1);
  // A device that goes astray takes the walk along: what it did first is what was found.
  if (status === 'broken' && !isFirst(finding, findings))
    return { kind: 'trouble', message: reason ?? 'the case is broken', ...TROUBLE, step: stopped };
  if (finding) {
    const step = topLevelStep(finding.step);
    return { kind: 'found', finding, ...signatureOf(finding.clause, steps[step]), step };
  }
  if (status === 'skipped')
    return result.steps.length > 0
      ? { kind: 'nothing' }
      : { kind: 'impossible', message: reason ?? 'the walks cannot be run' };
  // Every step of a walk says whom it blames: one that fails without a finding has forgotten to.
  if (reason !== undefined) return { kind: 'trouble', message: reason, ...TROUBLE, step: stopped };
  return { kind: 'nothing' };
}

const TROUBLE = { signature: 'trouble', shows: ['trouble'] };

function signatureOf(clause: ClauseId, step: WalkStep | undefined): { signature: string; shows: readonly string[] } {
  const symptom = step?.symptom;
  if (symptom === undefined) return { signature: clause, shows: [clause] };
  if (step?.onlyIfBlamed === true)
    return { signature: step.data.judge === clause ? symptom : clause, shows: [clause, symptom] };
  if (OF_ITS_OWN.test(clause)) return { signature: clause, shows: [clause] };
  return { signature: symptom, shows: [clause, symptom] };
}

/** `step 3 "...", step 1 "..."` is the third step; opening the device comes before the first. */
function topLevelStep(label: string): number {
  const number = /^step (\d+)/.exec(label)?.[1];
  return number === undefined ? -1 : Number(number) - 1;
}
