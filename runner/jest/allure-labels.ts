/** Labels and texts by which the Allure report groups, sorts and filters the cases. */
import type { Label, Link, Parameter } from 'allure-js-commons';
import type { CaseResult, Finding } from '../execution/case-result';
import type { Clause, ClauseId, Level } from '../language/scenario';

/** Label names of ours; reports/categories.ts matches on OUTCOME. */
export const OUTCOME_LABEL = 'outcome';
export const CLAUSE_LABEL = 'clause';
export const BROKEN_CLAUSE_LABEL = 'broken clause';
export const DEVICE_LABEL = 'device';

/** How a case came out, finer than its status. */
export type Outcome =
  | 'kept'
  | 'driver broke a clause'
  | 'kernel broke a clause'
  | 'no response'
  | 'kit or machine broke'
  | 'waived'
  | 'warned'
  | 'not applicable'
  | 'not judged';

export interface LabelContext {
  readonly suite: string;
  readonly clause: (id: ClauseId) => Clause | undefined;
  /** The repetition, from 1, of how many. */
  readonly repetition: readonly [number, number];
}

const SEVERITIES: readonly string[] = ['blocker', 'critical', 'normal', 'minor', 'trivial'];
const SEVERITY_OF_LEVEL: Readonly<Record<Level, string>> = {
  must: 'critical',
  should: 'normal',
  may: 'minor',
  undefined: 'trivial',
};

export function outcomeOf(result: CaseResult): Outcome {
  const findings = (verdict: Finding['verdict']): readonly Finding[] =>
    result.findings.filter((each) => each.verdict === verdict);
  switch (result.status) {
    case 'failed': {
      const broken = findings('broken');
      if (broken.some((finding) => finding.clause === 'DEV-RESPONDS')) return 'no response';
      return broken.length > 0 && broken.every((finding) => finding.who === 'kernel')
        ? 'kernel broke a clause'
        : 'driver broke a clause';
    }
    case 'broken':
      return 'kit or machine broke';
    case 'skipped':
      return result.skip?.kind === 'not-applicable' ? 'not applicable' : 'not judged';
    case 'passed':
      if (findings('waived').length > 0) return 'waived';
      return findings('warned').length > 0 ? 'warned' : 'kept';
  }
}

/** Epic, feature and story are the clause's family, the clause and the scenario; a case that names many clauses lies under its first. */
export function labelsOf(result: CaseResult, context: LabelContext): Label[] {
  const main = result.clauses[0];
  const clause = main === undefined ? undefined : context.clause(main);
  const labels: Label[] = [
    { name: 'epic', value: clause?.family ?? 'without a clause' },
    { name: 'feature', value: main ?? 'without a clause' },
    { name: 'story', value: result.scenario },
    { name: 'parentSuite', value: result.device },
    { name: 'suite', value: context.suite },
    { name: 'subSuite', value: result.scenario },
    { name: 'severity', value: severityOf(result, context) },
    { name: DEVICE_LABEL, value: result.device },
    { name: OUTCOME_LABEL, value: outcomeOf(result) },
  ];
  if (result.owner !== undefined) labels.push({ name: 'owner', value: result.owner });
  for (const tag of result.tags) labels.push({ name: 'tag', value: tag });
  for (const id of result.clauses) labels.push({ name: CLAUSE_LABEL, value: id });
  for (const id of brokenClauses(result)) labels.push({ name: BROKEN_CLAUSE_LABEL, value: id });
  return labels;
}

/** The parameters tell apart what shares a history: the device, the matrix, and the repetition where there are several. */
export function parametersOf(result: CaseResult, context: LabelContext): Parameter[] {
  const parameters: Parameter[] = [{ name: 'device', value: result.device, excluded: true }];
  for (const [name, value] of Object.entries(result.matrix)) parameters.push({ name, value });
  const [number, total] = context.repetition;
  if (total > 1) parameters.push({ name: 'repetition', value: `${number} of ${total}` });
  return parameters;
}

/** A report shows the clause's text in its own page: reports/clause-texts.ts sees to it. */
const CLAUSE_LINK = '#clause/';

/** One link to each clause's text: those that the case names, and those that were seen broken in it. */
export function linksOf(result: CaseResult, context: Pick<LabelContext, 'clause'>): Link[] {
  return [...new Set([...brokenClauses(result), ...result.clauses])].map((id) => {
    const level = context.clause(id)?.level;
    return { type: 'clause', name: level === undefined ? id : `${id} (${level})`, url: `${CLAUSE_LINK}${id}` };
  });
}

export function brokenClauses(result: CaseResult): ClauseId[] {
  return [
    ...new Set(result.findings.filter((finding) => finding.verdict === 'broken').map((finding) => finding.clause)),
  ];
}

function severityOf(result: CaseResult, context: LabelContext): string {
  if (result.severity !== undefined && SEVERITIES.includes(result.severity)) return result.severity;
  const levels = result.clauses.map((id) => context.clause(id)?.level);
  for (const level of ['must', 'should', 'may', 'undefined'] as const)
    if (levels.includes(level)) return SEVERITY_OF_LEVEL[level];
  return 'normal';
}
