/**
 * `lint --deep`: runs scenarios on the reference device, which keeps every clause, in each of its kinds until every clause that a scenario
 * names was judged. What was never judged can never be broken there either: the scenario does not show what it says.
 */
import type { CaseResult } from '../../execution/case-result';
import { DEFAULT_LIMITS, type RunPlan } from '../../execution/run-plan';
import { Workbench } from '../../execution/workbench';
import { loadConditions, loadScenario } from '../../language';
import { type ClausePlace, clausePlaces } from '../../language/clause-places';
import type { ClauseId, Diagnostic, Scenario } from '../../language/scenario';
import { listing } from '../../language/suggest';

/** The commonest one first: the others are only tried for what is left. */
const DEVICES = [
  'reference',
  'reference,layout=mmapped',
  'reference,layout=partitioned',
  'reference:zpci',
  'reference:ccw',
  'reference:fsl-mc',
] as const;

export interface DeepOptions {
  /** Told before each scenario. */
  readonly onScenario?: (scenario: Scenario, done: number, all: number) => void;
}

/** Complaints about those of the files that are scenarios without errors. */
export async function lintDeep(files: readonly string[], options: DeepOptions = {}): Promise<readonly Diagnostic[]> {
  const scenarios = files.map((file) => loadScenario(file)).flatMap((loaded) => (loaded.ok ? [loaded.value] : []));
  const benches = new Map<string, Workbench>();
  const conditions = loadConditions();
  const conditional = conditions.ok ? conditions.value : new Map<ClauseId, string>();
  const diagnostics: Diagnostic[] = [];
  for (const [done, scenario] of scenarios.entries()) {
    options.onScenario?.(scenario, done, scenarios.length);
    diagnostics.push(...(await new DeepLook(scenario, conditional, benches).look()));
  }
  return diagnostics;
}

class DeepLook {
  private readonly open: Set<ClauseId>;
  /** Why cases did not come to the point: the reasons of skips and the like, each once. */
  private readonly reasons = new Set<string>();
  private readonly places: ReadonlyMap<ClauseId, ClausePlace>;
  private ran = false;

  constructor(
    private readonly scenario: Scenario,
    private readonly conditional: ReadonlyMap<ClauseId, string>,
    private readonly benches: Map<string, Workbench>,
  ) {
    this.open = new Set(scenario.clauses);
    this.places = clausePlaces(scenario.file);
  }

  async look(): Promise<readonly Diagnostic[]> {
    for (const device of DEVICES) {
      for (const case_ of this.scenario.cases) {
        const result = await this.bench(device).run(case_, []);
        for (const { clause, kept, broken } of result.tallies) if (kept + broken > 0) this.open.delete(clause);
        for (const { clause } of result.findings) this.open.delete(clause);
        if (result.status === 'skipped') this.reasons.add(result.reason ?? 'skipped');
        else this.ran = true;
        const trouble = this.trouble(device, result);
        if (trouble) return [trouble];
      }
      // What a correct driver may never come to is not held against the scenario.
      if ([...this.open].every((clause) => this.conditional.has(clause)) && this.ran) return [];
    }
    return [...this.open].filter((clause) => !this.conditional.has(clause)).map((clause) => this.neverJudged(clause));
  }

  /** A correct device does not break a clause: then it is the scenario that is wrong. */
  private trouble(device: string, result: CaseResult): Diagnostic | undefined {
    if (result.status !== 'failed' && result.status !== 'broken') return undefined;
    const step = lastStep(result);
    return {
      ...(step ?? this.scenario.position),
      code: result.status === 'failed' ? 'fails-on-reference' : 'breaks-on-reference',
      message:
        result.status === 'failed'
          ? `the reference device, which keeps every clause, fails this on \`${device}\``
          : `this does not run to its end on \`${device}\``,
      ...(result.reason === undefined ? {} : { cause: result.reason }),
      severity: 'warning',
    };
  }

  private neverJudged(clause: ClauseId): Diagnostic {
    const why = this.ran
      ? 'it ran there, and nothing of it was held against this clause: a step that shows it is missing, or `judge:` beside one'
      : `it was never run to its end: ${listing([...this.reasons], 'and', 3)}`;
    return {
      ...(this.places.get(clause) ?? this.scenario.position),
      code: 'never-judged',
      message: `this scenario never comes to judge ${clause}`,
      cause: `tried on the reference device in ${DEVICES.length} kinds: ${why}`,
      severity: 'warning',
    };
  }

  private bench(device: string): Workbench {
    const known = this.benches.get(device);
    if (known) return known;
    const bench = new Workbench(planFor(device), { device, host: 'local' }, { hang: 'virtual', rowsOfAPass: 0 });
    this.benches.set(device, bench);
    return bench;
  }
}

function lastStep(result: CaseResult): { file: string; line: number; column: number } | undefined {
  let step = result.steps.findLast(({ status }) => status === 'failed' || status === 'broken');
  for (
    let inner = step;
    inner;
    inner = inner.steps.findLast(({ status }) => status === 'failed' || status === 'broken')
  )
    step = inner;
  return step && { file: step.position.file, line: step.position.line, column: step.position.column };
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
    allow: ['raw-ioctl'],
    startedAt: new Date(0).toISOString(),
  };
}
