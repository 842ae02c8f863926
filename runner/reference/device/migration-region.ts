import type { ByteOrder } from '../../abi/byte-order';
import { readScalar, type ScalarWidth, writeScalar } from '../../abi/scalar';
import { vfioDeviceMigrationInfo } from '../../abi/structures/vfio-device-migration-info';
import { fail } from '../kernel/errno';
import { type DataSection, MIGRATION_INFO_SIZE } from './data-section';
import type { ResumingStream } from './resuming-stream';
import type { SavingStream } from './saving-stream';
import { ERROR, RESUMING, type StateMachine } from './state-machine';

export type MigrationField = keyof typeof vfioDeviceMigrationInfo.fields;
/** A field's value, or -errno. */
export type FieldAnswer = bigint | number;

const FIELDS = Object.entries(vfioDeviceMigrationInfo.fields).map(([name, field]) => ({
  name: name as MigrationField,
  ...field,
}));

/** The migration region as read() and write() see it: struct vfio_device_migration_info in front, the data section behind. */
export class MigrationRegion {
  private failNextData = false;
  constructor(
    readonly order: ByteOrder,
    readonly state: StateMachine,
    readonly saving: SavingStream,
    readonly resuming: ResumingStream,
    readonly section: DataSection,
  ) {}

  read(offset: number, into: Uint8Array): number {
    if (offset >= this.section.regionSize) return fail('EINVAL');
    if (offset >= MIGRATION_INFO_SIZE) return this.readData(offset, into);
    const field = this.fieldAt(offset, into.length);
    if (field === undefined) return this.readOddly(offset, into);
    const answer = this.readField(field);
    if (typeof answer === 'number') return answer;
    writeScalar(into, 0, into.length as ScalarWidth, answer, this.order);
    return into.length;
  }

  write(offset: number, from: Uint8Array): number {
    if (offset >= this.section.regionSize) return fail('EINVAL');
    if (offset >= MIGRATION_INFO_SIZE) return this.writeData(offset, from);
    const field = this.fieldAt(offset, from.length);
    if (field === undefined) return this.writeOddly(offset, from);
    const result = this.writeField(field, readScalar(from, 0, from.length as ScalarWidth, this.order));
    return result < 0 ? result : from.length;
  }

  /** The field that an access of this place and width is meant for; undefined for any other width or alignment. */
  fieldAt(offset: number, width: number): MigrationField | undefined {
    return FIELDS.find((field) => field.offset === offset && field.width === width)?.name;
  }

  /** An access that is no field's own. */
  readOddly(_offset: number, _into: Uint8Array): number {
    return fail('EINVAL');
  }

  writeOddly(_offset: number, _from: Uint8Array): number {
    return fail('EINVAL');
  }

  readField(field: MigrationField): FieldAnswer {
    switch (field) {
      case 'device_state':
        return this.readDeviceState();
      case 'reserved':
        return this.readReserved();
      case 'pending_bytes':
        return this.readPendingBytes();
      case 'data_offset':
        return this.readDataOffset();
      case 'data_size':
        return this.readDataSize();
    }
  }

  writeField(field: MigrationField, value: bigint): number {
    switch (field) {
      case 'device_state':
        return this.writeDeviceState(Number(value));
      case 'reserved':
        return this.writeReserved(value);
      case 'pending_bytes':
        return this.writePendingBytes(value);
      case 'data_offset':
        return this.writeDataOffset(value);
      case 'data_size':
        return this.writeDataSize(value);
    }
  }

  readDeviceState(): FieldAnswer {
    return BigInt(this.state.read());
  }

  writeDeviceState(value: number): number {
    return this.state.write(value);
  }

  readReserved(): FieldAnswer {
    return 0n;
  }

  writeReserved(_value: bigint): number {
    return 0;
  }

  readPendingBytes(): FieldAnswer {
    return this.saving.pendingBytes();
  }

  /** pending_bytes and data_offset are the driver's to say. */
  writePendingBytes(_value: bigint): number {
    return fail('EINVAL');
  }

  writeDataOffset(_value: bigint): number {
    return fail('EINVAL');
  }

  readDataOffset(): FieldAnswer {
    if (this.saving.active !== undefined) {
      if (this.takeInjectedError() || this.state.current === ERROR) return fail('EIO');
      return this.saving.dataOffset();
    }
    return BigInt(this.section.window(this.resuming.taken).offset);
  }

  readDataSize(): FieldAnswer {
    return this.saving.dataSize();
  }

  /** Step c of resuming: the data is consumed when this returns. */
  writeDataSize(value: bigint): number {
    if (this.state.current !== RESUMING) return fail('EINVAL');
    const window = this.section.window(this.resuming.taken);
    if (this.takeInjectedError()) return fail('EIO');
    if (value > BigInt(window.size)) return fail('EINVAL');
    return this.consume(window.offset, Number(value));
  }

  consume(offset: number, size: number): number {
    return this.resuming.consume(this.section.take(offset, size));
  }

  readData(offset: number, into: Uint8Array): number {
    const count = Math.min(into.length, this.section.regionSize - offset);
    into.set(this.section.memory.subarray(offset, offset + count));
    return count;
  }

  writeData(offset: number, from: Uint8Array): number {
    const count = Math.min(from.length, this.section.regionSize - offset);
    this.section.put(offset, from.subarray(0, count));
    return count;
  }

  /** The next step that moves data fails with EIO: see the inject register. */
  injectError(): void {
    this.failNextData = true;
  }

  reset(): void {
    this.failNextData = false;
  }

  private takeInjectedError(): boolean {
    const fails = this.failNextData;
    this.failNextData = false;
    return fails;
  }
}
