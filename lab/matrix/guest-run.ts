/** The matrix from the host's side: what a guest is to do, and what came of it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GuestOutcome } from '../boot/boot-guest';
import type { KernelFinding } from '../kernel-log';
import { aboutFile, type MatrixAbout, type MatrixRequest, type MatrixRow, requestFile, rowsFile } from './request';

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
  /** Why the rows are not all that there should be. */
  readonly trouble: string | undefined;
}

/** What a guest left in its folder. */
export function readMatrix(folder: string, request: Pick<MatrixRequest, 'certify'>): MatrixOutcome {
  const rows = linesOf(join(folder, rowsFile)).map((line) => JSON.parse(line) as MatrixRow);
  const about = existsSync(join(folder, aboutFile))
    ? (JSON.parse(readFileSync(join(folder, aboutFile), 'utf8')) as MatrixAbout)
    : undefined;
  const code = existsSync(join(folder, exitFile)) ? readFileSync(join(folder, exitFile), 'utf8').trim() : undefined;
  const certified = rows.some(({ kind }) => kind === 'correct');
  const trouble = troubleOf(code, rows) ?? (request.certify && !certified ? 'the module was not certified' : undefined);
  return { about, rows, trouble };
}

/** 0 and 1 are the matrix's word on its rows; everything else means that it did not come to its end. */
function troubleOf(code: string | undefined, rows: readonly MatrixRow[]): string | undefined {
  const last = rows.at(-1);
  const after = last === undefined ? 'before its first row' : `after ${last.name} (${last.layout})`;
  if (code === undefined) return `the matrix did not come to its end: it stopped ${after}`;
  if (code !== '0' && code !== '1') return `the matrix ended with exit code ${code}, ${after}`;
  if (rows.length === 0) return 'the matrix has no rows';
  const good = rows.every((row) => row.good);
  return good === (code === '0') ? undefined : `the matrix ended with exit code ${code}, but its rows say otherwise`;
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
