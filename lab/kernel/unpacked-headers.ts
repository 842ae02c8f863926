/** Makes Debian's kernel headers usable from where they were unpacked. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabFailure } from '../failure';

/**
 * The Makefile with every `include /usr/src/...` turned into one relative to the Makefile itself, so that the headers work in any
 * folder and the cache may be moved.
 */
export function rebaseMakefile(makefile: string): string {
  return makefile.replace(/^(\s*-?include\s+)\/usr\/src\//gm, '$1$(dir $(lastword $(MAKEFILE_LIST)))../');
}

/** Rewrites `usr/src/linux-headers-RELEASE/Makefile` under `root`. */
export function rebaseHeaders(root: string, release: string): void {
  const file = join(root, 'usr/src', `linux-headers-${release}`, 'Makefile');
  const before = readFileSync(file, 'utf8');
  const after = rebaseMakefile(before);
  if (/^\s*-?include\s+\//m.test(after)) {
    throw new LabFailure(`${file} includes an absolute path that is not known: ${after.trim()}`);
  }
  writeFileSync(file, after);
}
