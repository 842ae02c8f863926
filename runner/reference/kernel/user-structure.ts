import type { ByteOrder } from '../../abi/byte-order';

/**
 * A structure in the caller's memory, as the kernel sees it: fields in the host's byte order. What lies past the caller's memory reads as
 * zero (the kernel would read whatever stands there) and is never written.
 */
export class UserStructure {
  private readonly view: DataView;
  private readonly little: boolean;

  constructor(
    readonly bytes: Uint8Array,
    readonly order: ByteOrder,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.little = order === 'little';
  }

  u32(at: number): number {
    return at + 4 <= this.bytes.length ? this.view.getUint32(at, this.little) : 0;
  }

  i32(at: number): number {
    return this.u32(at) | 0;
  }

  u64(at: number): bigint {
    return at + 8 <= this.bytes.length ? this.view.getBigUint64(at, this.little) : 0n;
  }

  setU32(at: number, value: number): void {
    if (at + 4 <= this.bytes.length) this.view.setUint32(at, value >>> 0, this.little);
  }

  setU64(at: number, value: bigint): void {
    if (at + 8 <= this.bytes.length) this.view.setBigUint64(at, value, this.little);
  }

  copyIn(at: number, from: Uint8Array): void {
    const room = Math.max(0, Math.min(from.length, this.bytes.length - at));
    this.bytes.set(from.subarray(0, room), at);
  }
}
