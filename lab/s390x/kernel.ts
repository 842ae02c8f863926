/** A Debian kernel and a busybox for s390x, unpacked in the cache; nothing is installed on this machine. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from '../child';
import { LabFailure } from '../failure';
import { AptSuite } from '../kernel/apt-archive';
import { compareVersions } from '../kernel/debian-version';
import { sweepPartial } from '../kernel/lab-kernel';
import type { IndexEntry } from '../kernel/package-index';
import type { Progress } from '../progress';

/** Suites that carry a kernel for s390x with VFIO: that of Debian 12 itself has none. */
const SUITES = ['trixie', 'bookworm-backports'] as const;
const IMAGE = /^linux-image-(6\.12\.\d[\w.+~]*-s390x)$/;

export interface S390Kernel {
  readonly release: string;
  readonly version: string;
  readonly suite: string;
  readonly image: string;
  /** lib/modules/RELEASE. */
  readonly modules: string;
  readonly busybox: string;
}

interface CacheRecord {
  readonly release: string;
  readonly version: string;
  readonly suite: string;
}

/** The newest 6.12 of the first suite that has one, or what is already in the cache. */
export async function obtainS390Kernel(cache: string, progress: Progress): Promise<S390Kernel> {
  mkdirSync(cache, { recursive: true });
  sweepPartial(cache);
  const record = join(cache, 'kernel.json');
  if (existsSync(record)) {
    const known = JSON.parse(readFileSync(record, 'utf8')) as CacheRecord;
    if (existsSync(join(cache, known.release))) return describe(cache, known);
  }
  progress.step('looking for a 6.12 kernel for s390x on the Debian mirror');
  const [archive, suite, image] = await choose(cache, progress);
  const release = IMAGE.exec(image.name)?.[1] ?? '';
  const busybox = newest(await archive.entries('busybox-static'));
  if (busybox === undefined) throw new LabFailure(`${suite} has no busybox-static for s390x`);
  const partial = join(cache, `partial-${process.pid}`);
  for (const entry of [image, busybox]) {
    progress.step(`downloading ${entry.name} ${entry.version}`);
    const deb = await archive.download({ name: entry.name, version: entry.version });
    await mustRun('dpkg-deb', ['-x', deb, partial]);
    rmSync(deb, { force: true });
  }
  rmSync(join(cache, release), { recursive: true, force: true });
  renameSync(partial, join(cache, release));
  const known: CacheRecord = { release, version: image.version, suite };
  writeFileSync(`${record}.new`, `${JSON.stringify(known, null, 2)}\n`);
  renameSync(`${record}.new`, record);
  return describe(cache, known);
}

async function choose(cache: string, progress: Progress): Promise<[AptSuite, string, IndexEntry]> {
  const reasons: string[] = [];
  for (const suite of SUITES) {
    try {
      const archive = new AptSuite(suite, cache, 's390x');
      await archive.update();
      const image = newest((await archive.entries('linux-image-')).filter(({ name }) => IMAGE.test(name)));
      if (image !== undefined) return [archive, suite, image];
      reasons.push(`${suite}: it lists no 6.12 image for s390x`);
    } catch (error) {
      if (!(error instanceof LabFailure)) throw error;
      reasons.push(`${suite}: ${error.message}`);
    }
    progress.detail(`${suite} has no usable kernel for s390x`);
  }
  throw new LabFailure(`no 6.12 kernel for s390x could be found\n${reasons.join('\n')}`);
}

function newest(entries: readonly IndexEntry[]): IndexEntry | undefined {
  return [...entries].sort((a, b) => compareVersions(b.version, a.version))[0];
}

function describe(cache: string, { release, version, suite }: CacheRecord): S390Kernel {
  const root = join(cache, release);
  const find = (what: string, ...paths: readonly string[]): string => {
    const found = paths.map((path) => join(root, path)).find((path) => existsSync(path));
    if (found === undefined) throw new LabFailure(`${release} has no ${what} (looked for ${paths.join(', ')})`);
    return found;
  };
  return {
    release,
    version,
    suite,
    image: find('boot image', `boot/vmlinuz-${release}`),
    modules: find('modules', `usr/lib/modules/${release}`, `lib/modules/${release}`),
    busybox: find('busybox', 'usr/bin/busybox', 'bin/busybox'),
  };
}
