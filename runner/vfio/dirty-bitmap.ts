/**
 * A dirty bitmap as the kernel gave it: an array of native u64 words, bit n of which stands for the page at iova + n * pageSize. Kept
 * as bytes in little-endian order, where bit n is bit n % 8 of byte n / 8; bits past the last page are never looked at.
 */
import type { ByteOrder } from '../abi';

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
  private constructor(
    readonly iova: bigint,
    /** Bytes of one page. */
    readonly pageSize: bigint,
    readonly pages: number,
    private readonly bytes: Uint8Array,
  ) {}

  /** No page set. */
  static empty(iova: bigint, pageSize: bigint, pages: number): DirtyBitmap {
    return new DirtyBitmap(iova, pageSize, pages, new Uint8Array(Number(bitmapBytes(BigInt(pages)))));
  }

  /** From bitmap memory with words in the host's byte order; the bytes are copied. Words that are not there count as zero. */
  static fromMemory(iova: bigint, pageSize: bigint, pages: number, memory: Uint8Array, order: ByteOrder): DirtyBitmap {
    const bitmap = DirtyBitmap.empty(iova, pageSize, pages);
    bitmap.bytes.set(memory.subarray(0, bitmap.bytes.length));
    if (order === 'big') {
      Buffer.from(bitmap.bytes.buffer).swap64();
    }
    return bitmap;
  }

  has(page: number): boolean {
    return page >= 0 && page < this.pages && (this.byte(page >> 3) & (1 << (page & 7))) !== 0;
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
      this.bytes[page >> 3] = this.byte(page >> 3) | (1 << (page & 7));
    }
  }

  /** Adds the pages of another bitmap of the same range. */
  merge(other: DirtyBitmap): void {
    this.checkSameRange(other);
    for (let n = 0; n < this.bytes.length; n++) {
      this.bytes[n] = this.byte(n) | other.byte(n);
    }
  }

  /** Number of pages set. */
  count(): number {
    return countBits(this.maskedWords());
  }

  /** Runs of set pages in order of their address. */
  *runs(): Generator<PageRun> {
    yield* runsOf(this.maskedWords(), this.pages);
  }

  /** Compares with what should be set. Ranges must be the same. */
  compare(expected: DirtyBitmap, maxRuns = 16): BitmapDifference {
    this.checkSameRange(expected);
    const here = this.maskedWords();
    const there = expected.maskedWords();
    const missing = here.map((word, n) => ~word & (there[n] ?? 0));
    const extra = here.map((word, n) => word & ~(there[n] ?? 0));
    return {
      missing: countBits(missing),
      extra: countBits(extra),
      missingRuns: take(runsOf(missing, this.pages), maxRuns),
      extraRuns: take(runsOf(extra, this.pages), maxRuns),
    };
  }

  private checkSameRange(other: DirtyBitmap): void {
    if (other.iova !== this.iova || other.pageSize !== this.pageSize || other.pages !== this.pages) {
      throw new RangeError('bitmaps of different ranges cannot be compared');
    }
  }

  /** A copy in 32-bit words, without the bits past the last page. Word order does not matter to whoever only combines and counts. */
  private maskedWords(): Uint32Array {
    const copy = this.bytes.slice();
    const lastByte = this.pages >> 3;
    if ((this.pages & 7) !== 0) {
      copy[lastByte] = (copy[lastByte] ?? 0) & ((1 << (this.pages & 7)) - 1);
    }
    copy.fill(0, (this.pages + 7) >> 3);
    return new Uint32Array(copy.buffer);
  }

  private byte(index: number): number {
    return this.bytes[index] ?? 0;
  }
}

function countBits(words: Uint32Array): number {
  let count = 0;
  for (let n = 0; n < words.length; n++) {
    let word = words[n] ?? 0;
    if (word !== 0) {
      word -= (word >>> 1) & 0x5555_5555;
      word = (word & 0x3333_3333) + ((word >>> 2) & 0x3333_3333);
      count += Math.imul((word + (word >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
    }
  }
  return count;
}

/** Whole words of zeros and ones are passed at once; only mixed ones are looked at bit by bit, through their bytes. */
function* runsOf(words: Uint32Array, pages: number): Generator<PageRun> {
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  let first = -1;
  let page = 0;
  while (page < pages) {
    const word = (page & 31) === 0 ? words[page >> 5] : undefined;
    if (word === 0 || (word === 0xffff_ffff && page + 32 <= pages)) {
      if (word === 0 && first >= 0) {
        yield { first, pages: page - first };
        first = -1;
      } else if (word !== 0 && first < 0) {
        first = page;
      }
      page += 32;
      continue;
    }
    const set = ((bytes[page >> 3] ?? 0) & (1 << (page & 7))) !== 0;
    if (set && first < 0) {
      first = page;
    } else if (!set && first >= 0) {
      yield { first, pages: page - first };
      first = -1;
    }
    page++;
  }
  if (first >= 0) {
    yield { first, pages: pages - first };
  }
}

function take<T>(from: Iterable<T>, count: number): readonly T[] {
  const taken: T[] = [];
  for (const item of from) {
    if (taken.length >= count) {
      break;
    }
    taken.push(item);
  }
  return taken;
}

function floorDivide(value: bigint, by: bigint): bigint {
  return value >= 0n ? value / by : -((-value + by - 1n) / by);
}
