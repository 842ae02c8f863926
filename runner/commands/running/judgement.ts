/** From the results of a run to its verdict: each device for itself, then the run as a whole. */
import type { CaseResult } from '../../execution/case-result';
import { judgingFor } from '../../execution/judging';
import type { DeviceDescription } from '../../execution/probe';
import { profileOf } from '../../execution/replay';
import type { RunPlan } from '../../execution/run-plan';
import {
  type ClauseSummary,
  type ClauseVerdict,
  type Rules,
  type RunVerdict,
  summarise,
} from '../../execution/verdict';
import type { Clause, ClauseId, Waiver } from '../../language/scenario';
import { counted } from '../support/layout';
import { isFiltered } from './options';
import type { RunTarget } from './targets';

export interface DeviceJudgement {
  readonly device: string;
  readonly verdict: RunVerdict;
  readonly reasons: readonly string[];
  readonly waived: number;
  readonly clauses: readonly ClauseSummary[];
  readonly unstable: readonly string[];
  /** Ids of cases in which the kit or the machine failed. */
  readonly brokenCases: readonly string[];
  /** Waivers of the profile whose day is over. */
  readonly expired: readonly Waiver[];
}

export interface Judgement extends Omit<DeviceJudgement, 'device'> {
  readonly devices: readonly DeviceJudgement[];
  readonly catalogueHash: string;
}

/** What judging needs of a target; a RunTarget has it, and so has what run.json keeps of one. */
export interface JudgedTarget {
  readonly kind: RunTarget['kind'];
  /** What the verdict rests on. */
  readonly clauses: readonly ClauseId[];
  readonly cases: { readonly length: number };
  readonly taken: { readonly length: number };
}

/** A device that could not be opened, while others of the run could. */
export interface Unreachable {
  readonly device: string;
  readonly reason: string;
}

export interface Evidence {
  readonly plan: RunPlan;
  readonly targets: readonly JudgedTarget[];
  readonly descriptions: readonly DeviceDescription[];
  readonly unreachable?: readonly Unreachable[];
  readonly results: readonly CaseResult[];
  /** By device, for a run that was judged before; otherwise the profile says it. */
  readonly waivers?: ReadonlyMap<string, readonly Waiver[]>;
  /** The run was killed, or is still going on. */
  readonly unfinished?: boolean;
  /** How Jest ended; absent when a run is judged again. */
  readonly exit?: number;
  readonly interrupted: boolean;
}

/** Worst first: what a clause comes to when devices differ. */
const WORST_FIRST: readonly ClauseVerdict[] = [
  'broken',
  'not-judged',
  'warned',
  'waived',
  'kept',
  'obeyed',
  'reported',
  'not-applicable',
];

export function judge(evidence: Evidence): Judgement {
  const devices = [
    ...evidence.descriptions.map((description) => judgeDevice(description, evidence)),
    ...(evidence.unreachable ?? []).map((missing) => judgeUnreachable(missing, evidence)),
  ];
  const worst = (['non-conformant', 'incomplete', 'conformant'] as const).find((verdict) =>
    devices.some((device) => device.verdict === verdict),
  );
  const several = devices.length > 1;
  return {
    verdict: worst ?? 'incomplete',
    reasons: devices.flatMap(({ device, reasons }) =>
      several ? reasons.map((reason) => `${device}: ${reason}`) : reasons,
    ),
    waived: devices.reduce((sum, device) => sum + device.waived, 0),
    clauses: merge(devices.map((device) => device.clauses)),
    unstable: [...new Set(devices.flatMap((device) => device.unstable))],
    brokenCases: [...new Set(devices.flatMap((device) => device.brokenCases))],
    expired: devices.flatMap((device) => device.expired),
    devices,
    catalogueHash: judgingFor(evidence.plan, undefined).catalogueHash,
  };
}

/** True for a device that speaks only the newer migration protocol. */
export function offersOnlyVersion2({ shows }: DeviceDescription): boolean {
  return shows.includes('migration-v2') && !shows.includes('migration-v1');
}

export function onlyVersion2(device: string): string {
  return `${device} offers version 2 migration only (VFIO_DEVICE_FEATURE); this kit certifies version 1, and does not certify this device`;
}

