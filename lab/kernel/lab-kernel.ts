/** A Debian kernel unpacked in the cache: what can be booted, and what modules are built against. Never installed on the machine. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from '../child';
import { LabFailure } from '../failure';
import type { Progress } from '../progress';
import { finish, isWhole } from '../seal';
import { AptSuite } from './apt-archive';
import { type KernelSelection, selectKernel } from './select-kernel';
import { rebaseHeaders } from './unpacked-headers';

/** The kernels that the lab knows, the first one being the default, with the suites that may carry them in order of preference. */
export const kernelSeries: Readonly<Record<string, readonly string[]>> = {
  '6.12': ['bookworm-backports', 'trixie'],
  '6.1': ['bookworm'],
};
export const defaultSeries = '6.12';

export interface LabKernel {
  readonly series: string;
  /** `uname -r`. */
  readonly release: string;
  readonly suite: string;
  /** The unpack root that stands for `/`. */
  readonly root: string;
  /** The bzImage. */
  readonly image: string;
  /** lib/modules/RELEASE. */
  readonly modules: string;
  /** usr/src/linux-headers-RELEASE, ready for `make -C`. */
  readonly headers: string;
  readonly selection: KernelSelection;
}

/** Removes what an interrupted run left: names that start with `partial-`, of processes that are gone. */
export function sweepPartial(folder: string): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const pid = /^partial-(\d+)/.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

function firstExisting(candidates: readonly string[], what: string): string {
  const found = candidates.find((path) => existsSync(path));
  if (found === undefined)
    throw new LabFailure(`the unpacked kernel has no ${what} (looked for ${candidates.join(', ')})`);
  return found;
}

function describe(series: string, suite: string, root: string, selection: KernelSelection): LabKernel {
  const { release } = selection;
  return {
    series,
    release,
    suite,
    root,
    selection,
    image: firstExisting([join(root, 'boot', `vmlinuz-${release}`)], 'boot image'),
    modules: firstExisting(
      [join(root, 'lib/modules', release), join(root, 'usr/lib/modules', release)].filter((p) =>
        existsSync(join(p, 'kernel')),
      ),
      'modules',
    ),
    headers: firstExisting([join(root, 'usr/src', `linux-headers-${release}`)], 'headers'),
  };
}

interface CacheRecord {
  readonly suite: string;
  readonly selection: KernelSelection;
}

function cached(cache: string, series: string, progress: Progress): LabKernel | undefined {
  const record = readRecord(join(cache, 'kernels', `${series}.json`));
  if (record === undefined) return undefined;
  const root = join(cache, 'kernels', record.selection.release);
  return isWhole(root, progress) ? describe(series, record.suite, root, record.selection) : undefined;
}

/** Undefined for one that is not there, or no JSON any more. */
function readRecord(file: string): CacheRecord | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as CacheRecord;
  } catch {
    return undefined;
  }
}

async function choose(
  cache: string,
  series: string,
  suites: readonly string[],
  progress: Progress,
): Promise<[AptSuite, string, KernelSelection]> {
  const reasons: string[] = [];
  for (const suite of suites) {
    try {
      const archive = new AptSuite(suite, cache);
      await archive.update();
      return [archive, suite, selectKernel(await archive.entries('linux-'), series)];
    } catch (error) {
      if (!(error instanceof LabFailure)) throw error;
      reasons.push(`${suite}: ${error.message}`);
      progress.detail(`${suite} has no usable ${series} kernel`);
    }
  }
  throw new LabFailure(`no ${series} kernel could be found\n${reasons.join('\n')}`);
}

/** Downloads and unpacks the newest kernel of a series, or gives the one that is already in the cache. */
export async function obtainKernel(
  cache: string,
  series: string,
  progress: Progress,
  refresh = false,
): Promise<LabKernel> {
  const suites = kernelSeries[series];
  if (suites === undefined) {
    throw new LabFailure(`no kernel "${series}" in the lab`, `Known: ${Object.keys(kernelSeries).join(', ')}.`, 2);
  }
  const folder = join(cache, 'kernels');
  mkdirSync(folder, { recursive: true });
  sweepPartial(folder);
  sweepPartial(join(cache, 'debs'));
  const known = cached(cache, series, progress);
  if (known !== undefined && !refresh) return known;

  progress.step(`looking for a ${series} kernel on the Debian mirror`);
  const [archive, suite, selection] = await choose(cache, series, suites, progress);
  const root = join(folder, selection.release);
  if (!isWhole(root, progress)) {
    progress.step(`downloading ${selection.release} (${selection.version}): image, headers, kbuild`);
    const debs: string[] = [];
    for (const pin of [selection.image, selection.headers, selection.commonHeaders, selection.kbuild]) {
      debs.push(await archive.download(pin));
    }
    progress.step(`unpacking ${selection.release}`);
    const partial = join(folder, `partial-${process.pid}`);
    for (const deb of debs) await mustRun('dpkg-deb', ['-x', deb, partial]);
    rebaseHeaders(partial, selection.release);
    finish(partial, root);
    for (const deb of debs) rmSync(deb, { force: true });
  }
  writeFileSync(
    join(folder, `${series}.json.new`),
    `${JSON.stringify({ suite, selection } satisfies CacheRecord, null, 2)}\n`,
  );
  renameSync(join(folder, `${series}.json.new`), join(folder, `${series}.json`));
  return describe(series, suite, root, selection);
}
