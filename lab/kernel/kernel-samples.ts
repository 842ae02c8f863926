/** The VFIO samples of the kernel's own tree (samples/vfio-mdev), out of Debian's source package of the very kernel that is booted. */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from '../child';
import { LabFailure } from '../failure';
import type { Progress } from '../progress';
import { finish, isWhole } from '../seal';
import { AptSuite } from './apt-archive';
import { type LabKernel, sweepPartial } from './lab-kernel';

/** The package holds one tar.xz of the whole tree; nothing but the samples is written to disk. */
const extract = `set -o pipefail
dpkg-deb --fsys-tarfile "$1" | tar -xO --wildcards './usr/src/linux-source-*.tar.xz' | tar -xJ -C "$2" --strip-components=2 --wildcards '*/samples/vfio-mdev/*'`;

/** The folder with mtty.c and its like, fetched once per kernel version (150 MB, of which 100 KB are kept). */
export async function obtainSamples(cache: string, kernel: LabKernel, progress: Progress): Promise<string> {
  const folder = join(cache, 'samples');
  const done = join(folder, kernel.selection.version);
  const samples = join(done, 'vfio-mdev');
  if (isWhole(done, progress)) return samples;
  const { source } = kernel.selection;
  if (source === undefined) throw new LabFailure(`the archive has no source package of ${kernel.release}`);
  mkdirSync(folder, { recursive: true });
  sweepPartial(folder);
  progress.step(`downloading ${source.name} ${source.version} for the kernel's VFIO samples`);
  const deb = await new AptSuite(kernel.suite, cache).download(source);
  const partial = join(folder, `partial-${process.pid}`);
  mkdirSync(partial);
  try {
    progress.step('unpacking the samples');
    await mustRun('bash', ['-c', extract, 'extract', deb, partial]);
    if (!existsSync(join(partial, 'vfio-mdev/mtty.c')))
      throw new LabFailure(`${source.name} has no samples/vfio-mdev/mtty.c`);
    finish(partial, done);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  rmSync(deb, { force: true });
  return samples;
}
