/** The s390x guest: its first file system, its machine, and the time for which it runs. */
import type { ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConsoleReader, type Marker } from '../boot/console-reader';
import { startChild, stopChild } from '../child';
import { LabFailure } from '../failure';
import { type CpioEntry, cpioPieces } from '../initramfs/cpio';
import { modulesInOrder } from '../initramfs/kernel-modules';
import type { S390Kernel } from './kernel';

/** The device under test, and a second one of its kind; the domain is the uid that QEMU is given. */
export const DEVICES = ['0007:00:00.0', '0008:00:00.0'] as const;
/** virtio-rng writes to memory on request; iommu_platform takes its accesses through the IOMMU, as any card's go. */
const DEVICE_ARGUMENTS = [7, 8].flatMap((uid) => [
  ...['-device', `zpci,uid=${uid},fid=0x1${uid},target=rng${uid}`],
  ...['-device', `virtio-rng-pci,id=rng${uid},iommu_platform=on,disable-legacy=on`],
]);
const MODULES = ['vfio', 'vfio_iommu_type1', 'vfio-pci', 'virtio_console'] as const;
const MEMORY_MIB = 512;
/** From QEMU's start until the agent waits: 4 seconds on an idle machine. */
const READY_MS = 90_000;

export interface GuestFiles {
  readonly init: string;
  /** For s390x. */
  readonly agent: string;
}

/** Small enough to be made each time: half a second. */
export async function buildInitramfs(file: string, kernel: S390Kernel, { init, agent }: GuestFiles): Promise<void> {
  const modules = await modulesInOrder(kernel, [], MODULES);
  const program = (path: string, from: string): CpioEntry => ({
    kind: 'file',
    path,
    content: readFileSync(from),
    executable: true,
  });
  const text = (path: string, content: string): CpioEntry => ({ kind: 'file', path, content: Buffer.from(content) });
  const entries: CpioEntry[] = [
    ...['dev', 'proc', 'sys'].map((path): CpioEntry => ({ kind: 'folder', path })),
    program('init', init),
    program('bin/busybox', kernel.busybox),
    { kind: 'link', path: 'bin/sh', target: 'busybox' },
    program('lab/vfio-conformance-agent', agent),
    ...modules.map(({ name, content }): CpioEntry => ({ kind: 'file', path: `lab/modules/${name}.ko`, content })),
    text('lab/modules/order', modules.map(({ name }) => `${name}.ko\n`).join('')),
    text('lab/devices', DEVICES.map((address) => `${address}\n`).join('')),
  ];
  writeFileSync(file, Buffer.concat(cpioPieces(entries)));
}

export interface RunningGuest {
  /** `uname -r` as the guest said it. */
  readonly release: string;
  stop(): void;
}

export interface GuestPlaces {
  readonly kernel: S390Kernel;
  readonly initramfs: string;
  /** Where the agent's socket appears. */
  readonly socket: string;
  /** Gets everything that the console says. */
  readonly serialLog: string;
}

/** Resolves when the agent waits for the kit. Rejects with LabFailure when that does not come about. */
export function bootGuest({ kernel, initramfs, socket, serialLog }: GuestPlaces): Promise<RunningGuest> {
  if (existsSync(socket)) rmSync(socket);
  const words = [
    ...['-accel', 'tcg', '-machine', 's390-ccw-virtio', '-cpu', 'max', '-smp', '1', '-m', String(MEMORY_MIB)],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...[
      '-chardev',
      `stdio,id=console,signal=off,logfile=${quoted(serialLog)}`,
      '-device',
      'sclpconsole,chardev=console',
    ],
    ...['-kernel', kernel.image, '-initrd', initramfs],
    ...['-append', 'console=ttysclp0 panic=-1 loglevel=5'],
    ...['-device', 'virtio-serial-ccw'],
    ...['-chardev', `socket,id=agent,path=${quoted(socket)},server=on,wait=off`],
    ...['-device', 'virtserialport,chardev=agent,name=vfio-agent'],
    ...DEVICE_ARGUMENTS,
  ];
  return new Promise((resolve, reject) => {
    // setpriv: should the lab itself be killed outright, the kernel ends QEMU.
    const qemu: ChildProcess = startChild('setpriv', ['--pdeathsig', 'KILL', 'qemu-system-s390x', ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const complaints: Buffer[] = [];
    let release = '';
    const refuse = (why: string): void => {
      clearTimeout(timer);
      stopChild(qemu);
      const said = Buffer.concat(complaints).toString().trim().split('\n').slice(0, 3).join('\n');
      reject(
        new LabFailure(
          `the s390x guest is not ready: ${why}${said === '' ? '' : `\n${said}`}`,
          `Its console: ${serialLog}`,
        ),
      );
    };
    const timer = setTimeout(() => refuse(`nothing after ${READY_MS / 1000} s`), READY_MS);
    const onMarker = (marker: Marker): void => {
      if (marker.kind === 'init') release = marker.release;
      else if (marker.kind === 'failed') refuse(marker.reason);
      else if (marker.kind === 'ready') {
        clearTimeout(timer);
        // Whoever may connect to it makes system calls in the guest.
        chmodSync(socket, 0o600);
        resolve({ release, stop: () => stopChild(qemu) });
      }
    };
    const reader = new ConsoleReader({ onMarker, onOutput: () => undefined });
    qemu.stderr?.on('data', (chunk: Buffer) => complaints.push(chunk));
    qemu.stdout?.setEncoding('utf8').on('data', (chunk: string) => reader.push(chunk));
    qemu.once('error', (error) => refuse(error.message));
    qemu.once('close', (code, signal) => refuse(`QEMU ended with ${signal ?? `exit code ${code}`}`));
  });
}

/** A socket's path may have 107 bytes: it lies in a short folder. */
export function socketIn(folder: string): string {
  return join(folder, 'agent.sock');
}

/** QEMU's options are comma-separated lists in which a comma is written twice. */
function quoted(path: string): string {
  return path.replaceAll(',', ',,');
}
