/** Which scenarios are tried when a clause is to be seen broken. */
import path from 'node:path';
import { PACKAGE_ROOT } from '../../language';
import { FAULTS } from '../../reference/registry';
import type { KnownClause } from './clause-index';

/** What oracles judge at every access needs no scenario of its own: these touch nearly everything. */
const FOR_ALL = ['device-info/info', 'transitions/live-migration', 'device-state/matrix'];

/** Files: those that name the clause, those that name what else its faults break, and some for all. */
export function exampleScenarios(
  own: readonly string[],
  faults: readonly string[],
  clauses: readonly KnownClause[],
): readonly string[] {
  const further = FAULTS.filter(({ name }) => faults.includes(name)).flatMap(({ breaks }) => breaks);
  const related = clauses.filter(({ clause }) => further.includes(clause.id)).flatMap(({ scenarios }) => scenarios);
  const ids = new Set([...own, ...related, ...FOR_ALL]);
  return [...ids].map((id) => path.join(PACKAGE_ROOT, 'scenarios', `${id}.yaml`));
}
