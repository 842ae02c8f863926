/** What a report says about the run as a whole: the machine, the kit and each device, as the run recorded them. */
import path from 'node:path';
import { type DevicePlan, PLAN_FILE, RUN_FILE, type RunPlan } from '../runner/execution/run-plan';
import { isRecord, readJsonFile } from './json-file';

export type Facts = Readonly<Record<string, string>>;

export interface DeviceFacts {
  readonly device: string;
  readonly facts: Facts;
}

export interface ReportFacts {
  readonly title: string;
  /** Kit, host and the run itself. */
  readonly common: Facts;
  readonly devices: readonly DeviceFacts[];
}

/** Deeper parts of run.json are lists of clauses and cases, which the report shows in its own way. */
const DEEPEST = 2;
const REASONS_TOLD = 3;
/** Members of a device in run.json that are told elsewhere in the report, or under another name. */
const NOT_OF_A_DEVICE: readonly string[] = [
  'device',
  'host',
  'identity',
  'flags',
  'clauses',
  'reasons',
  'waived',
  'profile',
];

/** Throws when the folder holds no run. */
export function readPlan(folder: string): RunPlan {
  const plan = readJsonFile(path.join(folder, PLAN_FILE)) as RunPlan | undefined;
  if (!plan) throw new Error(`${folder} holds no run: there is no ${PLAN_FILE} in it`);
  return plan;
}

/** run.json; empty where the run has not come to its end. */
export function readRecord(folder: string): Readonly<Record<string, unknown>> {
  return asRecord(readJsonFile(path.join(folder, RUN_FILE))) ?? {};
}

/** Facts whose names in run.json are those of its structure and not those that a reader looks for. */
const NAMES: Readonly<Record<string, string>> = {
  'host kernel release': 'kernel',
  'kit catalogue': 'catalogue hash',
  'module version': 'driver version',
  'module srcversion': 'module hash (srcversion)',
};

function named(facts: Facts): Facts {
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [NAMES[name] ?? name, value]));
}

/** Reads plan.json and, when it is there, run.json. Throws when the folder holds no run. */
export function reportFacts(folder: string): ReportFacts {
  const plan = readPlan(folder);
  const run = readRecord(folder);
  const verdict = typeof run.verdict === 'string' ? run.verdict : undefined;
  const devices = plan.devices.map((each) => ({ device: each.device, facts: named(factsOfDevice(each, run)) }));
  const reasons = Array.isArray(run.reasons) ? run.reasons.map(String) : [];
  const common: Facts = named({
    verdict: verdict ?? 'incomplete (not finished)',
    ...(reasons.length > 0 ? { because: because(reasons) } : {}),
    ...flatten('suite', run.suite),
    started: plan.startedAt,
    ...flatten('ended', run.endedAt),
    'kit version': plan.kitVersion,
    ...flatten('kit', run.kit),
    ...flatten('host', run.host),
    ...(plan.strict ? { strict: 'a should counts like a must' } : {}),
    ...(plan.grade === 'text' ? { grade: "by the text's own word" } : {}),
    seed: String(plan.seed),
  });
  const names = devices.map(({ device }) => device).join(', ');
  return { title: `VFIO conformance of ${names}${verdict === undefined ? '' : `: ${verdict}`}`, common, devices };
}

function because(reasons: readonly string[]): string {
  const left = reasons.length - REASONS_TOLD;
  return `${reasons.slice(0, REASONS_TOLD).join('; ')}${left > 0 ? `; and ${left} more` : ''}`;
}

/** What the command line named, then what was found there. */
function factsOfDevice(plan: DevicePlan, run: Readonly<Record<string, unknown>>): Facts {
  const recorded = Array.isArray(run.devices) ? run.devices.map(asRecord) : [];
  const known = recorded.find((one) => one?.device === plan.device) ?? {};
  const others = Object.fromEntries(Object.entries(known).filter(([key]) => !NOT_OF_A_DEVICE.includes(key)));
  const { flags, profile = plan.profile } = known;
  return {
    device: plan.device,
    ...flatten('', known.identity),
    ...flatten('', others),
    ...(typeof flags === 'number' ? { 'device flags': `0x${flags.toString(16)}` } : {}),
    ...(typeof profile === 'string' ? { profile: path.basename(profile) } : {}),
    ...flatten('destination', plan.destination),
    ...(plan.host === 'local' ? {} : { 'reached by': plan.host }),
  };
}

/** `{iommu: {type: 3}}` below `host` becomes `host iommu type: 3`. */
function flatten(prefix: string, value: unknown, depth = 0): Record<string, string> {
  const record = asRecord(value);
  if (!record)
    return value === undefined || value === null || typeof value === 'object' ? {} : { [prefix]: String(value) };
  const facts: Record<string, string> = {};
  for (const [key, member] of Object.entries(record)) {
    const name = [prefix, key.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()]
      .filter((part) => part !== '')
      .join(' ');
    if (Array.isArray(member)) {
      if (member.every((item) => typeof item !== 'object') && member.length > 0) facts[name] = member.join(', ');
    } else if (depth < DEEPEST) Object.assign(facts, flatten(name, member, depth + 1));
  }
  return facts;
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return isRecord(value) ? value : undefined;
}
