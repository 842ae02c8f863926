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

/** What must migrate: internal memory and registers. Notices which blocks of memory changed. */
export class InternalState {
  registers: StateRegisters = freshRegisters();
  /** Made when it is first looked at: most devices of a test are opened and closed without, and the largest has 64 MiB. */
  private content: Uint8Array | undefined;
  /** The memory is to hold the fresh content, and does not yet. */
  private stale = true;
  private readonly changed = new Set<number>();
  private allChanged = true;
  private digestOf: number | undefined;

  constructor(
    /** Bytes of internal memory. */
    readonly size: number,
    private readonly seed: number,
  ) {}

  get memory(): Uint8Array {
    this.content ??= new Uint8Array(this.size);
    if (this.stale) {
      this.stale = false;
      this.content.set(freshContent(this.size, this.seed));
    }
    return this.content;
  }

  get blocks(): number {
    return this.size / BLOCK_SIZE;
  }

  /** Power-on content: the same for the same seed. */
  makeFresh(): void {
    this.stale = true;
    this.registers = freshRegisters();
    this.touchAll();
  }

  write(at: number, bytes: Uint8Array): void {
    this.memory.set(bytes, at);
    this.touch(at, bytes.length);
  }

  /** New content for one block, decided by `seed`. */
  scramble(block: number, seed: number): void {
    new SeededRandom(seed).fill(this.memory.subarray(block * BLOCK_SIZE, (block + 1) * BLOCK_SIZE));
    this.touch(block * BLOCK_SIZE, BLOCK_SIZE);
  }

  replace(memory: Uint8Array, registers: StateRegisters): void {
    this.memory.set(memory);
    this.registers = { ...registers };
    this.touchAll();
  }

  /** CRC-32 of the internal memory. */
  digest(): number {
    if (this.stale) return this.freshDigest();
    this.digestOf ??= crc32(this.memory);
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
