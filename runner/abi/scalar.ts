/** Integers of exact width in a buffer. The byte order always comes from the host (see byte-order.ts). */
import type { ByteOrder } from './byte-order';

/** Bytes of one integer. */
export type ScalarWidth = 1 | 2 | 4 | 8;

/** Reads one unsigned integer; a RangeError says what was needed when it does not fit into the buffer. */
export function readScalar(bytes: Uint8Array, at: number, width: ScalarWidth, order: ByteOrder): bigint {
  checkRoom(bytes, at, width);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = order === 'little';
  switch (width) {
    case 1:
      return BigInt(view.getUint8(at));
    case 2:
      return BigInt(view.getUint16(at, little));
    case 4:
      return BigInt(view.getUint32(at, little));
    case 8:
      return view.getBigUint64(at, little);
  }
}

/** Writes one unsigned integer; refuses a value that `width` bytes cannot hold instead of wrapping it. */
export function writeScalar(
  bytes: Uint8Array,
  at: number,
  width: ScalarWidth,
  value: bigint | number,
  order: ByteOrder,
): void {
  checkRoom(bytes, at, width);
  if (typeof value === 'number' && !Number.isInteger(value)) {
    throw new RangeError(`${value} is not an integer`);
  }
  const exact = BigInt(value);
  if (exact < 0n || exact >= 1n << BigInt(width * 8)) {
    throw new RangeError(`${exact} does not fit into ${width} unsigned byte${width === 1 ? '' : 's'}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = order === 'little';
  switch (width) {
    case 1:
      view.setUint8(at, Number(exact));
      return;
    case 2:
      view.setUint16(at, Number(exact), little);
      return;
    case 4:
      view.setUint32(at, Number(exact), little);
      return;
    case 8:
      view.setBigUint64(at, exact, little);
      return;
  }
}

/** One integer as `width` bytes of its own. */
export function encodeScalar(width: ScalarWidth, value: bigint | number, order: ByteOrder): Uint8Array {
  const bytes = new Uint8Array(width);
  writeScalar(bytes, 0, width, value, order);
  return bytes;
}

function checkRoom(bytes: Uint8Array, at: number, width: number): void {
  if (!Number.isInteger(at) || at < 0 || at + width > bytes.length) {
    throw new RangeError(`${width} bytes at offset ${at} do not fit into a buffer of ${bytes.length} bytes`);
  }
}
