/**
 * The self-test of the kit: the certification against every named fault of the reference device, and every benign variation. It
 * shows that each clause can be seen broken, and that a correct device, however unusual, is left alone.
 */
import { loadCatalogue, loadScenario, loadSuite, PACKAGE_ROOT } from '../../language';
import type { Case, Clause, ClauseId } from '../../language/scenario';
import { ORACLES } from '../../oracles/all';
import type { Oracle } from '../../oracles/oracle';
import { parseReferenceName } from '../../reference/device-name';
import type { Peculiarity } from '../../reference/peculiarity';
import type { CaseResult } from '../case-result';
import { judgingFor, orThrow } from '../judging';
import { DEFAULT_LIMITS, type DevicePlan, type RunPlan } from '../run-plan';
import { type Rules, type RunSummary, summarise } from '../verdict';
import { Workbench } from '../workbench';
import { type BenignOutcome, type FaultOutcome, judgeFault, judgeVariation, reportedClauses } from './fault-judgement';
import { notApplicableTo } from './not-applicable';
import { Witnesses } from './witnesses';

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
  /** With `eachOracle`: the one without which a fault that is caught goes uncaught. */
  readonly onlyBy?: string;
  /** Of processor time. */
  readonly milliseconds: number;
}

export interface SelfTestOptions {
  /** A suite by its name in suites/. */
  readonly suite: string;
  /** Names of oracles left out, to show what each of them is good for. */
  readonly without: readonly string[];
  /** Try each fault again without the oracle that saw it. */
  readonly eachOracle?: boolean;
}

export class SelfTest {
  private readonly cases: readonly Case[];
  private readonly listed: readonly Clause[];
  private readonly rules: Rules;
  private readonly oracles: readonly Oracle[];

  constructor(private readonly options: SelfTestOptions) {
    const suite = orThrow(loadSuite(`${PACKAGE_ROOT}/suites/${options.suite}.yaml`));
    const { clauses } = orThrow(loadCatalogue());
    this.cases = suite.scenarios.flatMap((file) => orThrow(loadScenario(file)).cases);
    this.listed = suite.clauses.flatMap((id) => clauses.get(id) ?? []);
    this.rules = judgingFor(planFor({ device: 'reference', host: 'local' }), undefined).rules;
    this.oracles = ORACLES.filter((oracle) => !options.without.includes(oracle.name));
  }

  /** Tests one fault or variation on the plainest device that it is for. */
  async run(peculiarity: Peculiarity): Promise<SelfTestRow> {
    const began = process.cpuUsage();
    const { name, benign, breaks } = peculiarity;
    const plain = deviceFor(peculiarity);
    const device = `${plain}+${name}`;
    const listed = notApplicableTo(parseReferenceName(plain), benign ? name : undefined);
    const witnesses = new Witnesses();
    const watching = this.options.eachOracle === true && !benign;
    const oracles = watching ? this.oracles.map((oracle) => witnesses.watch(oracle)) : this.oracles;
    const results = await this.resultsOf(device, oracles);
    const summary = this.summaryOf(results);
    const judged = benign ? judgeVariation(summary, listed) : judgeFault(breaks, summary, (id) => !listed.has(id));
    // The kit must not stumble over a device, however broken it is.
    const stumbles = benign ? [] : results.filter(({ status }) => status === 'broken');
    const onlyBy = watching ? await this.onlyBy(device, breaks[0], witnesses) : undefined;
    const { user, system } = process.cpuUsage(began);
    return {
      name,
      device,
      benign,
      breaks,
      reported: reportedClauses(summary.clauses),
      outcome: judged.outcome === 'caught' && stumbles.length > 0 ? 'wrong-diagnosis' : judged.outcome,
      remarks: [...judged.remarks, ...stumbles.map(({ id, reason }) => `${id} is broken: ${reason ?? ''}`)],
      ...(onlyBy === undefined ? {} : { onlyBy }),
      milliseconds: (user + system) / 1000,
    };
  }

  /** The oracle without which this clause is not reported of the device. Where two saw it, neither is missed. */
  private async onlyBy(
    device: string,
    clause: ClauseId | undefined,
    witnesses: Witnesses,
  ): Promise<string | undefined> {
    const [witness, ...others] = clause === undefined ? [] : witnesses.of(clause);
    if (clause === undefined || witness === undefined || others.length > 0) return undefined;
    const without = this.oracles.filter((oracle) => oracle.name !== witness);
    const summary = await this.certify(device, without);
    return reportedClauses(summary.clauses).includes(clause) ? undefined : witness;
  }

  async certify(device: string, oracles = this.oracles): Promise<RunSummary> {
    return this.summaryOf(await this.resultsOf(device, oracles));
  }

  private async resultsOf(device: string, oracles: readonly Oracle[]): Promise<readonly CaseResult[]> {
    const where = { device, host: 'local' };
    const workbench = new Workbench(planFor(where), where, { hang: 'virtual', oracles, rowsOfAPass: 0 });
    const results: CaseResult[] = [];
    for (const case_ of this.cases) results.push(await workbench.run(case_, []));
    return results;
  }

  private summaryOf(results: readonly CaseResult[]): RunSummary {
    return summarise(results, this.listed, this.rules);
  }
}

/** The plainest reference device on which a fault or variation can show. */
export function deviceFor({ personalities, layouts }: Pick<Peculiarity, 'personalities' | 'layouts'>): string {
  const personality = personalities?.[0] ?? 'pci';
  const layout = layouts?.[0];
  return `reference:${personality}${layout === undefined || layout === 'trapped' ? '' : `,layout=${layout}`}`;
}

function planFor(device: DevicePlan): RunPlan {
  return {
    schemaVersion: 1,
    kitVersion: '',
    folder: '',
    targets: [],
    devices: [device],
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
