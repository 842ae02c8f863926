/** A run as its folder has it: what was planned, what was found, what came of each case, and the judgement of all that. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { CaseResult } from '../../execution/case-result';
import { judgingFor } from '../../execution/judging';
import type { DeviceDescription } from '../../execution/probe';
import { PLAN_FILE, RESULTS_FILE, RUN_FILE, type RunPlan } from '../../execution/run-plan';
import { readPlan } from '../../jest/plan-file';
import { ResultsTail } from '../../jest/results-tail';
import type { Waiver } from '../../language/scenario';
import { CannotRun, UsageError } from '../support/exit';
import { shownPath } from '../support/shown-path';
import { type JudgedTarget, type Judgement, judge, type Unreachable } from './judgement';

export interface StoredTarget extends JudgedTarget {
  readonly title: string;
  /** As run.json shows it. */
  readonly file: string;
}

export interface StoredRun {
  readonly folder: string;
  readonly plan: RunPlan;
  /** run.json as it stands; what it says of single members is checked where they are used. */
  readonly record: Readonly<Record<string, unknown>>;
  /** True when the run itself came to its end, and said so. */
  readonly finished: boolean;
  readonly interrupted: boolean;
  readonly targets: readonly StoredTarget[];
  readonly descriptions: readonly DeviceDescription[];
  readonly unreachable: readonly Unreachable[];
  readonly results: readonly CaseResult[];
  /** SHA-256 of results.jsonl as it stands, hexadecimal. */
  readonly resultsDigest: string;
  readonly waivers: ReadonlyMap<string, readonly Waiver[]>;
}

/** @throws UsageError when the folder is no run; CannotRun when it is one that this version cannot read. */
export function readStoredRun(folder: string): StoredRun {
  const plan = { ...planOf(folder), folder };
  const record = recordOf(folder);
  const rows = listOf(record.devices).map(asRecord);
  return {
    folder,
    plan,
    record,
    finished: record.finished === true,
    interrupted: record.interrupted === true,
    targets: listOf(record.targets).map(asRecord).map(storedTarget),
    descriptions: rows.filter((row) => asRecord(row.host).kind !== undefined) as unknown as DeviceDescription[],
    unreachable: rows.flatMap(({ device, unreachable }) =>
      typeof device === 'string' && typeof unreachable === 'string' ? [{ device, reason: unreachable }] : [],
    ),
    results: new ResultsTail(folder, false).read(),
    resultsDigest: digestOf(path.join(folder, RESULTS_FILE)),
    waivers: new Map(rows.map(({ device, waivers }) => [String(device), listOf(waivers) as readonly Waiver[]])),
  };
}

/**
 * Judges the run again from what it left on disk, by the rules and waivers that it had. A run that was killed gets the verdict that its
 * results bear: never better than incomplete.
 * @throws CannotRun when the catalogue is another one by now: its verdicts would not be those of the run.
 */
export function judgeStoredRun(run: StoredRun): Judgement {
  const { plan, targets, descriptions, unreachable, results, waivers, finished, interrupted, record } = run;
  const had = asRecord(record.kit).catalogue;
  const has = judgingFor(plan, undefined).catalogueHash;
  if (had !== has)
    throw new CannotRun(
      `${shownPath(run.folder)} was judged by another catalogue (${String(had).slice(0, 12)}, kit ${plan.kitVersion}); this kit has ${has.slice(0, 12)}`,
      `Use the kit that made the run, version ${plan.kitVersion}, or run it again with this one.`,
    );
  return judge({
    plan,
    targets,
    descriptions,
    unreachable,
    results,
    waivers,
    interrupted,
    ...(finished ? {} : { unfinished: true }),
  });
}

/** @throws UsageError when the folder is not there, or is no run's. */
export function checkRunFolder(folder: string): void {
  planOf(folder);
}

function planOf(folder: string): RunPlan {
  const hint = 'A run names its folder at its end; they lie below results/.';
  if (!existsSync(path.join(folder, PLAN_FILE)))
    throw new UsageError(`${shownPath(folder)} is not the folder of a run: there is no ${PLAN_FILE} in it`, hint);
  try {
    return readPlan(path.join(folder, PLAN_FILE));
  } catch (error) {
    throw new UsageError(
      `${shownPath(folder)} is not the folder of a run: ${error instanceof Error ? error.message : String(error)}`,
      hint,
    );
  }
}

function recordOf(folder: string): Readonly<Record<string, unknown>> {
  const file = path.join(folder, RUN_FILE);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new CannotRun(`${shownPath(file)}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const record = asRecord(value);
  if (record.schemaVersion !== 1 || !Array.isArray(record.targets) || !Array.isArray(record.devices))
    throw new CannotRun(`${shownPath(file)} is not the record of a run of this version of vfio-conformance`);
  return record;
}

function storedTarget(row: Readonly<Record<string, unknown>>): StoredTarget {
  const { kind, title, file, clauses, cases, taken } = row;
  if (!Array.isArray(clauses) || typeof cases !== 'number' || typeof taken !== 'number')
    throw new CannotRun(
      'the record of the run is of an older version of vfio-conformance: it does not say what it judges',
    );
  return {
    kind: kind === 'suite' ? 'suite' : 'scenario',
    title: String(title),
    file: String(file),
    clauses: clauses.map(String),
    cases: { length: cases },
    taken: { length: taken },
  };
}

/** SHA-256 of a file, hexadecimal; a file that is not there has the digest of nothing. */
export function digestOf(file: string): string {
  const hash = createHash('sha256');
  try {
    hash.update(readFileSync(file));
  } catch {
    // No case has left a result: the digest of nothing.
  }
  return hash.digest('hex');
}

export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
