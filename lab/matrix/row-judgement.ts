/** Whether a row of the matrix came out as it should. */
import type { CaseResult } from '../../runner/execution/case-result';
import { judgeFault, reportedClauses } from '../../runner/execution/self-test/fault-judgement';
import type { ClauseVerdict, RunSummary } from '../../runner/execution/verdict';
import type { MatrixRow } from './request';

export interface RowEvidence {
  readonly kind: MatrixRow['kind'];
  /** What the fault breaks, the primary clause first. */
  readonly breaks: readonly string[];
  /** Every case of the suite was run, so that its verdict counts. */
  readonly whole: boolean;
  readonly results: readonly CaseResult[];
  readonly summary: RunSummary;
  /** Clause verdicts of the correct module in the same layout. */
  readonly baseline: ReadonlyMap<string, ClauseVerdict>;
}

export type RowJudgement = Pick<MatrixRow, 'good' | 'outcome' | 'remarks'>;

export function judgeRow(evidence: RowEvidence): RowJudgement {
  if (evidence.kind === 'fault') return judgeFaultRow(evidence);
  const remarks = complaints(evidence);
  const good = remarks.length === 0;
  if (evidence.kind === 'variation') return { good, outcome: good ? 'silent' : 'false-alarm', remarks };
  return { good, outcome: good ? 'conformant' : 'not-conformant', remarks };
}

/** What is said against a device that ought to be correct. */
function complaints({ kind, whole, results, summary }: RowEvidence): readonly string[] {
  const reported = reportedClauses(summary.clauses);
  const bad = results.filter(({ status }) => status === 'failed' || status === 'broken');
  // A part of the cases cannot judge every clause.
  const reasons = whole && summary.verdict !== 'conformant' ? summary.reasons : [];
  const unjudged =
    kind === 'correct' ? results.filter(({ skip }) => skip !== undefined && skip.kind !== 'not-applicable') : [];
  const said = [
    ...reasons,
    ...reported.map((id) => `${id} is ${summary.clauses.find((clause) => clause.id === id)?.verdict}`),
    ...bad.map(({ id, reason }) => `${id}: ${reason ?? ''}`),
    ...unjudged.map(({ id, skip }) => `${id} was not judged: ${skip?.reason ?? ''}`),
  ];
  if (results.length === 0) said.push('no case was run');
  return [...new Set(said)];
}

/** A driver that no longer opens its device breaks every case that comes after: that is the fault's doing, not the kit's. */
const refusedToOpen = /VFIO_GROUP_GET_DEVICE_FD/;

function judgeFaultRow({ breaks, results, summary, baseline }: RowEvidence): RowJudgement {
  const judged = judgeFault(breaks, summary, (id) => baseline.get(id) === 'kept');
  const kits = results
    .filter(({ status, reason = '' }) => status === 'broken' && !refusedToOpen.test(reason))
    .map(({ id, reason }) => `${id} is broken: ${reason ?? ''}`);
  const good = judged.outcome === 'caught' && kits.length === 0;
  return { good, outcome: judged.outcome, remarks: [...judged.remarks, ...kits] };
}
