/**
 * `lab` without a subcommand, the form for CI: the self-check, then the kit on the vfio-pci devices, in one boot. Every part
 * has to answer 0, and what it wrote has to be there.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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

/** The verdict that the kit wrote, or what is wrong with the file. */
function verdictIn(file: string): string {
  try {
    const { verdict } = JSON.parse(readFileSync(file, 'utf8')) as { verdict?: unknown };
    return typeof verdict === 'string' ? verdict : 'the JSON has no verdict';
  } catch (error) {
    return `no JSON (${error instanceof Error ? error.message : String(error)})`;
  }
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
      ]),
    ),
  ].join('\n');
  const { outcome, folder } = await runInGuest(lab, guest, { purpose: 'ci', shell: script });
  const codes = ['self-check', ...kitRuns.map(({ device }) => device.name)].map((name) => {
    const code = exitCodeOf(folder, name);
    const verdict = name === 'self-check' ? '' : `, ${verdictIn(join(folder, `${name}.json`))}`;
    progress.detail(`${name}: ${code === undefined ? 'did not run' : `exit code ${code}`}${verdict}`);
    return code ?? 3;
  });
  return Math.max(concludeGuest(lab, outcome, folder), ...codes.map((code) => (code > 3 ? 3 : code)));
}
