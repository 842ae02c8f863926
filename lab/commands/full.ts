/** `lab full`: every fault with the whole certification, in every layout, on every kernel; the table goes to docs/lab-matrix.md. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { driverFolder, matrixCommand, readMatrix, unexplained } from '../matrix/guest-run';
import { layouts, type MatrixRequest } from '../matrix/request';
import { type KernelMatrix, matrixDocument } from '../matrix/table';
import { type Lab, newRunFolder, prepareGuest, requireKit, runInGuest } from '../session';

const sizes = { certified: [64, 16_384, 1_048_576], large: [33_554_432, 268_435_456], faults: 16_384 };
/** Source, destination and what is being received, each of the largest size, and the saved stream in the kit. */
const memoryMiB = 3072;

/** With two guests one certifies and takes the smaller part of the faults. */
function requests(lab: Lab): readonly MatrixRequest[] {
  const { oneLayout } = lab.command;
  const common = {
    mode: 'whole',
    layouts,
    faultStateSize: sizes.faults,
    everyLayout: !oneLayout,
    seed: 1,
    covering: 0,
    others: 0,
    shares: 5,
  } as const;
  const first = { ...common, stateSizes: sizes.certified, largeSizes: sizes.large, certify: true };
  if (availableParallelism() < 2) return [{ ...first, mine: [0, 1, 2, 3, 4] }];
  // A fault must not turn a must into not-applicable: that takes the verdicts of the correct module, which each guest makes itself.
  const second = { ...common, stateSizes: [sizes.faults], largeSizes: [], certify: true };
  return [
    { ...first, mine: [0, 1] },
    { ...second, mine: [2, 3, 4] },
  ];
}

async function onKernel(lab: Lab, kernel: string, run: string): Promise<KernelMatrix> {
  const modules = [...lab.command.modules, join(lab.paths.root, driverFolder)];
  const command = { ...lab.command, kernel, modules, memoryMiB: Math.max(lab.command.memoryMiB, memoryMiB) };
  const guest = await prepareGuest({ ...lab, command });
  const results = await Promise.all(
    requests(lab).map(async (request, index) => {
      const name = `${kernel}-guest-${index + 1}`;
      const folder = join(run, name);
      mkdirSync(folder);
      const shell = matrixCommand(folder, request);
      const { outcome } = await runInGuest({ ...lab, command }, guest, {
        purpose: 'full',
        shell,
        folder,
        prefix: `${name}  `,
      });
      const matrix = readMatrix(folder, request);
      const complaints = [
        ...(outcome.trouble === undefined ? [] : [outcome.trouble]),
        ...(matrix.trouble === undefined ? [] : [matrix.trouble]),
        ...unexplained(outcome, matrix.rows).map(({ kind, line }) => `the kernel complained (${kind}): ${line}`),
      ];
      return { matrix, complaints: complaints.map((text) => `${name}: ${text}`) };
    }),
  );
  return {
    series: kernel,
    about: results.map(({ matrix }) => matrix.about).find((about) => about !== undefined),
    rows: results.flatMap(({ matrix }) => matrix.rows),
    complaints: results.flatMap(({ complaints }) => complaints),
  };
}

export async function full(lab: Lab): Promise<number> {
  requireKit(lab);
  const run = newRunFolder(lab.paths, 'full');
  const kernels: KernelMatrix[] = [];
  for (const kernel of lab.command.kernels) kernels.push(await onKernel(lab, kernel, run));
  writeFileSync(join(run, 'lab-full.json'), `${JSON.stringify(kernels, null, 2)}\n`);
  const document = join(lab.paths.root, 'docs', 'lab-matrix.md');
  writeFileSync(document, matrixDocument(kernels));
  const complaints = kernels.flatMap((kernel) => kernel.complaints);
  for (const text of complaints) lab.progress.detail(`FAIL ${text}`);
  const rows = kernels.flatMap((kernel) => kernel.rows);
  const failed = rows.filter(({ good }) => !good).length + complaints.length;
  lab.progress.step(`the table is in ${document}, everything else in ${run}`);
  process.stdout.write(`lab: ${rows.filter(({ good }) => good).length} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : complaints.length > 0 ? 3 : 1;
}
