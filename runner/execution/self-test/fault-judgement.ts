/** What a certification says of a device with a known fault, or with a benign variation: caught or missed, silent or a false alarm. */
import type { ClauseId } from '../../language/scenario';
import type { ClauseSummary, ClauseVerdict, RunSummary } from '../verdict';

export type FaultOutcome = 'caught' | 'missed' | 'wrong-diagnosis';
export type BenignOutcome = 'silent' | 'false-alarm';

export interface Judged<Outcome> {
  readonly outcome: Outcome;
  /** Why it is not caught, or not silent. */
  readonly remarks: readonly string[];
}

/** The clauses that a device breaks, or that it is warned about. */
export function reportedClauses(clauses: readonly ClauseSummary[]): readonly ClauseId[] {
  return clauses.filter(({ verdict }) => verdict === 'broken' || verdict === 'warned').map(({ id }) => id);
}

/**
 * `breaks`: what the fault breaks, the primary clause first. `baseline`: the verdicts of the correct device, for what a fault must
 * not be able to do: turn a must into not-applicable.
 */
export function judgeFault(
  breaks: readonly ClauseId[],
  summary: RunSummary,
  baseline: ReadonlyMap<ClauseId, ClauseVerdict>,
): Judged<FaultOutcome> {
  const reported = reportedClauses(summary.clauses);
  const remarks: string[] = [];
  const [primary] = breaks;
  const caught = primary !== undefined && reported.includes(primary);
  if (!caught)
    remarks.push(
      `${primary ?? 'nothing'} was not reported: it is ${summary.clauses.find(({ id }) => id === primary)?.verdict ?? 'not in the suite'}`,
    );
  const escaped = summary.clauses.filter(
    ({ id, level, verdict }) =>
      verdict === 'not-applicable' && level === 'must' && baseline.get(id) === 'kept' && !breaks.includes(id),
  );
  for (const clause of escaped) remarks.push(`${clause.id} became not-applicable: ${clause.reason ?? ''}`);
  const beyond = reported.filter((id) => !breaks.includes(id));
  if (beyond.length > 0) remarks.push(`reported beyond what it breaks: ${beyond.join(', ')}`);
  return {
    outcome: !caught || escaped.length > 0 ? 'missed' : beyond.length > 0 ? 'wrong-diagnosis' : 'caught',
    remarks,
  };
}

/** A benign variation is silent when nothing is reported and nothing is in the way of the verdict. */
export function judgeVariation(summary: RunSummary): Judged<BenignOutcome> {
  const silent = reportedClauses(summary.clauses).length === 0 && summary.verdict === 'conformant';
  return { outcome: silent ? 'silent' : 'false-alarm', remarks: silent ? [] : summary.reasons };
}
