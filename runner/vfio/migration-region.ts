/**
 * A version 1 migration region: struct vfio_device_migration_info at offset 0 and the data section behind it. Fields are accessed only
 * at their native width and offset; order and meaning of the accesses are the caller's affair, because each of them is an action.
 */
import {
  type MigrationField,
  VFIO_DEVICE_STATE_MASK,
  VFIO_REGION_SUBTYPE_MIGRATION,
  VFIO_REGION_TYPE_MIGRATION,
  vfioDeviceMigrationInfo,
} from '../abi';
import type { AccessWidth } from '../host/vfio-host';
import { type Transfer, type TransferOptions, transferData } from './data-transfer';
import { type Outcome, ownFailure, success } from './outcome';
import type { Region } from './region';
import type { RegionInfo } from './region-info';

/** True for a region whose TYPE capability says MIGRATION (3), subtype 1. */
export function isMigrationRegion(info: RegionInfo): boolean {
  return info.type?.type === VFIO_REGION_TYPE_MIGRATION && info.type.subtype === VFIO_REGION_SUBTYPE_MIGRATION;
}

/** A device_state write by read-modify-write, and what was read back. */
export interface StateChange {
  /** device_state before, all 32 bits. */
  readonly before: number;
  /** What was written: the bits asked for, bits 3 to 31 as they were. */
  readonly written: number;
  readonly write: Outcome;
  /** device_state read again afterwards, whether the write succeeded or not. */
  readonly after: Outcome<number>;
}

export class MigrationRegion {
  constructor(readonly region: Region) {}

  readField(field: MigrationField): Outcome<bigint> {
    const { offset, width } = vfioDeviceMigrationInfo.fields[field];
    return this.region.readScalar(BigInt(offset), width as AccessWidth);
  }

  /** Also writes fields that a user must not write: whoever calls it means to. */
  writeField(field: MigrationField, value: bigint): Outcome {
    const { offset, width } = vfioDeviceMigrationInfo.fields[field];
    return this.region.writeScalar(BigInt(offset), width as AccessWidth, value);
  }

  /** device_state, all 32 bits, unsigned. */
  readState(): Outcome<number> {
    const state = this.readField('device_state');
    return state.ok ? success(Number(state.value)) : state;
  }

  /** Writes all 32 bits as given, without reading first. */
  writeState(state: number): Outcome {
    return this.writeField('device_state', BigInt(state >>> 0));
  }

  /**
   * Asks for the state with these three bits as a user must: reads, changes bits 0 to 2 only, writes, reads again. Fails only when the
   * first read does; then nothing was written. `written` is called as soon as the write has returned.
   */
  changeState(bits: number, written?: (write: Outcome) => void): Outcome<StateChange> {
    if (!Number.isInteger(bits) || bits < 0 || bits > VFIO_DEVICE_STATE_MASK) {
      throw new RangeError(`a device state has three bits, not ${bits}`);
    }
    const before = this.readState();
    if (!before.ok) {
      return before;
    }
    const value = ((before.value & ~VFIO_DEVICE_STATE_MASK) | bits) >>> 0;
    const write = this.writeState(value);
    written?.(write);
    return success({ before: before.value, written: value, write, after: this.readState() });
  }

  /** Reads `size` bytes of the data section at `dataOffset`, both as the device gave them: they are checked here. */
  readData(dataOffset: bigint, size: bigint, options: TransferOptions = {}): Outcome<Transfer> {
    const refused = this.check('read data', dataOffset, size);
    return refused ?? transferData(this.region, 'read', dataOffset, new Uint8Array(Number(size)), options);
  }

  /** The same, into memory of the caller's: as many bytes as it has. */
  readInto(dataOffset: bigint, bytes: Uint8Array, options: TransferOptions = {}): Outcome<Transfer> {
    const refused = this.check('read data', dataOffset, BigInt(bytes.length));
    return refused ?? transferData(this.region, 'read', dataOffset, bytes, options);
  }

  /** Writes bytes into the data section at `dataOffset`, as the device gave it: it is checked here. data_size is the caller's to write. */
  writeData(dataOffset: bigint, bytes: Uint8Array, options: TransferOptions = {}): Outcome<Transfer> {
    const refused = this.check('write data', dataOffset, BigInt(bytes.length));
    return refused ?? transferData(this.region, 'write', dataOffset, bytes, options);
  }

  /** Bytes of the data section that a buffer may take at `dataOffset`. */
  roomAt(dataOffset: bigint): bigint {
    return dataOffset < this.region.info.size ? this.region.info.size - dataOffset : 0n;
  }

  /** Ends the mappings that transfers have made. */
  close(): Outcome {
    return this.region.unmapAll();
  }

  private check(call: string, dataOffset: bigint, size: bigint): ReturnType<typeof ownFailure> | undefined {
    const { info, limits } = this.region;
    if (size > limits.maxBufferBytes) {
      return ownFailure('limit', call, `a buffer of ${size} bytes; the kit takes up to ${limits.maxBufferBytes}`);
    }
    if (dataOffset < BigInt(vfioDeviceMigrationInfo.size)) {
      return ownFailure(
        'outside',
        call,
        `${size} bytes at ${dataOffset} lie in the structure, not in the data section`,
      );
    }
    if (!this.region.holds(dataOffset, size)) {
      return ownFailure('outside', call, `${size} bytes at ${dataOffset} leave the region of ${info.size} bytes`);
    }
    return undefined;
  }
}
