import { crc32 } from '../crc32';
import { fail } from '../kernel/errno';
import { BLOCK_SIZE } from './device-model';
import { decodeRegisters, type InternalState, REGISTERS_SIZE, type StateRegisters } from './internal-state';
import { END_SIZE, identityPayload } from './saving-stream';
import { decodePacket, PACKET, type Packet } from './stream-packet';

/** The resuming side: checks and gathers what the user gives, and applies it only when it is whole. */
export class ResumingStream {
  /** What was given so far; the device itself is not touched before finish(). */
  memory: Uint8Array | undefined;
  registers: StateRegisters | undefined;
  private stream: number | undefined;
  private epoch = 0;
  private sequence = 0;
  private finished = false;
  private refused = false;
  private packets = 0;

  constructor(readonly state: InternalState) {}

  begin(): void {
    this.forget();
    this.memory = new Uint8Array(this.state.size);
  }

  forget(): void {
    this.memory = undefined;
    this.registers = undefined;
    this.stream = undefined;
    this.epoch = 0;
    this.sequence = 0;
    this.finished = false;
    this.refused = false;
    this.packets = 0;
  }

  /** How many packets were taken. */
  get taken(): number {
    return this.packets;
  }

  /** One transaction of the user: 0, or -errno, after which only a reset helps. */
  consume(bytes: Uint8Array): number {
    if (bytes.length === 0) return 0;
    if (this.refused) return fail('EINVAL');
    const result = this.take(bytes);
    if (result < 0) this.refused = true;
    else this.packets++;
    return result;
  }

  take(bytes: Uint8Array): number {
    const packet = decodePacket(bytes);
    if ('problem' in packet) return fail('EINVAL');
    return this.inOrder(packet) ? this.apply(packet) : fail('EINVAL');
  }

  /** Whether a packet may come now: same save, next in its epoch, or first of the next epoch with none of the last one missing. */
  inOrder(packet: Packet): boolean {
    this.stream ??= packet.stream;
    if (packet.stream !== this.stream || this.finished) return false;
    if (packet.epoch === this.epoch + 1 && packet.sequence === 0) {
      const extra = this.sequence - packet.takenBefore;
      if (extra !== 0 && extra !== 1) return false;
      this.epoch = packet.epoch;
      this.sequence = 0;
    }
    if (packet.epoch !== this.epoch || packet.sequence !== this.sequence) return false;
    this.sequence++;
    return true;
  }

  apply(packet: Packet): number {
    switch (packet.kind) {
      case PACKET.identity:
        return same(packet.payload, identityPayload(this.state.size)) ? 0 : fail('EINVAL');
      case PACKET.blocks:
        return this.applyBlocks(packet);
      case PACKET.registers:
        if (packet.payload.length !== REGISTERS_SIZE) return fail('EINVAL');
        this.registers = decodeRegisters(packet.payload);
        return 0;
      case PACKET.end:
        return this.applyEnd(packet);
    }
  }

  /** _RESUMING to _RUNNING: applies all or nothing. No data at all leaves the device as it was. */
  finish(): number {
    if (this.packets === 0 && !this.refused) return 0;
    if (this.refused || !this.finished || this.memory === undefined || this.registers === undefined)
      return fail('EINVAL');
    const { memory, registers } = this;
    this.memory = undefined;
    this.state.replace(memory, registers);
    return 0;
  }

  private applyBlocks(packet: Packet): number {
    const { address, payload } = packet;
    if (this.memory === undefined || payload.length % BLOCK_SIZE !== 0) return fail('EINVAL');
    if (address % BLOCK_SIZE !== 0 || address + payload.length > this.memory.length) return fail('EINVAL');
    this.memory.set(payload, address);
    return 0;
  }

  private applyEnd(packet: Packet): number {
    if (packet.payload.length !== END_SIZE || this.memory === undefined) return fail('EINVAL');
    const view = new DataView(packet.payload.buffer, packet.payload.byteOffset, END_SIZE);
    if (view.getUint32(0, true) !== crc32(this.memory) || view.getUint32(4, true) !== packet.sequence)
      return fail('EINVAL');
    this.finished = true;
    return 0;
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
