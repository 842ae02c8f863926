/**
 * `lab` without a subcommand, the form for CI: the self-check, then the kit on the vfio-pci devices, in one boot. Every part
 * has to answer 0, and what it wrote has to be there.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../child';
import { type LabDevice, labDevice } from '../devices';
import { concludeGuest, type Lab, prepareGuest, requireKit, runInGuest, shellQuote } from '../session';

interface KitRun {
  readonly device: LabDevice;
  readonly suites: readonly string[];
}

/** What the kit does with each device. */
const kitRuns: readonly KitRun[] = [
  { device: labDevice('edu'), suites: ['smoke', 'certify-dirty-pages'] },
  { device: labDevice('e1000e'), suites: ['smoke'] },
  { device: labDevice('nvme'), suites: ['smoke'] },
];

/** One part of the guest's script: its exit code goes to /results/NAME.exit, so that one failure does not hide the next. */
function part(name: string, words: readonly string[], output?: string): string {
  const redirect = output === undefined ? '' : ` >/results/${output}`;
  return `echo "--- ${name}"\n${words.map(shellQuote).join(' ')}${redirect}; echo $? >/results/${name}.exit`;
}

function exitCodeOf(folder: string, name: string): number | undefined {
  const file = join(folder, `${name}.exit`);
  return existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : undefined;
}

function parsed(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** A part's exit code and a line about it. A 0 counts only beside the JSON that proves it: the file is written before the exit. */
interface PartOutcome {
  readonly code: number;
  readonly text: string;
}

/** What the self-check's JSON says. */
export function judgeSelfCheck(code: number | undefined, json: unknown): PartOutcome {
  if (code === undefined) return { code: 3, text: 'did not run' };
  const { passed, node, koffi, checks, error } = (json ?? {}) as Record<string, unknown>;
  if (code === 0 && passed === true) return { code, text: `passed with Node ${node} and koffi ${koffi}` };
  const failed = (Array.isArray(checks) ? (checks as Record<string, unknown>[]) : []).filter(
    ({ held }) => held !== true,
  );
  const reasons = [
    ...failed.map(({ check, seen }) => `${check}: ${seen}`),
    ...(error === undefined ? [] : [String(error)]),
  ];
  return { code: code === 0 ? 3 : code, text: `failed: ${reasons.join('; ') || 'it wrote no JSON'}` };
}

/** What the kit's JSON says of one device. */
export function judgeKitRun(code: number | undefined, json: unknown): PartOutcome {
  if (code === undefined) return { code: 3, text: 'did not run' };
  const { verdict } = (json ?? {}) as Record<string, unknown>;
  if (typeof verdict !== 'string')
    return { code: code === 0 ? 3 : code, text: `exit code ${code}, but no verdict in its JSON` };
  if (code === 0 && verdict !== 'conformant') return { code: 3, text: `exit code 0, but the verdict ${verdict}` };
  return { code, text: `${verdict}, exit code ${code}` };
}

/** The HTML report of each run that left its record; 0, or 3 when one could not be made. */
async function makeReports(lab: Lab, folder: string): Promise<number> {
  let code = 0;
  for (const { device } of kitRuns) {
    const run = join(folder, device.name);
    if (!existsSync(join(run, 'run.json'))) continue;
    const kit = join(lab.paths.root, 'bin/vfio-conformance.js');
    const result = await runCommand(process.execPath, [kit, 'report', run]);
    if (result.code === 0) continue;
    lab.progress.detail(`${device.name}: no report: ${result.stderr.trim()}`);
    code = 3;
  }
  return code;
}

export async function ci(lab: Lab): Promise<number> {
  const { progress } = lab;
  requireKit(lab);
  const guest = await prepareGuest(lab);
  const script = [
    part('self-check', ['node', 'dist/lab/guest/smoke.js', labDevice('edu').address], 'self-check.json'),
    ...kitRuns.map(({ device, suites }) =>
      part(device.name, [
        ...['node', 'bin/vfio-conformance.js', 'run', ...suites],
        ...['--device', device.address, '--json', `/results/${device.name}.json`],
        // The report is made on the host afterwards: half a second there, a quarter of a minute here.
        ...['--out', `/results/${device.name}`, '--no-report'],
      ]),
    ),
  ].join('\n');
  const { outcome, folder } = await runInGuest(lab, guest, { purpose: 'ci', shell: script });
  const guestCode = concludeGuest(lab, outcome, folder);
  const judged = ['self-check', ...kitRuns.map(({ device }) => device.name)].map((name) => {
    const judge = name === 'self-check' ? judgeSelfCheck : judgeKitRun;
    const result = judge(exitCodeOf(folder, name), parsed(join(folder, `${name}.json`)));
    progress.detail(`${name}: ${result.text}`);
    return result.code;
  });
  const reports = await makeReports(lab, folder);
  // Beyond 3 lie signals and crashes: broken.
  return Math.max(...[guestCode, reports, ...judged].map((code) => Math.min(code, 3)));
}
