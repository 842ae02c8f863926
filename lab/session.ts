/** From a parsed command line to a guest that can be booted, and from its outcome to an exit code. */
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { bootGuest, type GuestOutcome } from './boot/boot-guest';
import type { LabCommand } from './command-line';
import { labDevices } from './devices';
import { LabFailure } from './failure';
import { obtainInitramfs } from './initramfs/initramfs';
import { nativeAddons } from './initramfs/native-addons';
import { obtainSamples } from './kernel/kernel-samples';
import { type LabKernel, obtainKernel } from './kernel/lab-kernel';
import { buildModule } from './module-build';
import type { LabPaths } from './paths';
import type { Progress } from './progress';
import { bootPackages, buildPackages, requirePackages } from './requirements';

export interface Lab {
  readonly command: LabCommand;
  readonly paths: LabPaths;
  readonly progress: Progress;
}

export interface PreparedGuest {
  readonly kernel: LabKernel;
  readonly initramfs: string;
}

/** A word as the shell reads it back. */
export function shellQuote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

const samplePrefix = 'sample:';

/** Builds what `--module` names: a folder, or `sample:NAME` for one of the kernel's own VFIO samples. Gives the .ko. */
export async function buildNamed(lab: Lab, kernel: LabKernel, name: string): Promise<string> {
  const { paths, progress } = lab;
  await requirePackages([...buildPackages, kernel.selection.compiler], progress);
  const sample = name.startsWith(samplePrefix) ? name.slice(samplePrefix.length) : undefined;
  const folder = sample === undefined ? name : await obtainSamples(paths.cache, kernel, progress);
  progress.step(`building ${sample ?? basename(folder)} for ${kernel.release}`);
  return await buildModule(kernel, folder, sample === undefined ? {} : { module: sample });
}

/** Everything up to the boot: packages, kernel, modules, initramfs. */
export async function prepareGuest(lab: Lab): Promise<PreparedGuest> {
  const { command, paths, progress } = lab;
  await requirePackages(bootPackages, progress);
  const kernel = await obtainKernel(paths.cache, command.kernel, progress, command.refresh);
  progress.step(`kernel ${kernel.release} (${kernel.selection.version}, ${kernel.suite})`);
  const modules: string[] = [];
  for (const name of command.modules) modules.push(await buildNamed(lab, kernel, name));
  const init = readFileSync(join(paths.root, 'lab/guest/init.sh'), 'utf8');
  const addons = nativeAddons(join(paths.root, 'node_modules'));
  const initramfs = await obtainInitramfs(paths.cache, kernel, { modules, init, addons });
  return { kernel, initramfs };
}

/** The guest runs the kit as it was built here. Throws LabFailure when it was not. */
export function requireKit(lab: Lab): void {
  for (const file of ['bin/vfio-conformance.js', 'dist/runner/commands/main.js', 'node_modules/koffi/package.json']) {
    if (!existsSync(join(lab.paths.root, file))) throw new LabFailure(`the kit has no ${file}`, 'Run: npm ci');
  }
}

/** A new folder for a run's results, with results/lab/latest pointing to it. */
export function newRunFolder(paths: LabPaths, purpose: string, now: Date = new Date()): string {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  const name = `${stamp}-${purpose}`;
  const folder = join(paths.results, name);
  mkdirSync(folder, { recursive: true });
  const latest = join(paths.results, 'latest');
  rmSync(latest, { force: true });
  symlinkSync(name, latest);
  return folder;
}

export interface GuestRequest {
  /** Names the results folder. */
  readonly purpose: string;
  /** Shell text; the working directory is the project, read-only but for results/. */
  readonly shell: string;
  readonly interactive?: boolean;
  /** An existing folder for the run's results; absent: a new one. */
  readonly folder?: string;
  /** A folder that the guest shares with others, as /queue. */
  readonly queue?: string;
  /** Stands before each line of output, where several guests speak at once. */
  readonly prefix?: string;
  /** Hears each line of output as well. */
  readonly onOutput?: (line: string) => void;
}

/** Boots the prepared guest for one command, its output passed on as it comes. */
export async function runInGuest(
  lab: Lab,
  guest: PreparedGuest,
  request: GuestRequest,
): Promise<{ readonly outcome: GuestOutcome; readonly folder: string }> {
  const { command, paths, progress } = lab;
  const folder = request.folder ?? newRunFolder(paths, request.purpose);
  const { prefix = '' } = request;
  progress.step(`booting ${guest.kernel.release} with ${labDevices.map(({ name }) => name).join(', ')}`);
  const outcome = await bootGuest(
    {
      ...guest,
      devices: labDevices,
      kit: paths.root,
      folder,
      ...(request.queue === undefined ? {} : { queue: request.queue }),
      command: request.shell,
      interactive: request.interactive === true,
      memoryMiB: command.memoryMiB,
      processors: command.processors,
      timeoutSeconds: command.timeoutSeconds,
      onOutput: (line) => {
        process.stdout.write(`${prefix}${line}\n`);
        request.onOutput?.(line);
      },
    },
    progress,
  );
  recordRun(lab, guest, request, outcome, folder);
  return { outcome, folder };
}

/** Writes what the run was and how it ended beside its logs. */
function recordRun(lab: Lab, guest: PreparedGuest, request: GuestRequest, outcome: GuestOutcome, folder: string): void {
  const { kernel } = guest;
  const record = {
    command: request.shell,
    kernel: { series: kernel.series, release: kernel.release, version: kernel.selection.version, suite: kernel.suite },
    modules: lab.command.modules,
    devices: labDevices.map(({ name, address, id, kept }) => ({ name, address, id, kept })),
    ...outcome,
  };
  writeFileSync(join(folder, 'lab.json'), `${JSON.stringify(record, null, 2)}\n`);
}

/** Says how the guest ended and what its kernel complained of; gives the exit code: the command's, 1 for the kernel's complaints, 3 for a guest that broke. */
export function concludeGuest(lab: Lab, outcome: GuestOutcome, folder: string): number {
  const { progress } = lab;
  const { init, ready, total } = outcome.seconds;
  if (init > 0) {
    const tries = outcome.attempts > 1 ? `, ${outcome.attempts} attempts` : '';
    progress.step(
      `guest off: init after ${init.toFixed(1)} s, ready ${ready.toFixed(1)} s, off ${total.toFixed(1)} s${tries}`,
    );
  }
  for (const finding of outcome.kernelFindings) {
    progress.detail(`the kernel complained (${finding.kind}):`);
    for (const line of finding.quote) progress.detail(`  ${line}`);
  }
  if (outcome.trouble !== undefined) progress.detail(outcome.trouble);
  progress.detail(`log and results: ${folder}`);
  if (outcome.exitCode === undefined) return 3;
  return outcome.exitCode === 0 && outcome.kernelFindings.length > 0 ? 1 : outcome.exitCode;
}
