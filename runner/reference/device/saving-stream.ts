import { SeededRandom } from '../random';
import type { DataSection } from './data-section';
import { BLOCK_SIZE } from './device-model';
import { encodeRegisters, type InternalState, REGISTERS_SIZE } from './internal-state';
import { encodePacket, PACKET, PACKET_HEADER_SIZE, type PacketKind } from './stream-packet';

/** Payload of the identity packet: model and size of internal memory. */
export const IDENTITY_SIZE = 8;
/** Payload of the end packet: digest of internal memory, packets of this epoch. */
export const END_SIZE = 8;
const MODEL = 0x5245_4631;

export type SavePhase = 'pre-copy' | 'stop-and-copy';

/** A packet still to be sent. */
export interface Planned {
  readonly kind: PacketKind;
  /** First block and number of blocks, for `blocks`. */
  readonly first: number;
  readonly count: number;
}

/** The buffer that the user is reading now. */
export interface CurrentBuffer {
  readonly offset: number;
  readonly size: number;
  readonly planned: Planned;
}

/** The saving side: turns the device's state into buffers, one for each iteration of the user's loop. */
export class SavingStream {
  private phase: SavePhase | undefined;
  private current: CurrentBuffer | undefined;
  /** Blocks of internal memory still to be sent. */
  readonly pendingBlocks = new Set<number>();
  private identitySent = false;
  private registersSent = false;
  private endSent = false;
  private stream = 0;
  private epoch = 0;
  private sequence = 0;
  private taken = 0;
  private takenBefore = 0;
  private buffers = 0;
  private readonly ids: SeededRandom;

  constructor(
    readonly state: InternalState,
    readonly section: DataSection,
    seed: number,
  ) {
    this.ids = new SeededRandom(seed ^ 0x1d5);
  }

  /** The phase of the save that is going on. */
  get active(): SavePhase | undefined {
    return this.phase;
  }

  get buffer(): CurrentBuffer | undefined {
    return this.current;
  }

  /** A new save begins: everything is to be sent. */
  begin(phase: SavePhase): void {
    this.forget();
    this.phase = phase;
    this.stream = this.ids.next();
    this.state.takeChanged();
    for (let block = 0; block < this.state.blocks; block++) this.pendingBlocks.add(block);
  }

  /** From pre-copy to stop-and-copy: a buffer that the user had not finished is sent again. */
  continue(phase: SavePhase): void {
    this.phase = phase;
    this.returnCurrent();
    this.epoch++;
    this.takenBefore = this.taken;
    this.sequence = 0;
    this.taken = 0;
  }

  /** The save is over, whole or not. */
  forget(): void {
    this.phase = undefined;
    this.current = undefined;
    this.pendingBlocks.clear();
    this.identitySent = false;
    this.registersSent = false;
    this.endSent = false;
    this.epoch = 0;
    this.sequence = 0;
    this.taken = 0;
    this.takenBefore = 0;
    this.buffers = 0;
  }

  /** Step a and f: acknowledges the current buffer if there is one, and says how many bytes are still to come. */
  pendingBytes(): bigint {
    if (this.phase === undefined) return 0n;
    this.acknowledge();
    return BigInt(this.bytesLeft());
  }

  /** Step b: makes the next buffer available, unless the current one is still being read. A section offset, or -errno. */
  dataOffset(): bigint | number {
    if (this.current === undefined) this.prepare();
    return BigInt(this.current?.offset ?? this.section.window(this.buffers).offset);
  }

  /** Step c. */
  dataSize(): bigint | number {
    return BigInt(this.current?.size ?? 0);
  }

  /** Sends are remembered from here on as done. */
  acknowledge(): void {
    if (this.current === undefined) return;
    this.current = undefined;
    this.taken = this.sequence;
    this.buffers++;
  }

  /** Builds the next packet in the section. */
  prepare(): void {
    const planned = this.next();
    if (planned === undefined) return;
    const packet = this.encode(planned);
    const window = this.section.window(this.buffers);
    this.section.put(window.offset, packet);
    this.current = { offset: window.offset, size: packet.length, planned };
    this.sequence++;
    this.markSent(planned);
  }