function judgeDevice(description: DeviceDescription, evidence: Evidence): DeviceJudgement {
  const { plan, targets } = evidence;
  const waivers = evidence.waivers?.get(description.device) ?? waiversOf(description);
  const { clauses, rules: unwaived } = judgingFor(plan, undefined);
  const rules: Rules = { ...unwaived, waivers };
  const wanted = new Set(targets.flatMap((target) => target.clauses));
  const listed: Clause[] = [...clauses.values()].filter((clause) => wanted.has(clause.id));
  const results = evidence.results.filter((result) => result.device === description.device);
  const summary = summarise(results, listed, rules);
  const further = gaps(description, results, wanted, evidence);
  const verdict = summary.verdict === 'conformant' && further.length > 0 ? 'incomplete' : summary.verdict;
  return {
    device: description.device,
    verdict,
    reasons: [...further, ...summary.reasons],
    waived: summary.waived,
    clauses: summary.clauses,
    unstable: summary.unstable,
    brokenCases: results.filter((result) => result.status === 'broken').map((result) => result.id),
    expired: waivers.filter((waiver) => waiver.until < rules.today),
  };
}

/** Nothing was judged on it, and its clauses say so. */
function judgeUnreachable({ device, reason }: Unreachable, { plan, targets }: Evidence): DeviceJudgement {
  const wanted = new Set(targets.flatMap((target) => target.clauses));
  const { clauses, rules } = judgingFor(plan, undefined);
  const listed = [...clauses.values()].filter((clause) => wanted.has(clause.id));
  const summary = summarise([], listed, rules);
  const why = `the device could not be opened: ${reason}`;
  return {
    device,
    verdict: 'incomplete',
    reasons: [why],
    waived: 0,
    clauses: summary.clauses.map((clause) => ({ ...clause, reason: why })),
    unstable: [],
    brokenCases: [],
    expired: [],
  };
}

/** What keeps a run from being complete that no clause tells. */
function gaps(
  description: DeviceDescription,
  results: readonly CaseResult[],
  wanted: ReadonlySet<string>,
  { plan, targets, exit, interrupted, unfinished = false }: Evidence,
): string[] {
  const found: string[] = [];
  if (interrupted) found.push('the run was interrupted');
  const expected = plan.repeat * targets.reduce((sum, target) => sum + target.taken.length, 0);
  const missing = expected - results.length;
  if (unfinished && !interrupted)
    found.push(
      missing > 0
        ? `the run did not come to its end: ${counted(missing, 'case')} of ${expected} left no result`
        : 'the run did not come to its end',
    );
  else if (missing > 0 && !interrupted)
    found.push(
      `${counted(missing, 'case')} of ${expected} left no result${exit === undefined ? '' : `; Jest ended with exit code ${exit}`}`,
    );
  if (wanted.has('REG-TYPE-MIG') && offersOnlyVersion2(description)) found.push(onlyVersion2(description.device));
  if (isFiltered(plan.filter)) {
    const [taken, all] = [countCases(targets, 'taken'), countCases(targets, 'cases')];
    if (taken < all && targets.some((target) => target.kind === 'suite'))
      found.push(`the run took ${taken} of ${counted(all, 'case')}`);
  }
  return found;
}

function countCases(targets: readonly JudgedTarget[], which: 'taken' | 'cases'): number {
  return targets.reduce((sum, target) => sum + target[which].length, 0);
}

/** What the device's profile waives. @throws LanguageError */
export function waiversOf(description: DeviceDescription): readonly Waiver[] {
  return profileOf(description)?.waivers ?? [];
}

function merge(perDevice: readonly (readonly ClauseSummary[])[]): readonly ClauseSummary[] {
  const [first = [], ...others] = perDevice;
  return first.map((summary) => {
    const same = [summary, ...others.flatMap((list) => list.find((one) => one.id === summary.id) ?? [])];
    const worst = same.reduce((a, b) => (WORST_FIRST.indexOf(b.verdict) < WORST_FIRST.indexOf(a.verdict) ? b : a));
    return {
      ...worst,
      scenarios: [...new Set(same.flatMap((one) => one.scenarios))],
      findings: same.reduce((sum, one) => sum + one.findings, 0),
    };
  });
}
