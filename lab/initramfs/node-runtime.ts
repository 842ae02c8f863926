/** The Node that runs the lab, and the shared libraries it and koffi need, as files for the guest. */
import { readFileSync, realpathSync } from 'node:fs';
import { mustRun, runCommand } from '../child';
import type { CpioEntry } from './cpio';

/** The library files that `ldd` names: `libc.so.6 => /lib/.../libc.so.6 (0x...)` and the loader, which has no arrow. */
export function sharedLibraries(ldd: string): string[] {
  const found = new Set<string>();
  for (const line of ldd.split('\n')) {
    const path = /(?:=>\s*|^\s*)(\/\S+)\s+\(0x[0-9a-f]+\)/.exec(line)?.[1];
    if (path !== undefined) found.add(path);
  }
  return [...found];
}

/** A library is put where the loader looks for it by the path that ldd gave, so links need not be copied. */
function fileEntry(path: string): CpioEntry {
  return { kind: 'file', path: path.slice(1), content: readFileSync(realpathSync(path)), executable: true };
}

/** Entries for `/usr/bin/node` with its libraries, and for the libraries of `addons`. Those made for another C library name none that is here. */
export async function nodeRuntime(addons: readonly string[]): Promise<CpioEntry[]> {
  const libraries = new Set(sharedLibraries((await mustRun('ldd', [process.execPath])).stdout));
  for (const addon of addons) {
    for (const library of sharedLibraries((await runCommand('ldd', [addon])).stdout)) libraries.add(library);
  }
  return [
    { kind: 'file', path: 'usr/bin/node', content: readFileSync(realpathSync(process.execPath)), executable: true },
    ...[...libraries].sort().map(fileEntry),
  ];
}
