/** Nights: the runs of the same suite on the same device that lie beside a run, with the figures that are compared over time. */
import fs from 'node:fs';
import path from 'node:path';
import type { CaseStatus } from '../runner/execution/case-result';
import { DOWNTIME_FIGURE, STATE_BYTES_FIGURE } from '../runner/execution/course-figures';
import { RUN_FILE } from '../runner/execution/run-plan';
import { steadyName } from '../runner/execution/steady-name';
import { isRecord, readJsonFile } from './json-file';

/** Medians over the cases of a run; absent where no case measured it. */
export interface NightFigures {
  /** From stopping the source to running on the destination, in milliseconds. */
  readonly downtimeMs?: number;
  /** What a migration carried, in bytes. */
  readonly stateBytes?: number;
  /** Of every transition's duration, in milliseconds. */
  readonly transitionMs?: number;
  /** Pages written by pages reported, from 0 to 1. */
  readonly precision?: number;
}

export interface Night {
  /** ISO 8601. */
  readonly startedAt: string;
  /** The name of the run's folder. */
  readonly run: string;
  readonly verdict: string;
  readonly figures: NightFigures;
}

/** Nights that a picture shows, this one included. */
export const NIGHTS_SHOWN = 30;

/** What figures are taken from: a row of run.json's `scenarios`, or a CaseResult. */
export interface Measured {
  readonly status: CaseStatus | string;
  readonly figures: Readonly<Record<string, number>>;
}

export function nightFigures(cases: readonly Measured[]): NightFigures {
  const passed = cases.filter((case_) => case_.status === 'passed');
  const of = (name: (figure: string) => boolean) =>
    median(
      passed.flatMap(({ figures }) => Object.entries(figures).flatMap(([key, value]) => (name(key) ? [value] : []))),
    );
  const downtimeMs = of((key) => key === DOWNTIME_FIGURE);
  const stateBytes = of((key) => key === STATE_BYTES_FIGURE);
  const transitionMs = of((key) => key.startsWith('transition ') && key.endsWith(' ms'));
  const precision = of((key) => key === 'dirty precision');
  return {
    ...(downtimeMs === undefined ? {} : { downtimeMs }),
    ...(stateBytes === undefined ? {} : { stateBytes }),
    ...(transitionMs === undefined ? {} : { transitionMs }),
    ...(precision === undefined ? {} : { precision }),
  };
}

/**
 * The nights up to the run in `folder`, oldest first, the run itself last: what lies beside it, was made of the same suite on `device`,
 * and began no later. A folder that is no run, or whose run.json cannot be read, is no night.
 */
export function nightsUpTo(folder: string, device: string): Night[] {
  const own = recordOf(folder);
  if (!own) return [];
  const results = path.dirname(path.resolve(folder));
  const started = String(own.startedAt);
  const earlier = runFolders(results).flatMap((name) => {
    const beside = path.join(results, name);
    const record = beside === path.resolve(folder) ? own : recordOf(beside);
    if (!record || record.suite !== own.suite || String(record.startedAt) > started) return [];
    return nightOf(name, record, device) ?? [];
  });
  return earlier.sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1)).slice(-NIGHTS_SHOWN);
}

/** Run folders by name; those that `run` names itself sort by time, so that of very many only the newest are read. */
export function runFolders(results: string): string[] {
  let entries: fs.Dirent[];
  try {
    entries = fs.readdirSync(results, { withFileTypes: true });
  } catch {
    return [];
  }
  return entries
    .filter((entry) => entry.isDirectory() && fs.existsSync(path.join(results, entry.name, RUN_FILE)))
    .map((entry) => entry.name)
    .sort()
    .slice(-FOLDERS_READ);
}

const FOLDERS_READ = 3 * NIGHTS_SHOWN;

type RunRecord = Readonly<Record<string, unknown>>;

function recordOf(folder: string): RunRecord | undefined {
  try {
    const record = readJsonFile(path.join(folder, RUN_FILE));
    return isRecord(record) && typeof record.startedAt === 'string' ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined where the run had another device only. */
function nightOf(run: string, record: RunRecord, device: string): Night | undefined {
  const devices = Array.isArray(record.devices) ? record.devices.filter(isRecord) : [];
  const judged = devices.find((one) => nameOf(one.device) === nameOf(device));
  if (!judged) return undefined;
  const rows = Array.isArray(record.scenarios) ? record.scenarios.filter(isRecord) : [];
  const measured = rows.flatMap((row): Measured[] =>
    nameOf(row.device) === nameOf(device) && isRecord(row.figures)
      ? [{ status: String(row.status), figures: numbersOf(row.figures) }]
      : [],
  );
  return { startedAt: String(record.startedAt), run, verdict: String(judged.verdict), figures: nightFigures(measured) };
}

function nameOf(device: unknown): string {
  return typeof device === 'string' ? steadyName(device) : '';
}

function numbersOf(figures: Readonly<Record<string, unknown>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(figures).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
}

export function median(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor((sorted.length - 1) / 2);
  const low = sorted[middle] ?? 0;
  const high = sorted[Math.ceil((sorted.length - 1) / 2)] ?? 0;
  return (low + high) / 2;
}
