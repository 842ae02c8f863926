/** From case results to clause verdicts and the verdict of a run: the rules that a certificate rests on. */
import type { Clause, ClauseId, Level, Waiver, Who } from '../language/scenario';
import type { CaseResult, ClauseTally, Finding } from './case-result';

export type RunVerdict = 'conformant' | 'non-conformant' | 'incomplete';

/** `unused`: a user clause that nothing in this run gave a chance to break. */
export type ClauseVerdict =
  | 'kept'
  | 'broken'
  | 'warned'
  | 'waived'
  | 'obeyed'
  | 'not-applicable'
  | 'not-judged'
  | 'reported';

export interface ClauseSummary {
  readonly id: ClauseId;
  readonly level: Level;
  readonly who: Who;
  readonly verdict: ClauseVerdict;
  /** Why it is not-applicable, not-judged or waived, with the evidence. */
  readonly reason?: string;
  /** Ids of the cases that judged it. */
  readonly scenarios: readonly string[];
  readonly findings: number;
}

export interface Rules {
  /** A broken should counts like a broken must. */
  readonly strict: boolean;
  readonly grade: 'kit' | 'text';
  readonly waivers: readonly Waiver[];
  /** The day by which waivers are measured, ISO date. */
  readonly today: string;
  /** Clauses for which 'the condition did not arise' is a legitimate not-applicable (scenarios/conditions.yaml), with the reason. */
  readonly conditional: ReadonlyMap<ClauseId, string>;
}

export interface RunSummary {
  readonly verdict: RunVerdict;
  /** Why it is not conformant, one line each, worst first. */
  readonly reasons: readonly string[];
  readonly waived: number;
  readonly clauses: readonly ClauseSummary[];
  readonly unstable: readonly string[];
}

/** What the kit does about a clause under these rules. */
export function effectiveLevel(clause: Clause, rules: Pick<Rules, 'strict' | 'grade'>): Level {
  const level = rules.grade === 'text' ? (clause.word ?? clause.level) : clause.level;
  return rules.strict && level === 'should' ? 'must' : level;
}

export function activeWaiver(clause: ClauseId, rules: Pick<Rules, 'waivers' | 'today'>): Waiver | undefined {
  return rules.waivers.find((waiver) => waiver.clause === clause && waiver.until >= rules.today);
}

/** What one broken judgement of this clause amounts to under these rules. */
export function verdictOfBreach(clause: Clause, rules: Rules): 'broken' | 'warned' | 'waived' | 'reported' {
  const level = effectiveLevel(clause, rules);
  if (level === 'may' || level === 'undefined') return 'reported';
  if (activeWaiver(clause.id, rules)) return 'waived';
  return level === 'must' ? 'broken' : 'warned';
}

/**
 * Summarises a run.
 *
 * `listed` are the clauses of the suite: only they decide. A clause that nothing judged is not-applicable only when every
 * case that names it was skipped as not applicable, or evidence said so, or it is in the conditional list and a case that names it really ran;
 * everything else is not-judged, and a must that is not-judged makes the run incomplete.
 */
export function summarise(results: readonly CaseResult[], listed: readonly Clause[], rules: Rules): RunSummary {
  const judgements = judgementsByClause(results);
  const clauses = listed.map((clause) => summariseClause(clause, judgements.get(clause.id), results, rules));
  const unstable = unstableCases(results);
  const reasons: string[] = [];
  const unjudgedMusts: string[] = [];
  let broken = false;
  let judgedMusts = 0;
  for (const summary of clauses) {
    const clause = listed.find((candidate) => candidate.id === summary.id);
    if (!clause) continue;
    const level = effectiveLevel(clause, rules);
    if (summary.verdict === 'broken') {
      broken = true;
      reasons.push(`${summary.id} is broken (${summary.who})`);
    }
    if (level !== 'must' || summary.who === 'user') continue;
    if (summary.verdict === 'kept' || summary.verdict === 'waived') judgedMusts += 1;
    if (summary.verdict === 'not-judged')
      unjudgedMusts.push(`${summary.id} was not judged: ${summary.reason ?? 'no reason known'}`);
  }
  // A must outside the suite's list that was seen broken on the way is just as broken.
  for (const finding of results.flatMap((result) => result.findings)) {
    if (finding.verdict !== 'broken' || clauses.some((summary) => summary.id === finding.clause)) continue;
    broken = true;
    reasons.push(`${finding.clause} is broken, outside the suite's list`);
  }
  for (const result of results) {
    if (result.status === 'broken') reasons.push(`${result.id} is broken: ${result.reason ?? 'no reason known'}`);
  }
  reasons.push(...unjudgedMusts);
  for (const id of unstable) reasons.push(`${id} is unstable: it did not come out the same each time`);
  if (judgedMusts === 0 && !broken) reasons.push('no must clause was judged');
  const verdict: RunVerdict = broken ? 'non-conformant' : reasons.length > 0 ? 'incomplete' : 'conformant';
  return {
    verdict,
    reasons: [...new Set(reasons)],
    waived: clauses.filter((summary) => summary.verdict === 'waived').length,
    clauses,
    unstable,
  };
}

