/** Compares two runs: what broke, what was mended, what is new, what got slower. */
import type {
  Change,
  Changes,
  ComparedRun,
  Comparison,
  FactChange,
  SpeedChange,
} from '../../../reports/comparison/comparison';
import type { CaseResult } from '../../execution/case-result';
import type { ClauseSummary, ClauseVerdict } from '../../execution/verdict';
import { medianOf } from '../certifying/figures';
import { asRecord, judgeStoredRun, listOf, type StoredRun } from '../running/stored-run';
import { shownPath } from '../support/shown-path';

/** Less than this many milliseconds are the machine's mood, not the device's: nobody is told of them. */
const LEAST_MS = 10;

/** Better first; what is missing is neither. `broken` is told apart from the rest. */
const CLAUSE_RANK: Readonly<Record<ClauseVerdict, number>> = {
  kept: 0,
  obeyed: 0,
  'not-applicable': 1,
  reported: 1,
  warned: 2,
  waived: 2,
  'not-judged': 3,
  broken: 4,
};
const CASE_RANK: Readonly<Record<CaseResult['status'] | 'unstable', number>> = {
  passed: 0,
  skipped: 1,
  unstable: 3,
  broken: 4,
  failed: 4,
};
const BAD = 4;

interface Outcome {
  readonly device: string;
  readonly id: string;
  readonly word: string;
  readonly rank: number;
  readonly reason?: string;
}

/** @throws CannotRun when a killed run cannot be judged with this kit's catalogue. */
export function compareRuns(before: StoredRun, after: StoredRun, threshold: number): Comparison {
  const names = deviceNames(before, after);
  const [was, is] = [clausesOf(before, names), clausesOf(after)];
  const [ran, runs] = [casesOf(before, names), casesOf(after)];
  const speed = [...speedsOfCases(before, after, names), ...speedsOfFigures(before, after, names)];
  return {
    schemaVersion: 1,
    before: runOf(before),
    after: runOf(after),
    threshold,
    facts: factsOf(before, after, names),
    clauses: changesOf(was, is),
    cases: changesOf(ran, runs),
    slower: speed.filter(({ ratio }) => ratio >= threshold).sort((a, b) => b.ratio - a.ratio),
    faster: speed.filter(({ ratio }) => ratio <= 1 / threshold).sort((a, b) => a.ratio - b.ratio),
  };
}

/** The earlier run's devices by their names in the later one. Where both had one, it is the same device even if it moved to another slot. */
function deviceNames(before: StoredRun, after: StoredRun): (device: string) => string {
  const [only, ...more] = before.plan.devices;
  const [now, ...others] = after.plan.devices;
  if (only && now && more.length === 0 && others.length === 0) return () => now.device;
  return (device) => device;
}

function clausesOf(run: StoredRun, rename: (device: string) => string = (device) => device): Outcome[] {
  const perDevice: readonly (readonly [string, readonly ClauseSummary[]])[] = run.finished
    ? recordedClauses(run)
    : judgeStoredRun(run).devices.map(({ device, clauses }) => [device, clauses] as const);
  return perDevice.flatMap(([device, clauses]) =>
    clauses.map(({ id, verdict, reason }) => ({
      device: rename(device),
      id,
      word: verdict,
      rank: CLAUSE_RANK[verdict] ?? BAD,
      ...(reason === undefined ? {} : { reason }),
    })),
  );
}

/** A finished run's own judgement stands, by whatever catalogue it was. */
function recordedClauses({ record, plan }: StoredRun): (readonly [string, readonly ClauseSummary[]])[] {
  const rows = listOf(record.devices).map(asRecord);
  const several = plan.devices.length > 1;
  return rows.map((row) => {
    const clauses = listOf(several ? row.clauses : record.clauses).map(asRecord);
    return [String(row.device), clauses.filter(({ id }) => typeof id === 'string') as unknown as ClauseSummary[]];
  });
}

function casesOf({ results }: StoredRun, rename: (device: string) => string = (device) => device): Outcome[] {
  return [...grouped(results, rename)].map(([, list]) => {
    const statuses = new Set(list.map(({ status }) => status));
    const worst = list.reduce((a, b) => (CASE_RANK[b.status] > CASE_RANK[a.status] ? b : a));
    const word =
      statuses.size > 1 && statuses.has('passed') && CASE_RANK[worst.status] < BAD ? 'unstable' : worst.status;
    const reason = worst.reason ?? worst.skip?.reason;
    return {
      device: rename(worst.device),
      id: worst.id,
      word,
      rank: CASE_RANK[word],
      ...(reason === undefined ? {} : { reason: reason.split('\n', 1)[0] ?? reason }),
    };
  });
}

function grouped(results: readonly CaseResult[], rename: (device: string) => string): Map<string, CaseResult[]> {
  const groups = new Map<string, CaseResult[]>();
  for (const result of results) {
    const key = `${rename(result.device)}\0${result.id}`;
    const list = groups.get(key);
    if (list) list.push(result);
    else groups.set(key, [result]);
  }
  return groups;
}