  encode(planned: Planned): Uint8Array {
    return encodePacket({
      kind: planned.kind,
      stream: this.stream,
      epoch: this.epoch,
      sequence: this.sequence,
      takenBefore: this.takenBefore,
      address: planned.first * BLOCK_SIZE,
      payload: this.payload(planned),
    });
  }

  payload(planned: Planned): Uint8Array {
    switch (planned.kind) {
      case PACKET.identity:
        return words(MODEL, this.state.size);
      case PACKET.blocks:
        return this.blockBytes(planned.first, planned.count);
      case PACKET.registers:
        return encodeRegisters(this.state.registers);
      case PACKET.end:
        return words(this.state.digest(), this.sequence);
    }
  }

  blockBytes(first: number, count: number): Uint8Array {
    return this.state.read(first * BLOCK_SIZE, count * BLOCK_SIZE);
  }

  /** Blocks that changed since they were sent have to be sent again. */
  collectChanges(): void {
    for (const block of this.state.takeChanged()) this.pendingBlocks.add(block);
  }

  /** What comes next: identity, then blocks in ascending order, and when the device is stopped registers and the end. */
  next(): Planned | undefined {
    this.collectChanges();
    if (!this.identitySent) return { kind: PACKET.identity, first: 0, count: 0 };
    const run = this.runs()[0];
    if (run !== undefined) return run;
    if (this.phase !== 'stop-and-copy') return undefined;
    if (!this.registersSent) return { kind: PACKET.registers, first: 0, count: 0 };
    return this.endSent ? undefined : { kind: PACKET.end, first: 0, count: 0 };
  }

  /** The bytes of all packets still to be sent, the current one included. */
  bytesLeft(): number {
    this.collectChanges();
    let bytes = this.current?.size ?? 0;
    if (!this.identitySent) bytes += PACKET_HEADER_SIZE + IDENTITY_SIZE;
    for (const run of this.runs()) bytes += PACKET_HEADER_SIZE + run.count * BLOCK_SIZE;
    if (this.phase !== 'stop-and-copy') return bytes;
    if (!this.registersSent) bytes += PACKET_HEADER_SIZE + REGISTERS_SIZE;
    return this.endSent ? bytes : bytes + PACKET_HEADER_SIZE + END_SIZE;
  }

  private markSent(planned: Planned): void {
    if (planned.kind === PACKET.identity) this.identitySent = true;
    if (planned.kind === PACKET.registers) this.registersSent = true;
    if (planned.kind === PACKET.end) this.endSent = true;
    for (let block = planned.first; block < planned.first + planned.count; block++) this.pendingBlocks.delete(block);
  }

  private returnCurrent(): void {
    const planned = this.current?.planned;
    this.current = undefined;
    if (planned === undefined) return;
    if (planned.kind === PACKET.identity) this.identitySent = false;
    for (let block = planned.first; block < planned.first + planned.count; block++) this.pendingBlocks.add(block);
  }

  /** The pending blocks as runs of neighbours, none longer than a buffer takes. */
  private runs(): Planned[] {
    const most = Math.floor((this.section.window(0).size - PACKET_HEADER_SIZE) / BLOCK_SIZE);
    const runs: Planned[] = [];
    let last: { kind: typeof PACKET.blocks; first: number; count: number } | undefined;
    for (const block of ascending(this.pendingBlocks)) {
      if (last !== undefined && block === last.first + last.count && last.count < most) {
        last.count++;
        continue;
      }
      last = { kind: PACKET.blocks, first: block, count: 1 };
      runs.push(last);
    }
    return runs;
  }
}

/** Almost always they are in order already, and for thousands of them that is far quicker to see than to bring about. */
function ascending(blocks: ReadonlySet<number>): Iterable<number> {
  let before = -1;
  for (const block of blocks) {
    if (block < before) return [...blocks].sort((a, b) => a - b);
    before = block;
  }
  return blocks;
}

function words(first: number, second: number): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, first, true);
  view.setUint32(4, second, true);
  return bytes;
}

/** What the identity packet of a model with so much internal memory holds. */
export function identityPayload(stateSize: number): Uint8Array {
  return words(MODEL, stateSize);
}
