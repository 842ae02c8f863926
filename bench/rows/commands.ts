/** Whole commands as a user waits for them: seconds from typing to the end, held against what is bearable. No C does the same. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { median, type Row } from '../row';

const ROOT = path.join(__dirname, '..', '..', '..');
const KIT = path.join(ROOT, 'bin', 'vfio-conformance.js');

export interface Command {
  readonly name: string;
  /** Seconds. */
  readonly budget: number;
  readonly rounds: number;
  readonly args: (folder: string) => readonly string[];
  readonly exitCodes?: readonly number[];
}

export const COMMANDS: readonly Command[] = [
  { name: '--help', budget: 0.12, rounds: 9, args: () => ['--help'] },
  { name: 'lint of everything', budget: 1.5, rounds: 5, args: () => ['lint'] },
  {
    name: 'one scenario',
    budget: 1,
    rounds: 5,
    args: (folder) => [
      'run',
      'scenarios/transitions/normal-shutdown.yaml',
      '--device',
      'reference',
      '--no-report',
      '--out',
      folder,
    ],
    exitCodes: [0, 3],
  },
  {
    name: 'certification of the reference device',
    budget: 5,
    rounds: 3,
    args: (folder) => ['run', 'certify', '--device', 'reference', '--no-report', '--out', folder],
  },
  {
    name: 'certification of two devices side by side',
    budget: 7,
    rounds: 3,
    args: (folder) => [
      'run',
      'certify',
      '--device',
      'reference',
      '--device',
      'reference:ccw',
      '--no-report',
      '--out',
      folder,
    ],
  },
  { name: 'selftest over all faults', budget: 120, rounds: 1, args: () => ['selftest', '--json'] },
];

/** Runs a command so many times, each in a folder of its own. */
export function measureCommand({ name, budget, rounds, args, exitCodes = [0] }: Command): Row {
  const seconds: number[] = [];
  for (let n = 0; n < rounds; n += 1) {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'vfio-conformance-bench-'));
    const began = process.hrtime.bigint();
    const ran = spawnSync(process.execPath, [KIT, ...args(path.join(folder, 'run'))], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, CI: 'true', NO_COLOR: '1' },
    });
    seconds.push(Number(process.hrtime.bigint() - began) / 1e9);
    rmSync(folder, { recursive: true, force: true });
    if (!exitCodes.includes(ran.status ?? -1))
      throw new Error(`${name}: exit code ${ran.status}: ${ran.stderr.toString().slice(0, 500)}`);
  }
  const ratio = median(seconds);
  const note = `seconds: ${Math.min(...seconds).toFixed(2)} to ${Math.max(...seconds).toFixed(2)}, budget in seconds`;
  return { name, ratio, budget, met: ratio <= budget, note };
}
