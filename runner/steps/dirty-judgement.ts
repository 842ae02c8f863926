/** Judges a dirty bitmap by what the device was made to write: a page missing is corrupt memory, a page extra is a figure. */
import type { ClauseId, Who } from '../language/scenario';
import type { DirtyBitmap } from '../vfio/dirty-bitmap';
import type { Mapping } from '../vfio/iommu';
import { bitmapSeen } from './bitmap-seen';
import { type Comparison, compareBitmap, sayPages, sayRuns } from './dirty-comparison';
import { type Diagnosis, diagnoseMissing } from './dirty-diagnosis';
import type { StepContext } from './step-context';

export interface BitmapUse {
  /** The call, for people. */
  readonly what: string;
  /** What was mapped in the range when the bitmap was taken. */
  readonly mappings: readonly Mapping[];
  /** The clause that a missing page breaks, unless another cause is found. */
  readonly clause: ClauseId;
  /** False where the range is unmapped, or the page size is not the log's own: then there is nothing to try again. */
  readonly repeatable: boolean;
}

/** Every page that the device wrote and that has not been reported yet must be set. */
export function judgeBitmap(context: StepContext, bitmap: DirtyBitmap, use: BitmapUse): void {
  const { session, judge } = context;
  const { clause } = use;
  const seen = compareBitmap(bitmap, use.mappings, session.dma.writes);
  context.showBitmap(bitmapSeen(use.what, bitmap, seen));
  // The kernel marks the pages of a device behind an IOMMU by itself: then it is the kernel's duty.
  const who: Who | undefined = session.iommuBacked ? 'kernel' : undefined;
  if (seen.missing.length > 0) {
    const found: Diagnosis = use.repeatable ? diagnoseMissing(context, bitmap, seen, clause) : { clause };
    const broken = {
      expected: `${use.what}: every page that the device wrote is set (${seen.written.length} pages)`,
      observed: `${seen.missing.length} missing: ${sayPages(bitmap, seen.missing)}${sayRest(bitmap, seen)}`,
      ...(found.clause === 'DIRTY-COMPLETE' && who ? { who } : {}),
      ...found,
    };
    // Said here, because the cause weighs more than what the step is about.
    judge.broken(found.clause, broken);
    context.fail(broken);
  }
  if (seen.written.length > 0) {
    judge.kept(clause);
    for (const also of ['DIRTY-START', 'DIRTY-RANGE']) if (also !== clause) judge.kept(also);
    judge.kept('DIRTY-COMPLETE', who);
  }
  sayScope(context, bitmap, seen);
}

function sayRest(bitmap: DirtyBitmap, { extraRuns }: Comparison): string {
  return extraRuns.length === 0 ? '' : `; set, and not written: ${sayRuns(bitmap, extraRuns)}`;
}

/** Once in a case is enough. */
const SAID_EXTRA = 'pages were reported that were not written';

/** Precision is never failed (DIRTY-PRECISE): it is shown, over all bitmaps of the case. */
function sayScope(context: StepContext, bitmap: DirtyBitmap, seen: Comparison): void {
  const { judge, memory } = context;
  // Where everything was written there is nothing to be precise about.
  if (seen.extra === 0) {
    if (seen.mapped > seen.written.length) judge.kept('DIRTY-PRECISE');
  } else if (!memory.values.has(SAID_EXTRA)) {
    const scope = seen.allMapped
      ? 'every mapped page is reported, whatever was written'
      : `${seen.extra} pages were reported that were not written: ${sayRuns(bitmap, seen.extraRuns)}`;
    memory.values.set(SAID_EXTRA, 'yes');
    judge.reported('DIRTY-PRECISE', scope);
    judge.note(`scope: ${seen.allMapped ? 'all-mapped' : 'more than was written'}`);
  }
  const total = (name: string, more: number): number => {
    const sum = Number(memory.values.get(name) ?? 0) + more;
    memory.values.set(name, String(sum));
    judge.figure(name, sum);
    return sum;
  };
  const written = total('dirty pages written', seen.written.length);
  const reported = total('dirty pages reported', seen.reported);
  if (reported > 0) judge.figure('dirty precision', written / reported);
}

/**
 * Pages that were reported once and not written since are clean again. Those of `except` are not judged: the device may write them at
 * any time, which a bitmap shows that was read while it wrote nothing.
 */
export function judgeClean(
  context: StepContext,
  bitmap: DirtyBitmap,
  pages: readonly number[],
  use: { readonly what: string; readonly except: DirtyBitmap | undefined; readonly mappings: readonly Mapping[] },
): void {
  const clause = context.step.judge ?? 'DIRTY-CLEAR';
  const candidates = pages.filter((page) => !use.except?.has(page));
  const { mapped, reported } = compareBitmap(bitmap, use.mappings, []);
  // Where a page that the device left alone is set as well, a bit says nothing about these.
  if (candidates.length === 0 || reported === mapped) {
    context.judge.note('scope: these pages are reported whatever the device does, so none can be seen to be clean');
    return;
  }
  const stale = candidates.filter((page) => bitmap.has(page));
  if (stale.length === 0) context.judge.kept(clause);
  else
    context.fail({
      clause,
      expected: `${use.what}: pages that were not written since they were reported are clean`,
      observed: `set: ${sayPages(bitmap, stale)}`,
    });
}