function changesOf(before: readonly Outcome[], after: readonly Outcome[]): Changes {
  const key = ({ device, id }: Outcome): string => `${device}\0${id}`;
  const earlier = new Map(before.map((outcome) => [key(outcome), outcome]));
  const later = new Set(after.map(key));
  const changes = {
    broke: [] as Change[],
    mended: [] as Change[],
    worse: [] as Change[],
    better: [] as Change[],
    new: [] as Change[],
    gone: [] as Change[],
  };
  for (const outcome of after) {
    const was = earlier.get(key(outcome));
    const { device, id, word, rank, reason } = outcome;
    const change: Change = {
      device,
      id,
      ...(was ? { before: was.word } : {}),
      after: word,
      ...(reason === undefined || rank === 0 ? {} : { reason }),
    };
    if (!was) changes.new.push(change);
    // What is new and broken is both.
    if (rank === BAD && was?.rank !== BAD) changes.broke.push(change);
    else if (was && was.rank === BAD && rank < BAD) (rank <= 1 ? changes.mended : changes.better).push(change);
    else if (was && rank > was.rank) changes.worse.push(change);
    else if (was && rank < was.rank) changes.better.push(change);
  }
  for (const outcome of before)
    if (!later.has(key(outcome))) changes.gone.push({ device: outcome.device, id: outcome.id, before: outcome.word });
  return changes;
}

/** Cases that passed in both runs: one that fails early is no faster for it. */
function speedsOfCases(before: StoredRun, after: StoredRun, rename: (device: string) => string): SpeedChange[] {
  const passed = ({ results }: StoredRun): readonly CaseResult[] => results.filter(({ status }) => status === 'passed');
  const earlier = grouped(passed(before), rename);
  return [...grouped(passed(after), (device) => device)].flatMap(([key, list]) => {
    const was = earlier.get(key);
    const [first] = list;
    if (!was || !first) return [];
    return speed(
      'case',
      first.device,
      first.id,
      middle(was.map((one) => one.durationMs)),
      middle(list.map((one) => one.durationMs)),
    );
  });
}

function speedsOfFigures(before: StoredRun, after: StoredRun, rename: (device: string) => string): SpeedChange[] {
  const earlier = timesOf(before, rename);
  return [...timesOf(after, (device) => device)].flatMap(([key, values]) => {
    const was = earlier.get(key);
    const [device = '', name = ''] = key.split('\0');
    return was ? speed('figure', device, name, middle(was), middle(values)) : [];
  });
}

/** Figures in milliseconds carry the unit at the end of their name. */
function timesOf({ results }: StoredRun, rename: (device: string) => string): Map<string, number[]> {
  const times = new Map<string, number[]>();
  for (const { device, status, figures } of results) {
    if (status !== 'passed') continue;
    for (const [name, value] of Object.entries(figures)) {
      if (!name.endsWith(' ms') || !Number.isFinite(value)) continue;
      const key = `${rename(device)}\0${name}`;
      const list = times.get(key);
      if (list) list.push(value);
      else times.set(key, [value]);
    }
  }
  return times;
}

function speed(what: SpeedChange['what'], device: string, name: string, before: number, after: number): SpeedChange[] {
  if (Math.abs(after - before) < LEAST_MS) return [];
  const [was, is] = [Math.max(before, 0.001), Math.max(after, 0.001)];
  return [{ device, what, name, before: rounded(before), after: rounded(after), ratio: rounded(is / was) }];
}

function middle(values: readonly number[]): number {
  return medianOf([...values].sort((a, b) => a - b));
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function runOf({ folder, plan, record, finished, targets }: StoredRun): ComparedRun {
  return {
    folder: shownPath(folder),
    startedAt: plan.startedAt,
    verdict: finished && typeof record.verdict === 'string' ? record.verdict : 'incomplete',
    finished,
    kit: plan.kitVersion,
    suite: targets.map(({ title }) => title).join(', '),
  };
}

function factsOf(before: StoredRun, after: StoredRun, rename: (device: string) => string): FactChange[] {
  const own: FactChange[] = [
    ['kit', before.plan.kitVersion, after.plan.kitVersion] as const,
    ['catalogue', shortHash(before), shortHash(after)] as const,
    ['grade', before.plan.grade, after.plan.grade] as const,
    ['strict', String(before.plan.strict), String(after.plan.strict)] as const,
  ].flatMap(([name, was, is]) => (was === is ? [] : [{ device: '', name, before: was, after: is }]));
  const devices = after.descriptions.flatMap((now) => {
    const was = before.descriptions.find((one) => rename(one.device) === now.device);
    if (!was) return [];
    const [a, b] = [flat(was), flat(now)];
    return [...new Set([...Object.keys(a), ...Object.keys(b)])]
      .filter((name) => a[name] !== b[name])
      .map((name) => ({ device: now.device, name, before: a[name] ?? '', after: b[name] ?? '' }));
  });
  return [...own, ...devices];
}

function shortHash({ record }: StoredRun): string {
  return String(asRecord(record.kit).catalogue ?? '').slice(0, 12);
}

function flat({ host, identity, iommu, shows, flags }: StoredRun['descriptions'][number]): Record<string, string> {
  const { group: _numberedAtBoot, ...lasting } = identity;
  return Object.fromEntries(
    Object.entries({ host: host.name, kernel: host.kernelRelease, ...lasting, iommu, shows: shows.join(', '), flags })
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase(), String(value)]),
  );
}
