/** BitmapSeen: a dirty bitmap as it was judged, small enough to be kept with a case's result and drawn. */
import type { DirtyBitmap, PageRun } from '../vfio/dirty-bitmap';
import type { Comparison } from './dirty-comparison';

export type { PageRun } from '../vfio/dirty-bitmap';

/** Runs of pages are numbered from the start of the bitmap. */
export interface BitmapSeen {
  /** The call that gave it, for people. */
  readonly what: string;
  /** `0x100000`. */
  readonly iova: string;
  /** Bytes. */
  readonly pageSize: number;
  readonly pages: number;
  /** Written by the device, and mapped. */
  readonly written: readonly PageRun[];
  /** Written and not reported: DIRTY-COMPLETE. */
  readonly missing: readonly PageRun[];
  /** Reported and not written, as far as the kit knows: DIRTY-PRECISE. */
  readonly extra: readonly PageRun[];
  /** Runs that were too many to keep; there may be more of those that were reported for nothing. */
  readonly omitted?: number;
}

/** Of each kind; a device that sets every second bit of a million must not fill the disk. */
const RUNS_KEPT = 256;

export function bitmapSeen(what: string, bitmap: DirtyBitmap, seen: Comparison): BitmapSeen {
  let omitted = 0;
  const kept = (runs: readonly PageRun[]): readonly PageRun[] => {
    omitted += Math.max(0, runs.length - RUNS_KEPT);
    return runs.slice(0, RUNS_KEPT);
  };
  const { written, missing, extraRuns } = seen;
  const runs = { written: kept(runsOf(written)), missing: kept(runsOf(missing)), extra: kept(extraRuns) };
  return {
    what,
    iova: `0x${bitmap.iova.toString(16)}`,
    pageSize: Number(bitmap.pageSize),
    pages: bitmap.pages,
    ...runs,
    ...(omitted > 0 ? { omitted } : {}),
  };
}

/** Pages in ascending order, drawn together where they follow each other. */
export function runsOf(pages: readonly number[]): PageRun[] {
  const runs: { first: number; pages: number }[] = [];
  for (const page of pages) {
    const last = runs.at(-1);
    if (last && last.first + last.pages === page) last.pages += 1;
    else runs.push({ first: page, pages: 1 });
  }
  return runs;
}
