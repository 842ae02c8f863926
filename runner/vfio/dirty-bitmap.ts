/**
 * A dirty bitmap as the kernel gave it: an array of native u64 words, bit n of which stands for the page at iova + n * pageSize. Kept
 * as bytes in little-endian order, where bit n is bit n % 8 of byte n / 8; bits past the last page are never looked at.
 */
import type { ByteOrder } from '../abi';
import { type BitMemory, bitMemory } from './bit-memory';

/** Pages that follow each other. */
export interface PageRun {
  readonly first: number;
  readonly pages: number;
}

/** What one bitmap has and the other has not. */
export interface BitmapDifference {
  /** Pages set in the expected one and not here: lost writes. */
  readonly missing: number;
  /** Pages set here and not in the expected one: reported for nothing. */
  readonly extra: number;
  /** The first runs of each, at most as many as asked for. */
  readonly missingRuns: readonly PageRun[];
  readonly extraRuns: readonly PageRun[];
}

/** Bytes that a bitmap of so many pages takes: whole u64 words. */
export function bitmapBytes(pages: bigint): bigint {
  return ((pages + 63n) / 64n) * 8n;
}

export class DirtyBitmap {
  private readonly bytes: Uint8Array;

  private constructor(
    readonly iova: bigint,
    /** Bytes of one page. */
    readonly pageSize: bigint,
    readonly pages: number,
    /** Bits past the last page are zero. */
    private readonly bits: BitMemory,
  ) {
    this.bytes = bits.bytes;
  }

  /** No page set. */
  static empty(iova: bigint, pageSize: bigint, pages: number): DirtyBitmap {
    return new DirtyBitmap(iova, pageSize, pages, bitMemory(Number(bitmapBytes(BigInt(pages)))));
  }

  /** From bitmap memory with words in the host's byte order; the bytes are copied. Words that are not there count as zero. */
  static fromMemory(iova: bigint, pageSize: bigint, pages: number, memory: Uint8Array, order: ByteOrder): DirtyBitmap {
    return DirtyBitmap.filled(iova, pageSize, pages, (bytes) => bytes.set(memory.subarray(0, bytes.length)), order);
  }

  /** `fill` puts words in the host's byte order into the zeroed bytes it is given. */
  static filled(
    iova: bigint,
    pageSize: bigint,
    pages: number,
    fill: (bytes: Uint8Array) => void,
    order: ByteOrder,
  ): DirtyBitmap {
    const bitmap = DirtyBitmap.empty(iova, pageSize, pages);
    const { bytes } = bitmap;
    fill(bytes);
    if (order === 'big') Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).swap64();
    const last = byteOf(pages);
    if ((pages & 7) !== 0) {
      bytes[last] = bitmap.byte(last) & ((1 << (pages & 7)) - 1);
    }
    bytes.fill(0, byteOf(pages + 7));
    return bitmap;
  }

  has(page: number): boolean {
    return page >= 0 && page < this.pages && (this.byte(byteOf(page)) & (1 << (page & 7))) !== 0;
  }

  /** The address of a page. */
  addressOf(page: number): bigint {
    return this.iova + BigInt(page) * this.pageSize;
  }

  /** Marks every page that a write of `size` bytes at `address` touches, as far as it lies in the range. */
  markWritten(address: bigint, size: bigint): void {
    if (size <= 0n) {
      return;
    }
    const first = floorDivide(address - this.iova, this.pageSize);
    const last = floorDivide(address + size - 1n - this.iova, this.pageSize);
    const from = first < 0n ? 0n : first;
    const to = last < BigInt(this.pages) ? last : BigInt(this.pages) - 1n;
    for (let page = Number(from); page <= Number(to); page++) {
      this.bytes[byteOf(page)] = this.byte(byteOf(page)) | (1 << (page & 7));
    }
  }

  /** Number of pages set. */
  count(): number {
    return this.bits.count(0, this.bytes.length);
  }

  /** Number of pages set among `pages` from `first` on, as far as they lie in the range. */
  countIn(first: number, pages: number): number {
    const from = Math.max(0, first);
    const to = Math.min(this.pages, first + pages);
    let count = 0;
    const wholeFrom = Math.ceil(from / 8);
    const wholeTo = byteOf(to);
    if (wholeFrom >= wholeTo) {
      for (let page = from; page < to; page += 1) if (this.has(page)) count += 1;
      return count;
    }
    for (let page = from; page < wholeFrom * 8; page += 1) if (this.has(page)) count += 1;
    for (let page = wholeTo * 8; page < to; page += 1) if (this.has(page)) count += 1;
    return count + this.bits.count(wholeFrom, wholeTo);
  }

  /** Runs of set pages in order of their address. */
  runs(): Generator<PageRun> {
    return this.runsFrom(0);
  }

  /** Runs of set pages from page `start` on; one that reaches over it begins there. */
  *runsFrom(start: number): Generator<PageRun> {
    let page = Math.max(0, start);
    while (page < this.pages) {
      const first = this.next(page, true);
      if (first >= this.pages) return;
      page = this.next(first, false);
      yield { first, pages: page - first };
    }
  }

  /** Compares with what should be set. Ranges must be the same. */
  compare(expected: DirtyBitmap, maxRuns = 16): BitmapDifference {
    this.checkSameRange(expected);
    const { onlyHere, onlyThere } = this.bits.differences(expected.bits);
    return {
      missing: onlyThere,
      extra: onlyHere,
      missingRuns: onlyThere === 0 ? [] : runsWithout(expected, this, maxRuns),
      extraRuns: onlyHere === 0 ? [] : runsWithout(this, expected, maxRuns),
    };
  }

  /** The first page from `page` on that is set, or not set; the number of pages when there is none. */
  private next(page: number, set: boolean): number {
    const { bytes, pages } = this;
    let at = page;
    while (at < pages) {
      if ((at & 7) === 0) {
        const word = byteOf(at);
        const skipped = (word & 3) === 0 ? this.bits.skip(word, set ? 0 : 0xff) : word;
        at = skipped * 8;
        if (at >= pages) return pages;
        const byte = bytes[skipped] ?? 0;
        if (byte === (set ? 0 : 0xff)) {
          at += 8;
          continue;
        }
      }
      if (this.has(at) === set) return at;
      at += 1;
    }
    return pages;
  }

  private checkSameRange(other: DirtyBitmap): void {
    if (other.iova !== this.iova || other.pageSize !== this.pageSize || other.pages !== this.pages) {
      throw new RangeError('bitmaps of different ranges cannot be compared');
    }
  }

  private byte(index: number): number {
    return this.bytes[index] ?? 0;
  }
}

/** Not a shift: the largest bitmaps have more than 2^31 pages. */
function byteOf(page: number): number {
  return Math.floor(page / 8);
}

/** The first runs of pages set in one bitmap and not in another of the same range. */
function runsWithout(one: DirtyBitmap, other: DirtyBitmap, maxRuns: number): readonly PageRun[] {
  const found: PageRun[] = [];
  if (maxRuns <= 0) return found;
  for (const run of one.runs()) {
    const end = run.first + run.pages;
    let from = run.first;
    for (const hole of other.runsFrom(run.first)) {
      if (hole.first >= end || found.length >= maxRuns) break;
      if (hole.first > from) found.push({ first: from, pages: hole.first - from });
      from = hole.first + hole.pages;
    }
    if (from < end) found.push({ first: from, pages: end - from });
    if (found.length >= maxRuns) return found.slice(0, maxRuns);
  }
  return found;
}

function floorDivide(value: bigint, by: bigint): bigint {
  return value >= 0n ? value / by : -((-value + by - 1n) / by);
}
