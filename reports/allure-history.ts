/**
 * Allure's history. Allure keeps it in one file of lines, one a report, to which every report adds; here each run's line lies in the
 * run's own folder, so that two runs at a time cannot spoil it, a report can be made again, and what removes a run removes its past.
 */
import fs from 'node:fs';
import path from 'node:path';
import { isRecord, readJsonFile } from './json-file';
import { runFolders } from './nights';

export const HISTORY_FILE = 'allure-history.json';

/** More make the report of a large suite slow; Allure's own charts show no more either. */
export const HISTORY_NIGHTS = 20;

/** One run as Allure remembers it; only what is changed here is named. */
interface DataPoint {
  readonly timestamp: number;
  readonly testResults: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Gathers the earlier runs beside `folder` into a file for Allure, oldest first, and says how many there are. */
export function gatherHistory(folder: string, startedAt: string, into: string): number {
  const results = path.dirname(path.resolve(folder));
  const own = path.basename(path.resolve(folder));
  const before = Date.parse(startedAt);
  const points = runFolders(results)
    .filter((name) => name !== own)
    .flatMap((name) => pointIn(path.join(results, name)) ?? [])
    .filter((point) => point.timestamp < before)
    .sort((a, b) => a.timestamp - b.timestamp)
    .slice(-HISTORY_NIGHTS);
  fs.writeFileSync(into, points.map((point) => `${JSON.stringify(point)}\n`).join(''));
  return points.length;
}

/** Takes the line that Allure added last, and keeps it with the run. */
export function keepHistory(folder: string, startedAt: string, from: string): void {
  const line = fs.readFileSync(from, 'utf8').trimEnd().split('\n').at(-1) ?? '';
  const point: unknown = JSON.parse(line);
  if (!isPoint(point)) throw new Error('Allure wrote its history in a form that is not known');
  const kept = {
    ...point,
    // The night is when the run was, not when its report was made.
    timestamp: Date.parse(startedAt),
    testResults: Object.fromEntries(Object.entries(point.testResults).map(([id, result]) => [id, shortened(result)])),
  };
  const file = path.join(folder, HISTORY_FILE);
  const half = `${file}.${process.pid}.tmp`;
  fs.writeFileSync(half, `${JSON.stringify(kept)}\n`);
  fs.renameSync(half, file);
}

/** The whole message, its stack and the labels stand in that night's own report. */
function shortened(result: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { trace: _left, message, labels: _too, ...kept } = result;
  return {
    ...kept,
    labels: [],
    ...(typeof message === 'string' ? { message: message.split('\n', 1)[0]?.slice(0, 200) } : {}),
  };
}

function pointIn(folder: string): DataPoint | undefined {
  try {
    const point = readJsonFile(path.join(folder, HISTORY_FILE));
    return isPoint(point) ? point : undefined;
  } catch {
    return undefined;
  }
}

function isPoint(value: unknown): value is DataPoint {
  return isRecord(value) && typeof value.timestamp === 'number' && isRecord(value.testResults);
}
