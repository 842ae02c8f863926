/** The matrix from the host's side: what a guest is to do, and what came of it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GuestOutcome } from '../boot/boot-guest';
import type { KernelFinding } from '../kernel-log';
import {
  aboutFile,
  type MatrixAbout,
  type MatrixRequest,
  type MatrixRow,
  requestFile,
  rowsFile,
  trialsFile,
} from './request';
import { trialKey } from './trials';

/** The module's folder in the project. */
export const driverFolder = 'lab/driver';
/** What a guest writes the matrix's exit code to, so that other commands may follow. */
const exitFile = 'matrix.exit';

/** Shell text that runs the matrix; the request is written to the guest's results folder at once. */
export function matrixCommand(folder: string, request: MatrixRequest): string {
  writeFileSync(join(folder, requestFile), `${JSON.stringify(request, null, 2)}\n`);
  return `node dist/lab/guest/matrix.js /results; echo $? >/results/${exitFile}`;
}

export interface MatrixOutcome {
  readonly about: MatrixAbout | undefined;
  readonly rows: readonly MatrixRow[];
  /** Names of all trials, other guests' among them; empty when the guest did not come to listing them. */
  readonly trials: readonly string[];
  /** Why the rows are not all that there should be. */
  readonly trouble: string | undefined;
}

/** What a guest left in its folder. */
export function readMatrix(folder: string): MatrixOutcome {
  const rows = readRows(folder);
  const json = (name: string): unknown =>
    existsSync(join(folder, name)) ? JSON.parse(readFileSync(join(folder, name), 'utf8')) : undefined;
  const code = existsSync(join(folder, exitFile)) ? readFileSync(join(folder, exitFile), 'utf8').trim() : undefined;
  return {
    about: json(aboutFile) as MatrixAbout | undefined,
    rows,
    trials: (json(trialsFile) ?? []) as readonly string[],
    trouble: troubleOf(code, rows),
  };
}

/** The rows that a guest has finished; a line that its end has cut is none. */
export function readRows(folder: string): readonly MatrixRow[] {
  return linesOf(join(folder, rowsFile)).flatMap((line) => {
    try {
      return [JSON.parse(line) as MatrixRow];
    } catch {
      return [];
    }
  });
}

/** 0 and 1 are the matrix's word on its rows; everything else means that it did not come to its end. */
function troubleOf(code: string | undefined, rows: readonly MatrixRow[]): string | undefined {
  const last = rows.at(-1);
  const after = last === undefined ? 'before its first row' : `after ${last.name} (${last.layout})`;
  if (code === undefined) return `the matrix did not come to its end: it stopped ${after}`;
  if (code !== '0' && code !== '1') return `the matrix ended with exit code ${code}, ${after}`;
  const good = rows.every((row) => row.good);
  return good === (code === '0') ? undefined : `the matrix ended with exit code ${code}, but its rows say otherwise`;
}

/** Trials of which no guest has left a row. */
export function missingTrials(trials: readonly string[], rows: readonly MatrixRow[]): readonly string[] {
  const made = new Set(rows.map(trialKey));
  return [...new Set(trials)].filter((key) => !made.has(key));
}

/** The kernel's complaints that no row of the matrix has accounted for. */
export function unexplained(outcome: GuestOutcome, rows: readonly MatrixRow[]): readonly KernelFinding[] {
  const known = new Set(rows.flatMap((row) => row.kernel.map(keyOf)));
  return outcome.kernelFindings.filter((finding) => !known.has(keyOf(finding)));
}

/** The same message, whoever read it: the log and the console may show its time differently. */
function keyOf({ kind, line }: KernelFinding): string {
  return `${kind} ${line.replace(/^\[\s*\d+\.\d+\]\s*/, '').trim()}`;
}

function linesOf(file: string): string[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}
