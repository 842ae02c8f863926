/** The smallest thing that breaks a clause: a fault of the reference device, and as few steps as show it. */
import { loadScenario } from '../language';
import type { Case, ClauseId, Step } from '../language/scenario';
import { FAULTS } from '../reference/registry';
import type { Finding } from './case-result';
import { orThrow } from './judging';
import { DEFAULT_LIMITS, type RunPlan } from './run-plan';
import { deviceFor } from './self-test/self-test';
import { Workbench } from './workbench';

export interface FailingExample {
  readonly fault: string;
  /** What the fault does. */
  readonly summary: string;
  /** As the command line names it. */
  readonly device: string;
  readonly file: string;
  readonly case: string;
  /** The steps up to the one that showed it; the others are left out. */
  readonly steps: readonly string[];
  readonly finding: Finding;
}

/** Runs that are made to find one, at most. */
const TRIES = 120;
/** Cases that do not name the clause come last. */
const UNRELATED = 10_000;

/**
 * Looked for by running, not kept anywhere: what it shows is what happens. `files` are scenarios,
 * `faults` the names of those that break the clause. Undefined where no fault breaks it, or none of the runs showed it.
 */
export async function failingExample(
  clause: ClauseId,
  files: readonly string[],
  faults: readonly string[],
): Promise<FailingExample | undefined> {
  const cases = files.flatMap((file) => orThrow(loadScenario(file)).cases);
  const rank = (case_: Case): number => countOf(case_.steps) + (case_.clauses.includes(clause) ? 0 : UNRELATED);
  const shortestFirst = [...cases].sort((one, other) => rank(one) - rank(other));
  const known = faults.flatMap((name) => FAULTS.find((fault) => fault.name === name) ?? []);
  let tries = 0;
  for (const fault of known) {
    const device = `${deviceFor(fault)}+${fault.name}`;
    const workbench = new Workbench(planFor(device), { device, host: 'local' }, { hang: 'virtual' });
    for (const case_ of shortestFirst) {
      tries += 1;
      if (tries > TRIES) return undefined;
      const { findings } = await workbench.run(case_, []);
      const finding = findings.find((one) => one.clause === clause && /^(broken|warned)$/.test(one.verdict));
      if (!finding) continue;
      const { name, summary } = fault;
      const steps = stepsUpTo(case_, finding);
      return { fault: name, summary, device, file: case_.file, case: case_.id, steps, finding };
    }
  }
  return undefined;
}

/** Steps within steps counted. */
function countOf(steps: readonly Step[]): number {
  return steps.reduce((sum, step) => sum + 1 + countOf(nestedIn(step)), 0);
}

function nestedIn({ args }: Step): readonly Step[] {
  const { steps } = args as { readonly steps?: unknown };
  return Array.isArray(steps) ? (steps as Step[]) : [];
}

function stepsUpTo({ steps }: Case, { step }: Finding): readonly string[] {
  const number = Number(/^step (\d+) /.exec(step)?.[1] ?? 0);
  return steps.slice(0, number === 0 ? steps.length : number).map(({ title }) => title);
}

function planFor(device: string): RunPlan {
  return {
    schemaVersion: 1,
    kitVersion: '',
    folder: '',
    targets: [],
    devices: [{ device, host: 'local' }],
    filter: { cases: [], tags: [], only: [], skip: [] },
    repeat: 1,
    strict: false,
    grade: 'kit',
    seed: 1,
    limits: DEFAULT_LIMITS,
    allow: [],
    startedAt: new Date().toISOString(),
  };
}
