/** The guest's first file system: busybox, the modules, the init script, Node. One uncompressed file for QEMU's -initrd. */

import { createHash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type LabKernel, sweepPartial } from '../kernel/lab-kernel';
import { discard, finish, isWhole } from '../seal';
import { type CpioEntry, cpioPieces } from './cpio';
import { modulesInOrder } from './kernel-modules';
import { nodeRuntime } from './node-runtime';

export interface InitramfsOptions {
  /** Out-of-tree modules to load after the kernel's own, in this order. */
  readonly modules: readonly string[];
  /** The init script's text. */
  readonly init: string;
  /** Node's compiled addons, whose libraries the guest needs too. */
  readonly addons: readonly string[];
}

/** Empty folders that the init script mounts something on. */
const mountPoints = ['dev', 'proc', 'sys', 'tmp', 'run', 'root', 'kit', 'results', 'queue'];

async function baseEntries(kernel: LabKernel, options: InitramfsOptions): Promise<CpioEntry[]> {
  const modules = await modulesInOrder(kernel, options.modules);
  return [
    ...mountPoints.map((path): CpioEntry => ({ kind: 'folder', path })),
    { kind: 'file', path: 'init', content: Buffer.from(options.init), executable: true },
    { kind: 'file', path: 'bin/busybox', content: readFileSync('/bin/busybox'), executable: true },
    { kind: 'link', path: 'bin/sh', target: 'busybox' },
    ...modules.map(({ name, content }): CpioEntry => ({ kind: 'file', path: `lab/modules/${name}.ko`, content })),
    {
      kind: 'file',
      path: 'lab/modules/order',
      content: Buffer.from(modules.map(({ name }) => `${name}.ko\n`).join('')),
    },
    { kind: 'file', path: 'etc/passwd', content: Buffer.from('root:x:0:0:root:/root:/bin/sh\n') },
    { kind: 'file', path: 'etc/group', content: Buffer.from('root:x:0:\n') },
    { kind: 'file', path: 'etc/hosts', content: Buffer.from('127.0.0.1 localhost lab\n') },
  ];
}

function writeAll(file: string, archives: readonly (readonly Buffer[])[]): void {
  const descriptor = openSync(file, 'w');
  try {
    for (const piece of archives.flat()) {
      for (let at = 0; at < piece.length; ) at += writeSync(descriptor, piece, at);
    }
  } finally {
    closeSync(descriptor);
  }
}

/** What decides whether a built initramfs is still the right one: every input's identity, without reading Node's 100 MB. */
function digest(kernel: LabKernel, options: InitramfsOptions): string {
  const identity = (file: string): string => {
    const { size, mtimeMs } = statSync(file);
    return `${file} ${size} ${mtimeMs}`;
  };
  const inputs = [kernel.release, kernel.selection.version, process.version, options.init];
  const files = [process.execPath, '/bin/busybox', __filename, ...options.modules, ...options.addons];
  return createHash('sha256')
    .update([...inputs, ...files.map(identity)].join('\0'))
    .digest('hex')
    .slice(0, 16);
}

/** Builds the initramfs, or gives the one in the cache when nothing it is made of has changed. */
export async function obtainInitramfs(cache: string, kernel: LabKernel, options: InitramfsOptions): Promise<string> {
  const parent = join(cache, 'initramfs');
  const folder = join(parent, kernel.release);
  const file = join(folder, `${digest(kernel, options)}.cpio`);
  if (isWhole(folder) && existsSync(file)) return file;
  // One per kernel is kept: each holds a whole Node.
  discard(folder);
  mkdirSync(parent, { recursive: true });
  sweepPartial(parent);
  const partial = join(parent, `partial-${process.pid}`);
  mkdirSync(partial);
  const archives = [cpioPieces(await baseEntries(kernel, options)), cpioPieces(await nodeRuntime(options.addons))];
  writeAll(join(partial, basename(file)), archives);
  finish(partial, folder);
  return file;
}
