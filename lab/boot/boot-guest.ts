/** One boot of the lab's guest: starts QEMU, follows its console, bounds every phase, and brings back what happened. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { startChild, stopChild } from '../child';
import type { LabDevice } from '../devices';
import { LabFailure } from '../failure';
import type { LabKernel } from '../kernel/lab-kernel';
import { type KernelFinding, newTaints, scanKernelLog } from '../kernel-log';
import type { Progress } from '../progress';
import { ConsoleReader, type Marker } from './console-reader';
import { type Machine, qemuArguments } from './qemu-arguments';

export interface GuestSession {
  readonly kernel: LabKernel;
  readonly initramfs: string;
  readonly devices: readonly LabDevice[];
  /** The folder that the guest sees read-only as /kit: the project. */
  readonly kit: string;
  /** The run's own folder, seen writable as /results; logs and reports stay here. */
  readonly folder: string;
  /** A folder that the guest sees writable as /queue: what guests that work on one thing share. */
  readonly queue?: string;
  /** Shell text that runs with /kit as working directory, its input empty unless `interactive`. */
  readonly command: string;
  /** The console is this terminal. */
  readonly interactive?: boolean;
  readonly memoryMiB?: number;
  readonly processors?: number;
  /** Seconds that the command may take, after the guest is ready. */
  readonly timeoutSeconds?: number;
  /** Each line of the command's output as it comes. */
  readonly onOutput?: (line: string) => void;
}

export interface GuestOutcome {
  /** What the command answered; undefined when the guest ended without saying so. */
  readonly exitCode: number | undefined;
  /** Why there is no exit code, for people. */
  readonly trouble: string | undefined;
  /** `uname -r` as the guest said it. */
  readonly release: string | undefined;
  readonly kernelFindings: readonly KernelFinding[];
  readonly attempts: number;
  /** From QEMU's start to init, to the command's start, and to QEMU's end. */
  readonly seconds: { readonly init: number; readonly ready: number; readonly total: number };
}

/** Seconds that each phase may take. */
export interface BootLimits {
  /** From QEMU's start to init's first line. */
  readonly init: number;
  /** From there until the command starts. */
  readonly ready: number;
  /** From the command's end to QEMU's. */
  readonly powerOff: number;
}

/** A boot takes 2 to 5 seconds on an idle machine; a loaded one gets ten times that. */
const patientLimits: BootLimits = { init: 60, ready: 60, powerOff: 30 };
const defaultSessionSeconds = 1800;
const maximumAttempts = 3;

interface Attempt {
  readonly markers: readonly Marker[];
  readonly trouble: string | undefined;
  readonly seconds: GuestOutcome['seconds'];
}

function runQemu(session: GuestSession, machine: Machine, limits: BootLimits): Promise<Attempt> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const elapsed = (): number => (performance.now() - started) / 1000;
    const markers: Marker[] = [];
    const seconds = { init: 0, ready: 0, total: 0 };
    let trouble: string | undefined;
    const interactive = session.interactive === true;
    // setpriv: should the lab itself be killed outright, the kernel ends QEMU.
    const qemu = startChild('setpriv', ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...qemuArguments(machine)], {
      stdio: [interactive ? 'inherit' : 'ignore', interactive ? 'inherit' : 'pipe', 'pipe'],
      sharesTerminal: interactive,
    });
    let timer: NodeJS.Timeout | undefined;
    const allow = (limit: number, phase: string): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        trouble ??= `${phase} did not end within ${limit} s`;
        stopChild(qemu);
      }, limit * 1000);
    };
    const complaints: Buffer[] = [];
    qemu.stderr?.on('data', (chunk: Buffer) => complaints.push(chunk));
    if (!interactive) allow(limits.init, 'the boot');
    const reader = new ConsoleReader({
      onMarker: (marker) => {
        markers.push(marker);
        if (marker.kind === 'init') {
          seconds.init = elapsed();
          allow(limits.ready, "the guest's set-up");
        } else if (marker.kind === 'ready') {
          seconds.ready = elapsed();
          allow(session.timeoutSeconds ?? defaultSessionSeconds, 'the command');
        } else {
          allow(limits.powerOff, 'powering off');
        }
      },
      onOutput: (line) => session.onOutput?.(line),
    });
    qemu.stdout?.setEncoding('utf8');
    qemu.stdout?.on('data', (chunk: string) => reader.push(chunk));
    qemu.once('error', (error) => {
      clearTimeout(timer);
      reject(new LabFailure(`QEMU could not be started: ${error.message}`));
    });
    qemu.once('close', (code, signal) => {
      clearTimeout(timer);
      reader.end();
      seconds.total = elapsed();
      const complaint = Buffer.concat(complaints).toString();
      if (complaint !== '') writeFileSync(join(session.folder, 'qemu.log'), complaint);
      if (trouble === undefined && (code !== 0 || signal !== null)) {
        // A crash starts with its reason; what follows is a dump of the processor.
        const said = complaint.trim().split('\n').slice(0, 3).join('\n');
        trouble = `QEMU ended with ${signal ?? `exit code ${code}`}${said === '' ? '' : `: ${said}`}`;
      }
      resolve({ markers, trouble, seconds });
    });
  });
}

