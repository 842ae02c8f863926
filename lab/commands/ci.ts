/**
 * `lab` without a subcommand, the form for CI. Two guests at once, where there are two processors: one begins with the self-check, the
 * kit's own command line on every device and QEMU, the other with the matrix. Everything has to come out as it should.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../child';
import { driverFolder, missingTrials } from '../matrix/guest-run';
import { type Lab, newRunFolder, prepareGuest, requireKit } from '../session';
import { type GuestShare, runShare, type ShareOutcome, sharesOf } from './ci-shares';

/** A run that was refused has a record, and nothing to report. */
function hasResults(file: string): boolean {
  if (!existsSync(file)) return false;
  const { scenarios } = JSON.parse(readFileSync(file, 'utf8')) as { readonly scenarios?: readonly unknown[] };
  return scenarios !== undefined && scenarios.length > 0;
}

/** The HTML report of each run that left its record. Gives what could not be made. */
async function makeReports(lab: Lab, run: string, shares: readonly GuestShare[]): Promise<string[]> {
  const complaints: string[] = [];
  for (const { name, parts } of shares) {
    for (const part of parts) {
      const folder = join(run, name, part.name);
      if (!hasResults(join(folder, 'run.json'))) continue;
      const kit = join(lab.paths.root, 'bin/vfio-conformance.js');
      const result = await runCommand(process.execPath, [kit, 'report', folder]);
      if (result.code !== 0) complaints.push(`${part.name}: no report: ${result.stderr.trim()}`);
    }
  }
  return complaints;
}

/** A guest that died has taken a trial with it. */
function notTried(results: readonly ShareOutcome[]): readonly string[] {
  const trials = results.flatMap(({ matrix }) => matrix.trials);
  const missing = missingTrials(
    trials,
    results.flatMap(({ matrix }) => matrix.rows),
  );
  if (trials.length === 0) return ['nothing of the matrix was tried'];
  return missing.length === 0 ? [] : [`${missing.length} trials have no outcome: ${missing.slice(0, 10).join(', ')}`];
}

export async function ci(lab: Lab): Promise<number> {
  const { progress } = lab;
  const { fault } = lab.command;
  requireKit(lab);
  const sample = fault === undefined ? ['sample:mtty'] : [];
  const modules = [...lab.command.modules, join(lab.paths.root, driverFolder), ...sample];
  const here = { ...lab, command: { ...lab.command, modules } };
  const guest = await prepareGuest(here);
  const run = newRunFolder(lab.paths, 'ci');
  const queue = join(run, 'queue');
  mkdirSync(queue);
  const shares = sharesOf(lab.command, availableParallelism());
  const results = await Promise.all(shares.map((share) => runShare(here, guest, share, { run, queue })));
  rmSync(queue, { recursive: true });
  const complaints = [
    ...results.flatMap((result) => result.complaints),
    ...notTried(results),
    ...(await makeReports(lab, run, shares)),
  ];
  const parts = results.flatMap((result) => result.parts);
  const rows = results.flatMap(({ matrix }) => matrix.rows);
  const opinions = results.flatMap((result) => result.opinions);
  for (const { name, text, good } of parts) progress.detail(`${good ? 'ok  ' : 'FAIL'} ${name}: ${text}`);
  for (const text of complaints) progress.detail(`FAIL ${text}`);
  const outcomes = [...parts, ...rows, ...opinions];
  const passed = outcomes.filter(({ good }) => good).length;
  const failed = outcomes.length - passed + complaints.length;
  const about = results.map(({ matrix }) => matrix.about).find((one) => one !== undefined);
  const record = { ...about, fault, passed, failed, complaints, parts, rows, opinions };
  writeFileSync(join(run, 'lab-ci.json'), `${JSON.stringify(record, null, 2)}\n`);
  if (about) {
    const { driver, kernel, cases, clauses } = about;
    const names = `kernel ${kernel}, ${driver.module} ${driver.version} (srcversion ${driver.srcversion})`;
    progress.step(`${names}, ${cases} cases, ${clauses} clauses; results: ${run}`);
  }
  process.stdout.write(`lab: ${passed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : complaints.length > 0 ? 3 : 1;
}
