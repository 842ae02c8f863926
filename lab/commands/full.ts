/**
 * `lab full`: every fault with the whole certification, in every layout, on every kernel; the table goes to docs/lab-matrix.md. Hours:
 * each row is on disk as soon as it is made, and a second call goes on where the first one ended.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { durationText, secondsLeft } from '../matrix/estimate';
import {
  driverFolder,
  type MatrixOutcome,
  matrixCommand,
  missingTrials,
  readMatrix,
  unexplained,
} from '../matrix/guest-run';
import { guestFolders, isDone, keptRows, keptRunFolder, newGuestFolders } from '../matrix/kept-run';
import { layouts, type MatrixRequest } from '../matrix/request';
import { type KernelMatrix, matrixDocument } from '../matrix/table';
import { trialKey } from '../matrix/trials';
import { type Lab, prepareGuest, requireKit, runInGuest } from '../session';

const sizes = { certified: [64, 16_384, 1_048_576], large: [33_554_432, 268_435_456], faults: 16_384 };
/** Source, destination and what is being received, each of the largest size, and the saved stream in the kit. */
const memoryMiB = 3072;
/** Rows between two estimates. */
const estimateEvery = 10;

function requestFor(oneLayout: boolean, done: readonly string[]): MatrixRequest {
  return {
    mode: 'whole',
    layouts,
    stateSizes: sizes.certified,
    largeSizes: sizes.large,
    faultStateSize: sizes.faults,
    everyLayout: !oneLayout,
    seed: 1,
    covering: 0,
    others: 0,
    done,
  };
}

interface OnKernel extends KernelMatrix {
  /** Trials that nobody has made yet. */
  readonly left: readonly string[];
}

/** Makes what is missing on one kernel, until `stopAt` (milliseconds as of Date.now). */
async function onKernel(lab: Lab, kernel: string, run: string, stopAt: number): Promise<OnKernel> {
  const { progress } = lab;
  const modules = [...lab.command.modules, join(lab.paths.root, driverFolder)];
  const command = { ...lab.command, kernel, modules, memoryMiB: Math.max(lab.command.memoryMiB, memoryMiB) };
  const guest = await prepareGuest({ ...lab, command });
  const known = keptRows(guestFolders(run, kernel)).filter(isDone);
  if (known.length > 0) progress.step(`${known.length} rows of an earlier call are kept`);
  const request = requestFor(command.oneLayout, known.map(trialKey));
  const guests = Math.min(2, availableParallelism());
  const folders = newGuestFolders(run, kernel, guests);
  const queue = join(run, `${kernel}-queue`);
  rmSync(queue, { recursive: true, force: true });
  mkdirSync(queue);
  const stop = setTimeout(() => writeFileSync(join(queue, 'stop'), ''), Math.min(2 ** 31 - 1, stopAt - Date.now()));
  const followed = follow(lab, folders, run, kernel);
  const results = await Promise.all(
    folders.map(async (folder) => {
      const name = basename(folder);
      const { outcome } = await runInGuest({ ...lab, command }, guest, {
        purpose: 'full',
        shell: matrixCommand(folder, request),
        folder,
        queue,
        prefix: `${name}  `,
        onOutput: followed,
      });
      const matrix = readMatrix(folder);
      const complaints = [
        ...[outcome.trouble, matrix.trouble].filter((text) => text !== undefined),
        ...unexplained(outcome, matrix.rows).map(({ kind, line }) => `the kernel complained (${kind}): ${line}`),
      ];
      return { matrix, complaints: complaints.map((text) => `${name}: ${text}`) };
    }),
  );
  clearTimeout(stop);
  const rows = keptRows(guestFolders(run, kernel));
  const matrices = results.map(({ matrix }) => matrix);
  return {
    series: kernel,
    about: matrices.map(({ about }) => about).find((about) => about !== undefined),
    rows: rows.filter((row) => trialsOf(matrices).includes(trialKey(row))),
    complaints: results.flatMap(({ complaints }) => complaints),
    left: missingTrials(trialsOf(matrices), rows),
  };
}

function trialsOf(matrices: readonly MatrixOutcome[]): readonly string[] {
  return matrices.find(({ trials }) => trials.length > 0)?.trials ?? [];
}

/** Says now and then how long it will take. */
function follow(lab: Lab, folders: readonly string[], run: string, kernel: string): (line: string) => void {
  let lines = 0;
  return (line) => {
    if (!/^(ok {3}|FAIL )/.test(line)) return;
    lines += 1;
    if (lines !== 1 && lines % estimateEvery !== 0) return;
    const trials = trialsOf(folders.map((folder) => readMatrix(folder)));
    const rows = keptRows(guestFolders(run, kernel));
    const left = missingTrials(trials, rows);
    const time = durationText(secondsLeft(left, rows, folders.length));
    lab.progress.step(`kernel ${kernel}: ${trials.length - left.length} of ${trials.length} rows, about ${time} to go`);
  };
}

export async function full(lab: Lab): Promise<number> {
  const { command, progress } = lab;
  requireKit(lab);
  const run = keptRunFolder(lab.paths);
  const stopAt = command.minutes === undefined ? Number.POSITIVE_INFINITY : Date.now() + command.minutes * 60_000;
  const kernels: OnKernel[] = [];
  for (const kernel of command.kernels) {
    if (Date.now() < stopAt) kernels.push(await onKernel(lab, kernel, run, stopAt));
  }
  writeFileSync(join(run, 'lab-full.json'), `${JSON.stringify(kernels, null, 2)}\n`);
  const complaints = kernels.flatMap((kernel) => kernel.complaints);
  for (const text of complaints) progress.detail(`FAIL ${text}`);
  const rows = kernels.flatMap((kernel) => kernel.rows);
  const failed = rows.filter(({ good }) => !good).length + complaints.length;
  const left = kernels.flatMap((kernel) => kernel.left).length;
  const whole = left === 0 && kernels.length === command.kernels.length && kernels.every(({ about }) => about);
  if (whole) {
    const document = join(lab.paths.root, 'docs', 'lab-matrix.md');
    writeFileSync(document, matrixDocument(kernels));
    progress.step(`the table is in ${document}, everything else in ${run}`);
  } else {
    progress.step(
      `${left} rows are left on the kernels that were reached; the same command goes on from here (${run})`,
    );
  }
  process.stdout.write(`lab: ${rows.length - rows.filter(({ good }) => !good).length} passed, ${failed} failed\n`);
  if (failed > 0) return complaints.length > 0 ? 3 : 1;
  return whole ? 0 : 3;
}
