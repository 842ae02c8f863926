/** QEMU itself, its libraries and its firmware, for a guest that has nothing of the kind. */
import { copyFileSync, existsSync, mkdirSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { mustRun } from '../child';
import { LabFailure } from '../failure';
import { sharedLibraries } from '../initramfs/node-runtime';

const program = '/usr/bin/qemu-system-x86_64';
const files = {
  modules: ['/usr/lib/x86_64-linux-gnu/qemu/accel-tcg-x86_64.so'],
  firmware: ['/usr/share/qemu/kvmvapic.bin'],
};

/** `QEMU emulator version 7.2.22 (...)`: the version. Version 1 migration left QEMU with 8.0. Throws LabFailure for another one. */
export function requireVersion1User(text: string): string {
  const [, version, major, minor] = /version ((\d+)\.(\d+)\S*)/.exec(text) ?? [];
  const old = Number(major) < 8 && (Number(major) > 5 || (Number(major) === 5 && Number(minor) >= 2));
  if (version !== undefined && old) return version;
  throw new LabFailure(
    `QEMU ${version ?? 'of unknown version'} does not speak version 1 of migration`,
    'QEMU 5.2 to 7.2 do; Debian 12 has 7.2.',
  );
}

/** Puts everything into `folder` (bin, lib, modules, firmware) and gives QEMU's version. */
export async function stageQemu(folder: string): Promise<string> {
  const version = requireVersion1User((await mustRun(program, ['--version'])).stdout);
  const put = (part: string, path: string): void => {
    if (!existsSync(path))
      throw new LabFailure(`${path} is missing`, 'It belongs to the Debian package qemu-system-x86.');
    mkdirSync(join(folder, part), { recursive: true });
    copyFileSync(realpathSync(path), join(folder, part, basename(path)));
  };
  put('bin', program);
  const libraries = new Set<string>();
  for (const binary of [program, ...files.modules]) {
    for (const library of sharedLibraries((await mustRun('ldd', [binary])).stdout)) libraries.add(library);
  }
  for (const library of libraries) put('lib', library);
  for (const path of files.modules) put('modules', path);
  for (const path of files.firmware) put('firmware', path);
  return version;
}
