/**
 * Memory for a bitmap. The bitmap of 8 TiB of guest memory takes 256 MiB: large ones lie in WebAssembly memory, which counts them where
 * they are as fast as C does. Small ones lie in an array, and are copied into a piece of such memory to be counted, or counted in
 * JavaScript where they are tiny.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** Below this a copy costs less than memory of its own, bytes. */
const LARGE = 256 * 1024;
/** Below this JavaScript is done before a copy would be made. */
const TINY = 512;
const WASM_PAGE = 64 * 1024;
/** What another bitmap is compared in: small enough for a processor's second cache. */
const SCRATCH = 64 * 1024;
/** WebAssembly works on whole pieces of this many bytes. */
const PIECE = 64;

const ALL_SET = (1n << 64n) - 1n;

/** Bits set here and not there, and bits set there and not here. */
export interface BitDifferences {
  readonly onlyHere: number;
  readonly onlyThere: number;
}

export interface BitMemory {
  readonly bytes: Uint8Array;
  /** Bits set in whole bytes, `to` excluded. */
  count(from: number, to: number): number;
  /** @throws RangeError when the lengths differ. */
  differences(other: BitMemory): BitDifferences;
  /** The first byte from `from` on that may be another than `byte` (0 or 0xff), or the length; `from` itself where it is no multiple of 4. */
  skip(from: number, byte: 0 | 0xff): number;
}

/** Zeroed. */
export function bitMemory(length: number): BitMemory {
  return (length >= LARGE ? inWebAssembly(length) : undefined) ?? new ArrayBits(new Uint8Array(length));
}

interface Exports {
  count(at: number, length: number): bigint;
  differences(one: number, other: number, length: number): [bigint, bigint];
  skip(at: number, end: number, word: bigint): number;
}

let compiled: WebAssembly.Module | 'none' | undefined;
/** Where small bitmaps are counted: two of them side by side. */
let bench: { readonly memory: Uint8Array; readonly wasm: Exports } | 'none' | undefined;

function inWebAssembly(length: number): BitMemory | undefined {
  try {
    const padded = Math.ceil(length / PIECE) * PIECE;
    const made = instance(padded + SCRATCH);
    return made && new WasmBits(made.buffer, length, padded, made.wasm);
  } catch (error) {
    // No room for the memory, or for what V8 reserves around it: an array may still find room.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function instance(bytes: number): { readonly buffer: ArrayBuffer; readonly wasm: Exports } | undefined {
  compiled ??= compile();
  if (compiled === 'none') return undefined;
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / WASM_PAGE) });
  const { exports } = new WebAssembly.Instance(compiled, { bitmap: { memory } });
  return { buffer: memory.buffer, wasm: exports as unknown as Exports };
}

function workbench(): Exclude<typeof bench, undefined> {
  if (bench === undefined) {
    const made = instance(2 * LARGE);
    bench = made ? { memory: new Uint8Array(made.buffer), wasm: made.wasm } : 'none';
  }
  return bench;
}

/** Puts bytes on the bench, filled up with zeros; how many are there then. */
function lay(memory: Uint8Array, at: number, bytes: Uint8Array): number {
  const length = Math.ceil(bytes.length / PIECE) * PIECE;
  memory.set(bytes, at);
  memory.fill(0, at + bytes.length, at + length);
  return length;
}

function compile(): WebAssembly.Module | 'none' {
  const code = readFileSync(path.join(__dirname, '..', '..', 'generated', 'bitmap-words.wasm'));
  return WebAssembly.validate(code) ? new WebAssembly.Module(code) : 'none';
}

class WasmBits implements BitMemory {
  readonly bytes: Uint8Array;
  private readonly scratch: Uint8Array;

  constructor(
    buffer: ArrayBuffer,
    length: number,
    /** Where the scratch memory begins; what lies between is zero. */
    private readonly padded: number,
    private readonly wasm: Exports,
  ) {
    this.bytes = new Uint8Array(buffer, 0, length);
    this.scratch = new Uint8Array(buffer, padded, SCRATCH);
  }

  count(from: number, to: number): number {
    const { bytes, padded } = this;
    const first = Math.ceil(from / PIECE) * PIECE;
    const last = to === bytes.length ? padded : Math.floor(to / PIECE) * PIECE;
    if (first >= last) return countBytes(bytes, from, to);
    return countBytes(bytes, from, first) + Number(this.wasm.count(first, last - first)) + countBytes(bytes, last, to);
  }

