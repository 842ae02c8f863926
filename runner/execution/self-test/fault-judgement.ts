/** What a certification says of a device with a known fault, or with a benign variation: caught or missed, silent or a false alarm. */
import type { ClauseId } from '../../language/scenario';
import type { ClauseSummary, RunSummary } from '../verdict';

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
 * `breaks`: what the fault breaks, the primary clause first. `applies`: true of a clause that is judged on the correct device; a fault must
 * not be able to turn such a must into not-applicable.
 */
export function judgeFault(
  breaks: readonly ClauseId[],
  summary: RunSummary,
  applies: (clause: ClauseId) => boolean,
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
    ({ id, level, who, verdict }) =>
      verdict === 'not-applicable' && level === 'must' && who !== 'user' && applies(id) && !breaks.includes(id),
  );
  for (const clause of escaped) remarks.push(`${clause.id} became not-applicable: ${clause.reason ?? ''}`);
  const beyond = reported.filter((id) => !breaks.includes(id));
  if (beyond.length > 0) remarks.push(`reported beyond what it breaks: ${beyond.join(', ')}`);
  return {
    outcome: !caught || escaped.length > 0 ? 'missed' : beyond.length > 0 ? 'wrong-diagnosis' : 'caught',
    remarks,
  };
}

/** A correct device: nothing is reported, nothing is in the way of the verdict, and exactly what is listed does not apply to it. */
export function judgeVariation(summary: RunSummary, notApplicable: ReadonlySet<ClauseId>): Judged<BenignOutcome> {
  const with_ = (verdict: ClauseSummary['verdict']) => summary.clauses.filter((clause) => clause.verdict === verdict);
  const inapplicable = new Set(with_('not-applicable').map(({ id }) => id));
  const remarks = [
    ...summary.reasons,
    ...with_('warned').map(({ id }) => `${id} is warned about`),
    ...with_('not-judged').map(({ id, reason }) => `${id} was not judged: ${reason ?? ''}`),
    ...with_('not-applicable')
      .filter(({ id }) => !notApplicable.has(id))
      .map(({ id, reason }) => `${id} is not-applicable, and not in the list: ${reason ?? ''}`),
    ...[...notApplicable]
      .filter((id) => !inapplicable.has(id) && summary.clauses.some((clause) => clause.id === id))
      .map((id) => `${id} should be not-applicable by the list`),
  ];
  const silent = remarks.length === 0 && summary.verdict === 'conformant';
  return { outcome: silent ? 'silent' : 'false-alarm', remarks };
}
