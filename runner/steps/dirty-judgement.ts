/** Judges a dirty bitmap by what the device was made to write: a page missing is corrupt memory, a page extra is a figure. */
import type { ClauseId } from '../language/scenario';
import { DirtyBitmap, type PageRun } from '../vfio/dirty-bitmap';
import type { DmaWrite } from './device-session';
import type { StepContext } from './step-context';

const MAX_RUNS = 8;

export interface BitmapUse {
  readonly clean: boolean;
  /** The call, for people. */
  readonly what: string;
  /** The clause that a missing page breaks beside a step's own `judge:`. */
  readonly clause?: ClauseId;
}

export function judgeBitmap(context: StepContext, bitmap: DirtyBitmap, use: BitmapUse): void {
  const { session, judge } = context;
  const { dma } = session;
  const expected = DirtyBitmap.empty(bitmap.iova, bitmap.pageSize, bitmap.pages);
  for (const write of dma.writes) expected.markWritten(write.iova, write.size);
  const difference = bitmap.compare(expected, MAX_RUNS);
  const allMapped = session.iommuBacked && bitmap.count() === bitmap.pages;
  // The kernel marks the pages of an IOMMU-backed device by itself: then it is the kernel's duty.
  const who = session.iommuBacked ? ({ who: 'kernel' } as const) : {};
  const clause = context.step.judge ?? use.clause ?? 'DIRTY-COMPLETE';
  if (difference.missing > 0) {
    context.fail({
      clause,
      expected: `${use.what}: every page that the device wrote is set (${expected.count()} pages)`,
      observed: `${difference.missing} missing: ${sayRuns(bitmap, difference.missingRuns)}`,
      ...who,
    });
  }
  if (expected.count() > 0) {
    if (clause === 'DIRTY-COMPLETE') judge.kept(clause, who.who);
    else judge.kept(clause);
    judge.kept('DIRTY-RANGE');
    judge.kept('DIRTY-START');
  }
  judge.figure('dirty pages written', expected.count());
  judge.figure('dirty pages reported', bitmap.count());
  if (bitmap.count() > 0) judge.figure('dirty precision', expected.count() / bitmap.count());
  if (allMapped) judge.note('scope: all-mapped (the kernel reports every mapped page for this device)');
  else if (difference.extra > 0)
    judge.reported(
      'DIRTY-PRECISE',
      `${difference.extra} pages were reported that were not written: ${sayRuns(bitmap, difference.extraRuns)}`,
    );
  else judge.note('scope: exact');
  if (use.clean && !allMapped && bitmap.count() > 0) {
    context.fail({
      clause: context.step.judge ?? 'DIRTY-CLEAR',
      expected: `${use.what}: no page is set`,
      observed: `${bitmap.count()} pages: ${sayRuns(bitmap, difference.extraRuns)}`,
    });
  }
  dma.writes = dma.writes.filter((write) => !covers(bitmap, write));
}

/** Whatever a bitmap covers is reported; what it does not is still owed. */
function covers(bitmap: DirtyBitmap, write: DmaWrite): boolean {
  const end = bitmap.iova + BigInt(bitmap.pages) * bitmap.pageSize;
  return write.iova >= bitmap.iova && write.iova + write.size <= end;
}

function sayRuns(bitmap: DirtyBitmap, runs: readonly PageRun[]): string {
  return runs
    .map((run) => `${run.pages} from page ${run.first} (0x${bitmap.addressOf(run.first).toString(16)})`)
    .join(', ');
}

/** The bitmap as a person reads it: runs of dirty pages. */
export function bitmapTable(bitmap: DirtyBitmap): string {
  const lines = [
    `${bitmap.count()} of ${bitmap.pages} pages of ${bitmap.pageSize} bytes from 0x${bitmap.iova.toString(16)}`,
  ];
  for (const run of bitmap.runs()) {
    if (lines.length > 200) {
      lines.push('...');
      break;
    }
    lines.push(`0x${bitmap.addressOf(run.first).toString(16)}  ${run.pages} ${run.pages === 1 ? 'page' : 'pages'}`);
  }
  return lines.join('\n');
}
