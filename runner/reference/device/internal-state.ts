import { crc32 } from '../crc32';
import { SeededRandom } from '../random';
import { BLOCK_SIZE } from './device-model';

/** Registers that are part of what a device is and so must arrive on the destination. */
export interface StateRegisters {
  scratch: number;
  counter: number;
  interruptStatus: number;
  interruptPeriod: number;
  workPeriod: number;
  workStep: number;
  dmaSource: bigint;
  dmaDestination: bigint;
  dmaCount: bigint;
  dmaCommand: number;
  dmaPattern: bigint;
}

const U32_FIELDS = [
  'scratch',
  'counter',
  'interruptStatus',
  'interruptPeriod',
  'workPeriod',
  'workStep',
  'dmaCommand',
] as const;
const U64_FIELDS = ['dmaSource', 'dmaDestination', 'dmaCount', 'dmaPattern'] as const;

/** Bytes of the registers in a migration stream. */
export const REGISTERS_SIZE = U32_FIELDS.length * 4 + U64_FIELDS.length * 8;

export function freshRegisters(): StateRegisters {
  return {
    scratch: 0,
    counter: 0,
    interruptStatus: 0,
    interruptPeriod: 0,
    workPeriod: 0,
    workStep: 0,
    dmaSource: 0n,
    dmaDestination: 0n,
    dmaCount: 0n,
    dmaCommand: 0,
    dmaPattern: 0n,
  };
}

export function encodeRegisters(registers: StateRegisters): Uint8Array {
  const bytes = new Uint8Array(REGISTERS_SIZE);
  const view = new DataView(bytes.buffer);
  U32_FIELDS.forEach((field, index) => {
    view.setUint32(index * 4, registers[field], true);
  });
  U64_FIELDS.forEach((field, index) => {
    view.setBigUint64(U32_FIELDS.length * 4 + index * 8, registers[field], true);
  });
  return bytes;
}

export function decodeRegisters(bytes: Uint8Array): StateRegisters {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const registers = freshRegisters();
  U32_FIELDS.forEach((field, index) => {
    registers[field] = view.getUint32(index * 4, true);
  });
  U64_FIELDS.forEach((field, index) => {
    registers[field] = view.getBigUint64(U32_FIELDS.length * 4 + index * 8, true);
  });
  return registers;
}

const EMPTY = new Uint8Array(0);

const MAX_FRESH_CONTENTS = 4;
const freshContents = new Map<string, Uint8Array>();

/** The content of a fresh device, remembered for the few devices that are opened again and again. */
function freshContent(size: number, seed: number): Uint8Array {
  const key = `${size} ${seed}`;
  const known = freshContents.get(key);
  if (known !== undefined) return known;
  const content = new Uint8Array(size);
  new SeededRandom(seed).fill(content);
  if (freshContents.size >= MAX_FRESH_CONTENTS) freshContents.clear();
  freshContents.set(key, content);
  return content;
}

/** CRC-32 of fresh contents, by the same key. */
const freshDigests = new Map<string, number>();

/**
 * What must migrate: internal memory and registers. Notices which blocks of memory changed. Most devices of a test are opened and closed with hardly
 * a block changed, and the largest has 64 MiB: what did not change is shared, and only changed blocks are a device's own.
 */
export class InternalState {
  registers: StateRegisters = freshRegisters();
  /** Never written to: the fresh content, or what was handed over; undefined until somebody looks. */
  private base: Uint8Array | undefined;
  /** What stands in place of a block of the base. */
  private readonly own = new Map<number, Uint8Array>();
  private readonly changed = new Set<number>();
  private allChanged = true;
  private digestOf: number | undefined;

  constructor(
    /** Bytes of internal memory. */
    readonly size: number,
    private readonly seed: number,
  ) {}

  /** A copy of all of it. */
  get memory(): Uint8Array {
    return this.read(0, this.size);
  }

  get blocks(): number {
    return this.size / BLOCK_SIZE;
  }

  /** Power-on content: the same for the same seed. */
  makeFresh(): void {
    this.base = undefined;
    this.own.clear();
    this.registers = freshRegisters();
    this.touchAll();
  }

  /** A copy of `length` bytes; they lie inside. */
  read(at: number, length: number): Uint8Array {
    const bytes = this.content().slice(at, at + length);
    for (const [block, own] of this.own) {
      const start = block * BLOCK_SIZE;
      const from = Math.max(at, start);
      const to = Math.min(at + length, start + BLOCK_SIZE);
      if (from < to) bytes.set(own.subarray(from - start, to - start), from - at);
    }
    return bytes;
  }

  write(at: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const within = (at + done) % BLOCK_SIZE;
      const part = bytes.subarray(done, done + BLOCK_SIZE - within);
      this.block(Math.floor((at + done) / BLOCK_SIZE)).set(part, within);
      done += part.length;
    }
    this.touch(at, bytes.length);
  }

  /** New content for one block, decided by `seed`. */
  scramble(block: number, seed: number): void {
    new SeededRandom(seed).fill(this.block(block));
    this.touch(block * BLOCK_SIZE, BLOCK_SIZE);
  }

  /** Takes `memory` over: whoever gives it away does not write to it any more. */
  replace(memory: Uint8Array, registers: StateRegisters): void {
    this.base = memory;
    this.own.clear();
    this.registers = { ...registers };
    this.touchAll();
  }

  /** CRC-32 of the internal memory. */
  digest(): number {
    if (this.base === undefined && this.own.size === 0) return this.freshDigest();
    this.digestOf ??= this.computeDigest();
    return this.digestOf;
  }

  /** The blocks that changed since this was last asked, in ascending order. */
  takeChanged(): number[] {
    const blocks = this.allChanged
      ? Array.from({ length: this.blocks }, (_, block) => block)
      : [...this.changed].sort((a, b) => a - b);
    this.allChanged = false;
    this.changed.clear();
    return blocks;
  }

  touchAll(): void {
    this.digestOf = undefined;
    this.allChanged = true;
  }

  private touch(at: number, length: number): void {
    this.digestOf = undefined;
    if (this.allChanged) return;
    const last = Math.floor((at + length - 1) / BLOCK_SIZE);
    for (let block = Math.floor(at / BLOCK_SIZE); block <= last; block++) this.changed.add(block);
  }

  private content(): Uint8Array {
    this.base ??= freshContent(this.size, this.seed);
    return this.base;
  }

  /** A block to write to. */
  private block(number: number): Uint8Array {
    let block = this.own.get(number);
    if (block === undefined) {
      block = this.content().slice(number * BLOCK_SIZE, (number + 1) * BLOCK_SIZE);
      this.own.set(number, block);
    }
    return block;
  }

  private computeDigest(): number {
    const content = this.content();
    let digest = 0;
    let at = 0;
    for (const block of [...this.own.keys()].sort((a, b) => a - b)) {
      digest = crc32(content.subarray(at, block * BLOCK_SIZE), digest);
      digest = crc32(this.own.get(block) ?? EMPTY, digest);
      at = (block + 1) * BLOCK_SIZE;
    }
    return crc32(content.subarray(at), digest);
  }

  private freshDigest(): number {
    const key = `${this.size} ${this.seed}`;
    let digest = freshDigests.get(key);
    if (digest === undefined) {
      digest = crc32(freshContent(this.size, this.seed));
      freshDigests.set(key, digest);
    }
    return digest;
  }
}
