/** `lab qemu`: QEMU 7.2 migrates our module, correct and with faults, and certification looks at the same; docs/second-opinion.md. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { driverFolder, unexplained } from '../matrix/guest-run';
import { opinionDocument } from '../qemu/document';
import { opinionCommand, readOpinion } from '../qemu/guest-run';
import { allTrials } from '../qemu/trials';
import { type Lab, newRunFolder, prepareGuest, requireKit, runInGuest } from '../session';

/** QEMU itself lies in the guest's memory. */
const memoryMiB = 2048;
export const opinionStateSize = 65_536;

export async function qemu(lab: Lab): Promise<number> {
  requireKit(lab);
  const modules = [...lab.command.modules, join(lab.paths.root, driverFolder)];
  const command = { ...lab.command, modules, memoryMiB: Math.max(lab.command.memoryMiB, memoryMiB) };
  const guest = await prepareGuest({ ...lab, command });
  const folder = newRunFolder(lab.paths, 'qemu');
  const request = { trials: allTrials, stateSize: opinionStateSize, certify: true };
  const shell = await opinionCommand(folder, request);
  const { outcome } = await runInGuest({ ...lab, command }, guest, { purpose: 'qemu', shell, folder });
  const { about, rows, trouble } = readOpinion(folder, request);
  const complaints = [
    ...(outcome.trouble === undefined ? [] : [outcome.trouble]),
    ...(trouble === undefined ? [] : [trouble]),
    ...unexplained(outcome, []).map(({ kind, quote }) => `the kernel complained (${kind}):\n${quote.join('\n')}`),
  ];
  for (const text of complaints) lab.progress.detail(`FAIL ${text}`);
  const document = join(lab.paths.root, 'docs', 'second-opinion.md');
  // Half a table would read as if the rest had been fine.
  if (trouble === undefined) {
    writeFileSync(document, opinionDocument(about, rows));
    lab.progress.step(`the table is in ${document}, everything else in ${folder}`);
  }
  const failed = rows.filter(({ good }) => !good).length + complaints.length;
  process.stdout.write(`lab: ${rows.filter(({ good }) => good).length} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : complaints.length > 0 ? 3 : 1;
}
