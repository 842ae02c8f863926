/** Archives in the "newc" cpio format, which the kernel unpacks as its first file system (Documentation/driver-api/early-userspace). */

export type CpioEntry =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'file'; readonly path: string; readonly content: Buffer; readonly executable?: boolean }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

const modes = { folder: 0o040755, file: 0o100644, program: 0o100755, link: 0o120777 } as const;

function padding(length: number): Buffer {
  return Buffer.alloc((4 - (length % 4)) % 4);
}

/** One header: the magic and thirteen 8-digit hexadecimal fields, then the name with its NUL, padded to 4 bytes. */
function header(inode: number, mode: number, links: number, size: number, path: string): Buffer {
  const name = Buffer.from(`${path}\0`);
  const fields = [inode, mode, 0, 0, links, 0, size, 0, 0, 0, 0, name.length, 0];
  const text = `070701${fields.map((value) => value.toString(16).toUpperCase().padStart(8, '0')).join('')}`;
  const head = Buffer.concat([Buffer.from(text), name]);
  return Buffer.concat([head, padding(head.length)]);
}

function modeOf(entry: CpioEntry): number {
  if (entry.kind === 'file') return entry.executable === true ? modes.program : modes.file;
  return modes[entry.kind];
}

/** The folders that `paths` lie in and that are not listed themselves, outermost first. */
export function missingFolders(entries: readonly CpioEntry[]): string[] {
  const listed = new Set(entries.filter((e) => e.kind === 'folder').map((e) => e.path));
  const missing = new Set<string>();
  for (const { path } of entries) {
    const parts = path.split('/');
    for (let depth = 1; depth < parts.length; depth += 1) {
      const folder = parts.slice(0, depth).join('/');
      if (!listed.has(folder)) missing.add(folder);
    }
  }
  return [...missing].sort((a, b) => a.split('/').length - b.split('/').length || (a < b ? -1 : 1));
}

/**
 * The archive's pieces, in order, folders before what lies in them. Paths are relative, without a leading slash; everything belongs
 * to root and has no time, so that equal content makes equal bytes. Throws RangeError for an absolute or repeated path.
 */
export function cpioPieces(entries: readonly CpioEntry[]): Buffer[] {
  const seen = new Set<string>();
  for (const { path } of entries) {
    if (path === '' || path.startsWith('/') || path.split('/').includes('..'))
      throw new RangeError(`not a path in an archive: ${path}`);
    if (seen.has(path)) throw new RangeError(`twice in the archive: ${path}`);
    seen.add(path);
  }
  const folders: CpioEntry[] = [
    ...missingFolders(entries).map((path): CpioEntry => ({ kind: 'folder', path })),
    ...entries.filter((e) => e.kind === 'folder'),
  ].sort((a, b) => a.path.split('/').length - b.path.split('/').length);
  const pieces: Buffer[] = [];
  let inode = 1;
  for (const entry of [...folders, ...entries.filter((e) => e.kind !== 'folder')]) {
    const body =
      entry.kind === 'file' ? entry.content : entry.kind === 'link' ? Buffer.from(entry.target) : Buffer.alloc(0);
    pieces.push(
      header(inode, modeOf(entry), entry.kind === 'folder' ? 2 : 1, body.length, entry.path),
      body,
      padding(body.length),
    );
    inode += 1;
  }
  pieces.push(header(0, 0, 1, 0, 'TRAILER!!!'));
  return pieces;
}
