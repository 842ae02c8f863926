/**
 * The self-test of the kit: the certification against every named fault of the reference device, and every benign variation. It
 * shows that each clause can be seen broken, and that a correct device, however unusual, is left alone.
 */
import { loadCatalogue, loadScenario, loadSuite, PACKAGE_ROOT } from '../../language';
import type { Case, Clause, ClauseId } from '../../language/scenario';
import { ORACLES } from '../../oracles/all';
import type { Peculiarity } from '../../reference/peculiarity';
import { orThrow } from '../judging';
import { DEFAULT_LIMITS, type DevicePlan, type RunPlan } from '../run-plan';
import { type ClauseVerdict, type RunSummary, summarise } from '../verdict';
import { Workbench } from '../workbench';
import { type BenignOutcome, type FaultOutcome, judgeFault, judgeVariation, reportedClauses } from './fault-judgement';

export type { BenignOutcome, FaultOutcome } from './fault-judgement';

export interface SelfTestRow {
  readonly name: string;
  /** The device that was tested, as the command line names it. */
  readonly device: string;
  readonly benign: boolean;
  readonly breaks: readonly ClauseId[];
  /** Clauses reported broken or warned. */
  readonly reported: readonly ClauseId[];
  readonly outcome: FaultOutcome | BenignOutcome;
  /** Why it is not caught, or not silent; and cases that broke. */
  readonly remarks: readonly string[];
  readonly milliseconds: number;
}

export interface SelfTestOptions {
  /** A suite by its name in suites/. */
  readonly suite: string;
  /** Names of oracles left out, to show what each of them is good for. */
  readonly without: readonly string[];
}

export class SelfTest {
  private readonly cases: readonly Case[];
  private readonly listed: readonly Clause[];
  /** Clause verdicts of the correct device, by the device's name. */
  private readonly baselines = new Map<string, ReadonlyMap<ClauseId, ClauseVerdict>>();

  constructor(private readonly options: SelfTestOptions) {
    const suite = orThrow(loadSuite(`${PACKAGE_ROOT}/suites/${options.suite}.yaml`));
    const { clauses } = orThrow(loadCatalogue());
    this.cases = suite.scenarios.flatMap((file) => orThrow(loadScenario(file)).cases);
    this.listed = suite.clauses.flatMap((id) => clauses.get(id) ?? []);
  }

  /** Tests one fault or variation on each device that it is for, or on those given. */
  async run(peculiarity: Peculiarity): Promise<SelfTestRow> {
    const began = performance.now();
    const plain = deviceFor(peculiarity);
    const device = `${plain}+${peculiarity.name}`;
    const baseline = await this.baseline(plain);
    const summary = await this.certify(device);
    const reported = reportedClauses(summary.clauses);
    const judged = peculiarity.benign ? judgeVariation(summary) : judgeFault(peculiarity.breaks, summary, baseline);
    return {
      name: peculiarity.name,
      device,
      benign: peculiarity.benign,
      breaks: peculiarity.breaks,
      reported,
      ...judged,
      milliseconds: performance.now() - began,
    };
  }

  private async baseline(device: string): Promise<ReadonlyMap<ClauseId, ClauseVerdict>> {
    const known = this.baselines.get(device);
    if (known) return known;
    const summary = await this.certify(device);
    const verdicts = new Map(summary.clauses.map((clause) => [clause.id, clause.verdict]));
    this.baselines.set(device, verdicts);
    return verdicts;
  }

  async certify(device: string): Promise<RunSummary> {
    const plan = planFor(device);
    const oracles = ORACLES.filter((oracle) => !this.options.without.includes(oracle.name));
    const workbench = new Workbench(plan, plan.devices[0] as DevicePlan, { hang: 'virtual', oracles, rowsOfAPass: 0 });
    const results = [];
    for (const case_ of this.cases) results.push(await workbench.run(case_, []));
    return summarise(results, this.listed, workbench.judging.rules);
  }
}

/** The plainest reference device on which a fault or variation can show. */
export function deviceFor({ personalities, layouts }: Pick<Peculiarity, 'personalities' | 'layouts'>): string {
  const personality = personalities?.[0] ?? 'pci';
  const layout = layouts?.[0];
  return `reference:${personality}${layout === undefined || layout === 'trapped' ? '' : `,layout=${layout}`}`;
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