/** What all results together say of one clause. */
interface Judgements {
  readonly findings: Finding[];
  readonly tallies: { readonly id: string; readonly tally: ClauseTally }[];
}

function judgementsByClause(results: readonly CaseResult[]): ReadonlyMap<ClauseId, Judgements> {
  const all = new Map<ClauseId, Judgements>();
  const of = (clause: ClauseId): Judgements => {
    const known = all.get(clause) ?? { findings: [], tallies: [] };
    all.set(clause, known);
    return known;
  };
  for (const { id, findings, tallies } of results) {
    for (const finding of findings) of(finding.clause).findings.push(finding);
    for (const tally of tallies) of(tally.clause).tallies.push({ id, tally });
  }
  return all;
}

function summariseClause(
  clause: Clause,
  { findings, tallies }: Judgements = { findings: [], tallies: [] },
  results: readonly CaseResult[],
  rules: Rules,
): ClauseSummary {
  const judgedBy: string[] = [];
  let kept = 0;
  let who: Who = clause.who;
  let evidence: string | undefined;
  for (const { id, tally } of tallies) {
    if (tally.who) who = tally.who;
    kept += tally.kept;
    if (tally.kept + tally.broken > 0) judgedBy.push(id);
    if (tally.notApplicable) evidence ??= tally.notApplicable;
  }
  const base = {
    id: clause.id,
    level: clause.level,
    who,
    scenarios: [...new Set(judgedBy)],
    findings: findings.length,
  };
  const breaches = findings.map((finding) => finding.verdict);
  if (breaches.includes('broken')) return { ...base, verdict: 'broken' };
  if (breaches.includes('waived')) {
    const waiver = activeWaiver(clause.id, rules);
    return { ...base, verdict: 'waived', ...(waiver ? { reason: `${waiver.reason} (until ${waiver.until})` } : {}) };
  }
  if (breaches.includes('warned')) return { ...base, verdict: 'warned' };
  if (kept > 0) return { ...base, verdict: clause.who === 'user' ? 'obeyed' : 'kept' };
  if (breaches.includes('reported')) return { ...base, verdict: 'reported' };
  return { ...base, ...unjudged(clause, results, rules, evidence) };
}

function unjudged(
  clause: Clause,
  results: readonly CaseResult[],
  rules: Rules,
  evidence: string | undefined,
): { verdict: ClauseVerdict; reason: string } {
  if (evidence) return { verdict: 'not-applicable', reason: evidence };
  const lack = results.flatMap((result) => result.lacks ?? []).find(({ families }) => families.includes(clause.family));
  if (lack) return { verdict: 'not-applicable', reason: lack.evidence };
  const naming = results.filter((result) => result.clauses.includes(clause.id));
  const missing = naming.find((result) => result.skip && result.skip.kind !== 'not-applicable');
  if (missing?.skip) return { verdict: 'not-judged', reason: missing.skip.reason };
  const inapplicable = naming.filter((result) => result.skip?.kind === 'not-applicable');
  if (naming.length > 0 && inapplicable.length === naming.length) {
    return { verdict: 'not-applicable', reason: inapplicable[0]?.skip?.reason ?? 'not applicable to this device' };
  }
  const condition = rules.conditional.get(clause.id);
  const ran = naming.some((result) => result.status === 'passed');
  if (condition && ran) return { verdict: 'not-applicable', reason: `the condition did not arise: ${condition}` };
  if (naming.length === 0)
    return { verdict: 'not-judged', reason: 'no scenario of this run names it, and none came by it' };
  const unfinished = naming.find((result) => result.status === 'failed' || result.status === 'broken');
  if (unfinished) return { verdict: 'not-judged', reason: `${unfinished.id} ended before it could be judged` };
  return { verdict: 'not-judged', reason: 'the scenarios that name it ran and never came to the point of judging it' };
}

function unstableCases(results: readonly CaseResult[]): string[] {
  const outcomes = new Map<string, Set<string>>();
  for (const result of results) {
    const key = `${result.device}\0${result.id}`;
    const seen = outcomes.get(key) ?? new Set<string>();
    seen.add(result.status);
    outcomes.set(key, seen);
  }
  const unstable = [...outcomes].filter(([, seen]) => seen.size > 1).map(([key]) => key.slice(key.indexOf('\0') + 1));
  for (const result of results) if (result.attempts > 1 && result.status === 'passed') unstable.push(result.id);
  return [...new Set(unstable)];
}

/** Exit codes of `run`, as in the README. */
export function exitCode(verdict: RunVerdict): 0 | 1 | 3 {
  return verdict === 'conformant' ? 0 : verdict === 'non-conformant' ? 1 : 3;
}
