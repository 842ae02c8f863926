/** A dirty bitmap held against what the device was made to write, page by page. */
import type { DirtyBitmap } from '../vfio/dirty-bitmap';
import type { Mapping } from '../vfio/iommu';
import { runsOf } from './bitmap-seen';
import type { DmaWrite } from './device-session';

/** Pages are numbered from the start of the bitmap. */
export interface Comparison {
  /** Written by the device, and mapped. */
  readonly written: readonly number[];
  /** Written and not reported. */
  readonly missing: readonly number[];
  /** Mapped and reported, but not written as far as the kit knows. */
  readonly extra: readonly number[];
  /** Mapped pages in the range, and how many of them are reported. */
  readonly mapped: number;
  readonly reported: number;
  /** Every mapped page is reported, whatever was written. */
  readonly allMapped: boolean;
}

/** Bits of places where nothing is mapped, and those behind the range in the last word, are not looked at (DIRTY-RANGE). */
export function compareBitmap(
  bitmap: DirtyBitmap,
  mappings: readonly Mapping[],
  writes: readonly DmaWrite[],
): Comparison {
  const expected = pagesOf(bitmap, writes);
  const written: number[] = [];
  const missing: number[] = [];
  const extra: number[] = [];
  let mapped = 0;
  let reported = 0;
  for (const mapping of mappings) {
    const first = Number((mapping.iova - bitmap.iova) / bitmap.pageSize);
    const pages = Number(mapping.size / bitmap.pageSize);
    for (let page = Math.max(first, 0); page < Math.min(first + pages, bitmap.pages); page += 1) {
      const set = bitmap.has(page);
      mapped += 1;
      if (set) reported += 1;
      if (expected.has(page)) {
        written.push(page);
        if (!set) missing.push(page);
      } else if (set) extra.push(page);
    }
  }
  const allMapped = mapped > 0 && reported === mapped && extra.length > 0;
  return { written, missing, extra, mapped, reported, allMapped };
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
  const runs = runsOf(pages);
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