  differences(other: BitMemory): BitDifferences {
    const { bytes, padded, scratch } = this;
    sameLength(bytes, other.bytes);
    let onlyHere = 0;
    let onlyThere = 0;
    for (let at = 0; at < bytes.length; at += SCRATCH) {
      const piece = other.bytes.subarray(at, at + SCRATCH);
      scratch.set(piece);
      // Shorter than the scratch memory only at the end: nothing of the piece before may be left behind it.
      scratch.fill(0, piece.length);
      const [here, there] = this.wasm.differences(at, padded, Math.min(SCRATCH, padded - at));
      onlyHere += Number(here);
      onlyThere += Number(there);
    }
    return { onlyHere, onlyThere };
  }

  skip(from: number, byte: 0 | 0xff): number {
    const { bytes } = this;
    if (from % 4 !== 0) return from;
    const aligned = Math.ceil(from / PIECE) * PIECE;
    for (let at = from; at < aligned; at += 4) if (at >= bytes.length || !isWordOf(bytes, at, byte)) return at;
    const end = Math.floor(bytes.length / PIECE) * PIECE;
    return aligned < end ? this.wasm.skip(aligned, end, byte === 0 ? 0n : ALL_SET) : Math.min(aligned, bytes.length);
  }
}

class ArrayBits implements BitMemory {
  private readonly words: Uint32Array;

  constructor(readonly bytes: Uint8Array) {
    this.words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  }

  count(from: number, to: number): number {
    const { bytes, words } = this;
    const on = to - from >= TINY && to - from <= LARGE ? workbench() : 'none';
    if (on !== 'none') return Number(on.wasm.count(0, lay(on.memory, 0, bytes.subarray(from, to))));
    const first = Math.min(Math.ceil(from / 4), to >> 2);
    const last = Math.max(first, to >> 2);
    let count = countBytes(bytes, from, Math.min(first * 4, to)) + countBytes(bytes, Math.max(last * 4, from), to);
    for (let n = first; n < last; n += 1) count += bitsIn(words[n] ?? 0);
    return count;
  }

  differences(other: BitMemory): BitDifferences {
    sameLength(this.bytes, other.bytes);
    const { length } = this.bytes;
    const on = length >= TINY && length <= LARGE ? workbench() : 'none';
    if (on !== 'none') {
      lay(on.memory, LARGE, other.bytes);
      const [here, there] = on.wasm.differences(0, LARGE, lay(on.memory, 0, this.bytes));
      return { onlyHere: Number(here), onlyThere: Number(there) };
    }
    const theirs = new Uint32Array(other.bytes.buffer, other.bytes.byteOffset, this.words.length);
    let onlyHere = 0;
    let onlyThere = 0;
    for (let n = 0; n < theirs.length; n += 1) {
      const here = this.words[n] ?? 0;
      const there = theirs[n] ?? 0;
      if (here !== there) {
        onlyHere += bitsIn(here & ~there);
        onlyThere += bitsIn(there & ~here);
      }
    }
    return { onlyHere, onlyThere };
  }

  skip(from: number, byte: 0 | 0xff): number {
    const { bytes, words } = this;
    if (from % 4 !== 0) return from;
    const word = byte === 0 ? 0 : 0xffff_ffff;
    let n = from / 4;
    while (n < words.length && words[n] === word) n += 1;
    return n * 4 < bytes.length ? n * 4 : bytes.length;
  }
}

function sameLength(one: Uint8Array, other: Uint8Array): void {
  if (one.length !== other.length) throw new RangeError('bitmaps of different sizes cannot be compared');
}

function isWordOf(bytes: Uint8Array, at: number, byte: number): boolean {
  return bytes[at] === byte && bytes[at + 1] === byte && bytes[at + 2] === byte && bytes[at + 3] === byte;
}

function countBytes(bytes: Uint8Array, from: number, to: number): number {
  let count = 0;
  for (let n = from; n < to; n += 1) count += bitsIn(bytes[n] ?? 0);
  return count;
}

function bitsIn(word: number): number {
  if (word === 0) return 0;
  const pairs = word - ((word >>> 1) & 0x5555_5555);
  const nibbles = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}