function numberIn(file: string): number | undefined {
  if (!existsSync(file)) return undefined;
  const value = Number.parseInt(readFileSync(file, 'utf8'), 10);
  return Number.isNaN(value) ? undefined : value;
}

/** Kernel findings of a session, from the kernel's own log if the guest could still write it, else from the console. */
function kernelFindings(folder: string): KernelFinding[] {
  const log = ['dmesg.txt', 'serial.log'].map((name) => join(folder, name)).find((file) => existsSync(file));
  const findings = log === undefined ? [] : scanKernelLog(readFileSync(log, 'utf8'));
  const before = numberIn(join(folder, 'tainted-before'));
  const after = numberIn(join(folder, 'tainted'));
  if (before === undefined || after === undefined) return findings;
  const taints = newTaints(before, after).map((line): KernelFinding => ({ kind: 'taint', line, quote: [line] }));
  return [...findings, ...taints];
}

function troubleOf(attempt: Attempt, findings: readonly KernelFinding[]): string {
  const failed = attempt.markers.find((marker) => marker.kind === 'failed');
  if (failed !== undefined) return `the guest could not be set up: ${failed.reason}`;
  const panic = findings.find((finding) => finding.kind === 'panic' || finding.kind === 'oops');
  const kernel = panic === undefined ? '' : ` (${panic.line.trim()})`;
  return `${attempt.trouble ?? 'the guest went off before the command ended'}${kernel}`;
}

/**
 * Boots, runs the session's command and powers off. A boot that never reaches init is tried again, twice at most; once the command
 * may have run nothing is repeated. The folder afterwards holds serial.log, dmesg.txt and what the command wrote.
 */
export async function bootGuest(
  session: GuestSession,
  progress: Progress,
  limits: BootLimits = patientLimits,
): Promise<GuestOutcome> {
  const { folder } = session;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'lab-command'), `${session.command}\n`);
  const given = session.devices.filter(({ kept }) => kept !== true);
  writeFileSync(join(folder, 'lab-bind'), given.map(({ address }) => `${address}\n`).join(''));
  for (const [name, wanted] of [
    ['lab-interactive', session.interactive === true],
    ['lab-queue', session.queue !== undefined],
  ] as const) {
    if (wanted) writeFileSync(join(folder, name), '');
    else rmSync(join(folder, name), { force: true });
  }
  rmSync(join(folder, 'lab-exit-code'), { force: true });
  const serialLog = join(folder, 'serial.log');
  const machine: Machine = {
    kernel: session.kernel.image,
    initramfs: session.initramfs,
    memoryMiB: session.memoryMiB ?? 1536,
    processors: session.processors ?? 1,
    devices: session.devices,
    kit: session.kit,
    results: folder,
    ...(session.queue === undefined ? {} : { queue: session.queue }),
    serialLog,
  };
  for (let attempts = 1; ; attempts += 1) {
    const attempt = await runQemu(session, machine, limits);
    const init = attempt.markers.find((marker) => marker.kind === 'init');
    if (init === undefined && session.interactive !== true && attempts < maximumAttempts) {
      progress.detail(`no sign of init (${attempt.trouble ?? 'QEMU ended'}): booting again`);
      if (existsSync(serialLog)) renameSync(serialLog, `${serialLog}.${attempts}`);
      continue;
    }
    const findings = kernelFindings(folder);
    const exitCode = numberIn(join(folder, 'lab-exit-code'));
    return {
      exitCode,
      trouble: exitCode === undefined ? troubleOf(attempt, findings) : undefined,
      release: init?.kind === 'init' ? init.release : undefined,
      kernelFindings: findings,
      attempts,
      seconds: attempt.seconds,
    };
  }
}
