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
  /** The same memory as `bytes`; bits past the last page are zero. */
  private readonly words: Uint32Array;

  private constructor(
    readonly iova: bigint,
    /** Bytes of one page. */
    readonly pageSize: bigint,
    readonly pages: number,
    private readonly bytes: Uint8Array,
  ) {
    this.words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  }

  /** No page set. */
  static empty(iova: bigint, pageSize: bigint, pages: number): DirtyBitmap {
    return new DirtyBitmap(iova, pageSize, pages, new Uint8Array(Number(bitmapBytes(BigInt(pages)))));
  }

  /** From bitmap memory with words in the host's byte order; the bytes are copied. Words that are not there count as zero. */
  static fromMemory(iova: bigint, pageSize: bigint, pages: number, memory: Uint8Array, order: ByteOrder): DirtyBitmap {
    const bitmap = DirtyBitmap.empty(iova, pageSize, pages);
    const { bytes } = bitmap;
    bytes.set(memory.subarray(0, bytes.length));
    if (order === 'big') {
      Buffer.from(bytes.buffer).swap64();
    }
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

  /** Adds the pages of another bitmap of the same range. */
  merge(other: DirtyBitmap): void {
    this.checkSameRange(other);
    for (let n = 0; n < this.words.length; n++) {
      this.words[n] = this.word(n) | other.word(n);
    }
  }

  /** Number of pages set. */
  count(): number {
    let count = 0;
    for (let n = 0; n < this.words.length; n++) {
      count += bitsIn(this.word(n));
    }
    return count;
  }

  /** Runs of set pages in order of their address. */
  runs(): Generator<PageRun> {
    return runsOf(this.words.length, this.pages, (n) => this.word(n));
  }

  /** Compares with what should be set. Ranges must be the same. */
  compare(expected: DirtyBitmap, maxRuns = 16): BitmapDifference {
    this.checkSameRange(expected);
    let missing = 0;
    let extra = 0;
    for (let n = 0; n < this.words.length; n++) {
      const here = this.word(n);
      const there = expected.word(n);
      if (here !== there) {
        missing += bitsIn(there & ~here);
        extra += bitsIn(here & ~there);
      }
    }
    const runs = (some: number, wordAt: (n: number) => number): readonly PageRun[] =>
      some === 0 ? [] : take(runsOf(this.words.length, this.pages, wordAt), maxRuns);
    return {
      missing,
      extra,
      missingRuns: runs(missing, (n) => expected.word(n) & ~this.word(n)),
      extraRuns: runs(extra, (n) => this.word(n) & ~expected.word(n)),
    };
  }

  private checkSameRange(other: DirtyBitmap): void {
    if (other.iova !== this.iova || other.pageSize !== this.pageSize || other.pages !== this.pages) {
      throw new RangeError('bitmaps of different ranges cannot be compared');
    }
  }

  private byte(index: number): number {
    return this.bytes[index] ?? 0;
  }

  private word(index: number): number {
    return this.words[index] ?? 0;
  }
}

/** Not a shift: the largest bitmaps have more than 2^31 pages. */
function byteOf(page: number): number {
  return Math.floor(page / 8);
}

function bitsIn(word: number): number {
  if (word === 0) {
    return 0;
  }
  const pairs = word - ((word >>> 1) & 0x5555_5555);
  const nibbles = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}

/** Turns a page's place in its 32-bit word into the bit's, on a machine whose own words are big endian. */
const BYTE_FLIP = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 24;

/** Words of zeros and of ones are passed at once; only mixed ones are looked at bit by bit. */
function* runsOf(words: number, pages: number, wordAt: (n: number) => number): Generator<PageRun> {
  let first = -1;
  for (let n = 0; n < words; n++) {
    const word = wordAt(n) | 0;
    if (word === 0 && first < 0) {
      continue;
    }
    if (word === -1) {
      first = first < 0 ? n * 32 : first;
      continue;
    }
    for (let place = 0; place < 32; place++) {
      const set = (word & (1 << (place ^ BYTE_FLIP))) !== 0;
      if (set && first < 0) {
        first = n * 32 + place;
      } else if (!set && first >= 0) {
        yield { first, pages: n * 32 + place - first };
        first = -1;
      }
    }
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
