/** Flexible array members: a count in the structure says how many elements follow it, and the count is not to be trusted. */
import type { ByteOrder } from './byte-order';
import type { Fields, Input, Layout, Values } from './layout';

/** What a flexible array really held. */
export interface FlexibleArray<T> {
  /** What the count field says. */
  readonly count: number;
  /** The elements that lie in the buffer: `count` of them when `fits`. */
  readonly elements: readonly T[];
  readonly fits: boolean;
}

/** Bytes with a size in front. */
export interface SizedBytes {
  /** What the size field says. */
  readonly size: number;
  /** The bytes that lie in the buffer: `size` of them when `fits`. */
  readonly bytes: Uint8Array;
  readonly fits: boolean;
}

/** Decodes at most as many elements as lie between `at` and the buffer's end. */
export function decodeFlexibleArray<S extends Fields>(
  element: Layout<S>,
  count: number,
  bytes: Uint8Array,
  at: number,
  order: ByteOrder,
): FlexibleArray<Values<S>> {
  const available = Math.max(0, Math.floor((bytes.length - at) / element.size));
  const elements: Values<S>[] = [];
  for (let n = 0; n < Math.min(count, available); n++) {
    elements.push(element.decode(bytes, order, at + n * element.size));
  }
  return { count, elements, fits: count <= available };
}

/** `head` with the elements behind it. */
export function encodeFlexibleArray<S extends Fields>(
  head: Uint8Array,
  element: Layout<S>,
  elements: readonly Input<S>[],
  order: ByteOrder,
): Uint8Array {
  const bytes = new Uint8Array(head.length + elements.length * element.size);
  bytes.set(head);
  elements.forEach((values, n) => {
    bytes.set(element.encode(values, order), head.length + n * element.size);
  });
  return bytes;
}

/** The `size` bytes at `at`, or those of them that there are. */
export function decodeSizedBytes(size: number, bytes: Uint8Array, at: number): SizedBytes {
  return { size, bytes: bytes.slice(at, at + size), fits: at + size <= bytes.length };
}
