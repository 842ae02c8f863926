import { fail } from '../kernel/errno';
import { DEVICE_MEMORY_BASE, type DmaTransfer } from './dma-transfer';
import type { Engine } from './engine';
import type { InternalState, StateRegisters } from './internal-state';

/** The registers, by their offset in BAR0 (little endian on every host). Widths are 4, and 8 from 0x80 to 0xa7. */
export const REGISTER = {
  identity: 0x00,
  scratch: 0x04,
  counter: 0x08,
  digest: 0x0c,
  stateSize: 0x10,
  /** Writing N gives block N (modulo their number) new content. */
  mutate: 0x14,
  /** Milliseconds between two changes of internal memory; 0: none. */
  workPeriod: 0x18,
  interruptStatus: 0x24,
  interruptRaise: 0x60,
  interruptAcknowledge: 0x64,
  /** Milliseconds between two interrupts; 0: none. */
  interruptPeriod: 0x6c,
  /** Writing an Injection makes the next such thing fail. */
  inject: 0x70,
  dmaSource: 0x80,
  dmaDestination: 0x88,
  dmaCount: 0x90,
  dmaCommand: 0x98,
  dmaPattern: 0xa0,
  dmaError: 0xa8,
} as const;

export const IDENTITY = 0x52464430;
const IMAGE_SIZE = 0x100;
/** Bytes of the register area and the window into device memory. */
export const REGISTER_AREA_SIZE = 0x80000;

const WIDE: ReadonlyMap<number, 'dmaSource' | 'dmaDestination' | 'dmaCount' | 'dmaPattern'> = new Map([
  [REGISTER.dmaSource, 'dmaSource'],
  [REGISTER.dmaDestination, 'dmaDestination'],
  [REGISTER.dmaCount, 'dmaCount'],
  [REGISTER.dmaPattern, 'dmaPattern'],
]);

/** The device's registers and a window into its memory, as BAR0 (or a bus's counterpart) shows them. */
export class RegisterFile {
  constructor(
    private readonly state: InternalState,
    private readonly engine: Engine,
    private readonly dma: DmaTransfer,
    private readonly inject: (what: number) => void,
  ) {}

  read(offset: number, into: Uint8Array): number {
    const count = Math.min(into.length, REGISTER_AREA_SIZE - offset);
    const image = offset < IMAGE_SIZE ? this.image() : undefined;
    for (let at = 0; at < count; at++) {
      const place = offset + at;
      into[at] = image !== undefined && place < IMAGE_SIZE ? image.getUint8(place) : 0;
    }
    this.readMemory(offset, into.subarray(0, count));
    return count;
  }

  /** The part of `into` that lies in the window into device memory; behind its end there is nothing. */
  private readMemory(offset: number, into: Uint8Array): void {
    const from = Math.max(offset, DEVICE_MEMORY_BASE) - DEVICE_MEMORY_BASE;
    const to = Math.min(offset + into.length - DEVICE_MEMORY_BASE, this.state.size);
    if (from < to) into.set(this.state.read(from, to - from), from + DEVICE_MEMORY_BASE - offset);
  }

  write(offset: number, from: Uint8Array): number {
    const count = Math.min(from.length, REGISTER_AREA_SIZE - offset);
    if (offset >= DEVICE_MEMORY_BASE) {
      const room = Math.max(0, Math.min(count, this.state.size - (offset - DEVICE_MEMORY_BASE)));
      if (room > 0) this.state.write(offset - DEVICE_MEMORY_BASE, from.subarray(0, room));
      return count;
    }
    const view = new DataView(from.buffer, from.byteOffset, from.byteLength);
    if (from.length === 8 && offset % 8 === 0) return this.writeWide(offset, view.getBigUint64(0, true));
    if (from.length === 4 && offset % 4 === 0) return this.writeNarrow(offset, view.getUint32(0, true));
    return fail('EINVAL');
  }

  /** One 32-bit register or one half of a 64-bit one; what is read only or not there ignores the write. */
  writeNarrow(offset: number, value: number): number {
    const { registers } = this.state;
    const wide = WIDE.get(offset & ~7);
    if (wide !== undefined) {
      const shift = BigInt((offset & 4) * 8);
      const kept = registers[wide] & ~(0xffff_ffffn << shift);
      registers[wide] = kept | (BigInt(value) << shift);
      return 4;
    }
    this.writeRegister(offset, value, registers);
    return 4;
  }

  private writeWide(offset: number, value: bigint): number {
    const wide = WIDE.get(offset);
    if (wide !== undefined) {
      this.state.registers[wide] = value;
    } else {
      this.writeNarrow(offset, Number(value & 0xffff_ffffn));
      if (offset !== REGISTER.dmaCommand) this.writeNarrow(offset + 4, Number(value >> 32n));
    }
    return 8;
  }

  private writeRegister(offset: number, value: number, registers: StateRegisters): void {
    switch (offset) {
      case REGISTER.scratch:
        registers.scratch = value;
        return;
      case REGISTER.mutate:
        this.state.scramble(value % this.state.blocks, value);
        return;
      case REGISTER.workPeriod:
        registers.workPeriod = value;
        this.engine.armWork();
        return;
      case REGISTER.interruptRaise:
        this.engine.raise(value);
        return;
      case REGISTER.interruptAcknowledge:
        registers.interruptStatus = (registers.interruptStatus & ~value) >>> 0;
        return;
      case REGISTER.interruptPeriod:
        registers.interruptPeriod = value;
        this.engine.armInterrupts();
        return;
      case REGISTER.inject:
        this.inject(value);
        return;
      case REGISTER.dmaCommand:
        registers.dmaCommand = value;
        this.engine.armDma();
        return;
    }
  }

  private image(): DataView {
    const { registers } = this.state;
    const view = new DataView(new ArrayBuffer(IMAGE_SIZE));
    view.setUint32(REGISTER.identity, IDENTITY, true);
    view.setUint32(REGISTER.scratch, registers.scratch, true);
    view.setUint32(REGISTER.counter, this.engine.counter(), true);
    view.setUint32(REGISTER.digest, this.state.digest(), true);
    view.setUint32(REGISTER.stateSize, this.state.size, true);
    view.setUint32(REGISTER.workPeriod, registers.workPeriod, true);
    view.setUint32(REGISTER.interruptStatus, registers.interruptStatus, true);
    view.setUint32(REGISTER.interruptPeriod, registers.interruptPeriod, true);
    view.setUint32(REGISTER.dmaCommand, registers.dmaCommand, true);
    view.setUint32(REGISTER.dmaError, this.dma.lastError, true);
    for (const [offset, name] of WIDE) view.setBigUint64(offset, registers[name], true);
    return view;
  }
}
