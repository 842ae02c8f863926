/** Judging: the catalogue and the rules that turn what was seen into verdicts; the same for every case of a run. */
import { type Catalogue, loadCatalogue, loadConditions } from '../language';
import { LanguageError } from '../language/language-error';
import type { Checked, Clause, ClauseId, DeviceProfile } from '../language/scenario';
import type { RunPlan } from './run-plan';
import type { Rules } from './verdict';

export interface Judging {
  readonly clauses: ReadonlyMap<ClauseId, Clause>;
  readonly catalogueHash: string;
  readonly rules: Rules;
}

/** Throws LanguageError when the catalogue itself is broken. */
export function judgingFor(
  plan: Pick<RunPlan, 'strict' | 'grade' | 'startedAt'>,
  profile: DeviceProfile | undefined,
): Judging {
  const catalogue: Catalogue = orThrow(loadCatalogue());
  const rules: Rules = {
    strict: plan.strict,
    grade: plan.grade,
    waivers: profile?.waivers ?? [],
    today: plan.startedAt.slice(0, 10),
    conditional: orThrow(loadConditions()),
  };
  return { clauses: catalogue.clauses, catalogueHash: catalogue.hash, rules };
}

export function orThrow<T>(checked: Checked<T>): T {
  if (checked.ok) return checked.value;
  throw new LanguageError(checked.errors);
}
