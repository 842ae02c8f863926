/**
 * `lab` without a subcommand, the form for CI. Two guests at once, where there are two processors: one with the self-check, the
 * kit's own command line on every device and a part of the faults, one with the rest. Everything has to come out as it should.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../child';
import { driverFolder, type MatrixOutcome, matrixCommand, readMatrix, unexplained } from '../matrix/guest-run';
import { layouts, type MatrixRequest } from '../matrix/request';
import { type Lab, newRunFolder, type PreparedGuest, prepareGuest, requireKit, runInGuest } from '../session';
import { type KitPart, kitParts, type PartOutcome, partOutcomes, partsCommand } from './ci-parts';

/** Small: the sizes are tried by `full`. One that fits into a buffer, and one that takes several. */
const stateSize = 16_384;

interface GuestShare {
  readonly name: string;
  readonly parts: readonly KitPart[];
  readonly matrix: MatrixRequest;
}

function request(lab: Lab, share: Pick<MatrixRequest, 'shares' | 'mine' | 'certify' | 'layouts'>): MatrixRequest {
  return {
    mode: 'sample',
    stateSizes: [stateSize],
    largeSizes: [],
    faultStateSize: stateSize,
    everyLayout: false,
    seed: 1,
    covering: 6,
    others: 3,
    ...share,
    ...(lab.command.fault === undefined ? {} : { switchedOn: lab.command.fault }),
  };
}

/** The kit's command line takes about as long as a third of the faults. */
function sharesOf(lab: Lab): readonly GuestShare[] {
  const shares = 6;
  if (availableParallelism() < 2) {
    const mine = Array.from({ length: shares }, (_, index) => index);
    return [{ name: 'guest', parts: kitParts, matrix: request(lab, { shares, mine, certify: true, layouts }) }];
  }
  return [
    { name: 'guest-1', parts: kitParts, matrix: request(lab, { shares, mine: [0, 1], certify: false, layouts }) },
    { name: 'guest-2', parts: [], matrix: request(lab, { shares, mine: [2, 3, 4, 5], certify: true, layouts }) },
  ];
}

interface GuestResult {
  readonly share: GuestShare;
  readonly parts: readonly PartOutcome[];
  readonly matrix: MatrixOutcome;
  /** What is wrong with the guest itself. */
  readonly complaints: readonly string[];
}

async function runShare(lab: Lab, guest: PreparedGuest, share: GuestShare, run: string): Promise<GuestResult> {
  const folder = join(run, share.name);
  mkdirSync(folder);
  const withMatrix = !(lab.command.fault !== undefined && !share.matrix.certify);
  const shell = [
    ...(lab.command.fault === undefined ? [partsCommand(share.parts)] : []),
    ...(withMatrix ? [matrixCommand(folder, share.matrix)] : []),
  ].join('\n');
  const prefix = share.name === 'guest' ? '' : `${share.name}  `;
  const { outcome } = await runInGuest(lab, guest, { purpose: 'ci', shell, folder, prefix });
  const matrix = withMatrix ? readMatrix(folder) : { about: undefined, rows: [], trouble: undefined };
  const kernel = unexplained(outcome, matrix.rows);
  return {
    share,
    parts: lab.command.fault === undefined ? partOutcomes(folder, share.parts) : [],
    matrix,
    complaints: [
      ...(outcome.trouble === undefined ? [] : [outcome.trouble]),
      ...(matrix.trouble === undefined ? [] : [matrix.trouble]),
      ...kernel.map(({ kind, quote }) => `the kernel complained (${kind}):\n${quote.join('\n')}`),
    ],
  };
}

/** The HTML report of each run that left its record. Gives what could not be made. */
async function makeReports(lab: Lab, run: string, shares: readonly GuestShare[]): Promise<string[]> {
  const complaints: string[] = [];
  for (const { name, parts } of shares) {
    for (const part of parts) {
      const folder = join(run, name, part.name);
      if (!existsSync(join(folder, 'run.json'))) continue;
      const kit = join(lab.paths.root, 'bin/vfio-conformance.js');
      const result = await runCommand(process.execPath, [kit, 'report', folder]);
      if (result.code !== 0) complaints.push(`${part.name}: no report: ${result.stderr.trim()}`);
    }
  }
  return complaints;
}

export async function ci(lab: Lab): Promise<number> {
  const { progress } = lab;
  requireKit(lab);
  const command = {
    ...lab.command,
    modules: [...lab.command.modules, join(lab.paths.root, driverFolder), 'sample:mtty'],
  };
  const guest = await prepareGuest({ ...lab, command });
  const run = newRunFolder(lab.paths, 'ci');
  const shares = sharesOf(lab);
  const results = await Promise.all(shares.map((share) => runShare({ ...lab, command }, guest, share, run)));
  const reports = lab.command.fault === undefined ? await makeReports(lab, run, shares) : [];
  const parts = results.flatMap((result) => result.parts);
  const rows = results.flatMap(({ matrix }) => matrix.rows);
  const complaints = [
    ...results.flatMap((result) => result.complaints.map((text) => `${result.share.name}: ${text}`)),
    ...reports,
  ];
  for (const { name, text, good } of parts) progress.detail(`${good ? 'ok  ' : 'FAIL'} ${name}: ${text}`);
  for (const text of complaints) progress.detail(`FAIL ${text}`);
  const outcomes = [...parts, ...rows];
  const failed = outcomes.filter(({ good }) => !good).length + complaints.length;
  const passed = outcomes.filter(({ good }) => good).length;
  const about = results.map(({ matrix }) => matrix.about).find((one) => one !== undefined);
  const record = { ...about, fault: lab.command.fault, passed, failed, complaints, parts, rows };
  writeFileSync(join(run, 'lab-ci.json'), `${JSON.stringify(record, null, 2)}\n`);
  if (about) {
    const { driver, kernel, cases, clauses } = about;
    const names = `kernel ${kernel}, ${driver.module} ${driver.version} (srcversion ${driver.srcversion})`;
    progress.step(`${names}, ${cases} cases, ${clauses} clauses; results: ${run}`);
  }
  process.stdout.write(`lab: ${passed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : results.some((result) => result.complaints.length > 0) ? 3 : 1;
}
