/** A dirty bitmap held against what the device was made to write, page by page. */
import type { DirtyBitmap, PageRun } from '../vfio/dirty-bitmap';
import type { Mapping } from '../vfio/iommu';
import { runsOf } from './bitmap-seen';
import type { DmaWrite } from './device-session';

/** A device that sets every second bit of a million must not fill the memory. */
export const MOST_RUNS = 1024;

/** Pages are numbered from the start of the bitmap. */
export interface Comparison {
  /** Written by the device, and mapped. */
  readonly written: readonly number[];
  /** Written and not reported. */
  readonly missing: readonly number[];
  /** How many pages are mapped and reported, but not written as far as the kit knows. */
  readonly extra: number;
  /** The first of these, at most MOST_RUNS runs. */
  readonly extraRuns: readonly PageRun[];
  /** Mapped pages in the range, and how many of them are reported. */
  readonly mapped: number;
  readonly reported: number;
  /** Every mapped page is reported, whatever was written. */
  readonly allMapped: boolean;
}

/**
 * Bits of places where nothing is mapped, and those behind the range in the last word, are not looked at (DIRTY-RANGE). Only what was
 * written is looked at page by page: a bitmap may have 2^31 of them.
 */
export function compareBitmap(
  bitmap: DirtyBitmap,
  mappings: readonly Mapping[],
  writes: readonly DmaWrite[],
): Comparison {
  const spans = mappings.map((mapping) => spanOf(bitmap, mapping)).sort((one, other) => one.first - other.first);
  const isMapped = (page: number) => spans.some(({ first, end }) => page >= first && page < end);
  const written = [...pagesOf(bitmap, writes)].filter(isMapped).sort((a, b) => a - b);
  const missing = written.filter((page) => !bitmap.has(page));
  let mapped = 0;
  let reported = 0;
  for (const { first, end } of spans) {
    mapped += end - first;
    reported += bitmap.countIn(first, end - first);
  }
  const extra = reported - (written.length - missing.length);
  const extraRuns = extra === 0 ? [] : runsBeside(bitmap, spans, written);
  const allMapped = mapped > 0 && reported === mapped && extra > 0;
  return { written, missing, extra, extraRuns, mapped, reported, allMapped };
}

interface Span {
  readonly first: number;
  /** Not included. */
  readonly end: number;
}

function spanOf(bitmap: DirtyBitmap, { iova, size }: Mapping): Span {
  const at = Number((iova - bitmap.iova) / bitmap.pageSize);
  const first = Math.min(Math.max(at, 0), bitmap.pages);
  return { first, end: Math.max(first, Math.min(at + Number(size / bitmap.pageSize), bitmap.pages)) };
}

/** The first pages that are set and mapped and not written. Spans and pages in ascending order. */
function runsBeside(bitmap: DirtyBitmap, spans: readonly Span[], written: readonly number[]): readonly PageRun[] {
  const beside: PageRun[] = [];
  let next = 0;
  for (const span of spans)
    for (const run of bitmap.runsFrom(span.first)) {
      if (run.first >= span.end) break;
      const end = Math.min(run.first + run.pages, span.end);
      for (let from = run.first; from < end; ) {
        while ((written[next] ?? end) < from) next += 1;
        const to = Math.min(written[next] ?? end, end);
        if (to > from) beside.push({ first: from, pages: to - from });
        if (beside.length >= MOST_RUNS) return beside;
        from = to + 1;
      }
    }
  return beside;
}

/** The pages that writes touch, numbered from the start of the bitmap, inside it or not. */
export function pagesOf(
  { iova, pageSize }: Pick<DirtyBitmap, 'iova' | 'pageSize'>,
  writes: readonly DmaWrite[],
): ReadonlySet<number> {
  const pages = new Set<number>();
  for (const write of writes) {
    const first = floorDivide(write.iova - iova, pageSize);
    const last = floorDivide(write.iova + write.size - 1n - iova, pageSize);
    for (let page = first; page <= last; page += 1n) pages.add(Number(page));
  }
  return pages;
}

/** What of the writes lies outside a range: a bitmap of that range does not report it, and it is still owed. */
export function outside(writes: readonly DmaWrite[], iova: bigint, size: bigint): DmaWrite[] {
  const end = iova + size;
  return writes.flatMap((write) => {
    const last = write.iova + write.size;
    if (last <= iova || write.iova >= end) return [write];
    const before = { iova: write.iova, size: iova - write.iova };
    const behind = { iova: end, size: last - end };
    return [before, behind].filter((part) => part.size > 0n);
  });
}

/** `3 (0x3000)`, `64 to 66 (0x40000)`: for people, not too many of them. */
export function sayPages(bitmap: Pick<DirtyBitmap, 'addressOf'>, pages: readonly number[]): string {
  return sayRuns(bitmap, runsOf(pages));
}

/** The same of runs. */
export function sayRuns(bitmap: Pick<DirtyBitmap, 'addressOf'>, runs: readonly PageRun[]): string {
  const said = runs.slice(0, MAX_RUNS).map(({ first, pages: count }) => {
    const last = count > 1 ? ` to ${first + count - 1}` : '';
    return `${first}${last} (0x${bitmap.addressOf(first).toString(16)})`;
  });
  return `${said.join(', ')}${runs.length > MAX_RUNS ? ', ...' : ''}`;
}

const MAX_RUNS = 8;

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

function floorDivide(value: bigint, by: bigint): bigint {
  return value >= 0n ? value / by : -((-value + by - 1n) / by);
}
