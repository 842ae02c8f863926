/** Which cases of a suite a run takes: `--case`, `--tag`, `--only` and `--skip`. */
import type { CaseFilter } from '../execution/run-plan';
import type { Case } from '../language/scenario';

/** All conditions must hold; an empty list is no condition. */
export function isTaken(case_: Case, filter: CaseFilter): boolean {
  if (filter.cases.length > 0 && !filter.cases.some((id) => case_.id === id || scenarioPart(case_.id) === id))
    return false;
  if (filter.tags.length > 0 && !filter.tags.some((tag) => case_.tags.includes(tag))) return false;
  if (filter.only.length > 0 && !filter.only.some((pattern) => matches(case_, pattern))) return false;
  return !filter.skip.some((pattern) => matches(case_, pattern));
}

/** For people: the conditions as the command line has them. */
export function describeFilter(filter: CaseFilter): string {
  const parts = [
    ...filter.cases.map((id) => `--case ${id}`),
    ...filter.tags.map((tag) => `--tag ${tag}`),
    ...filter.only.map((pattern) => `--only ${pattern}`),
    ...filter.skip.map((pattern) => `--skip ${pattern}`),
  ];
  return parts.join(' ');
}

function scenarioPart(id: string): string {
  const hash = id.indexOf('#');
  return hash < 0 ? id : id.slice(0, hash);
}

function matches(case_: Case, pattern: string): boolean {
  const expression = globExpression(pattern);
  return expression.test(case_.scenarioName) || case_.clauses.some((clause) => expression.test(clause));
}

/** `*` stands for anything, `?` for one character; everything else for itself. */
function globExpression(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`);
}
