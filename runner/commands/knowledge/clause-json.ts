/** A clause as `clauses --json` and `explain --json` write it. */
import type { KnownClause } from './clause-index';

export function clauseJson({ clause, scenarios, faults, tests }: KnownClause): Record<string, unknown> {
  const { id, level, who, text, lines, family, word, because, basis, authority, rationale, note } = clause;
  return {
    id,
    level,
    who,
    text,
    lines,
    scenarios,
    faults,
    tests,
    family,
    word,
    because,
    basis,
    authority,
    rationale,
    note,
  };
}
