/** The compiled addons among the kit's dependencies (koffi, Jest's resolver): Node loads them in the guest, so their libraries must be there. */
import { closeSync, existsSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';

/** An ELF file for x86-64: the magic, 64 bits, little-endian, and machine 62. */
export function isElfX86(head: Buffer): boolean {
  return (
    head.length >= 20 &&
    head.readUInt32BE(0) === 0x7f454c46 &&
    head[4] === 2 &&
    head[5] === 1 &&
    head.readUInt16LE(18) === 62
  );
}

function headOf(file: string): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const head = Buffer.alloc(20);
    return head.subarray(0, readSync(descriptor, head));
  } finally {
    closeSync(descriptor);
  }
}

/** Every x86-64 `.node` file below `folder`, sorted; links are not followed. */
export function nativeAddons(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.node'))
    .map((entry) => join(entry.path, entry.name))
    .filter((file) => isElfX86(headOf(file)))
    .sort();
}
