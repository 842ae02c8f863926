/**
 * Declarative structure descriptions: where each field of a C structure stands, and codecs made from that.
 *
 * Offsets and sizes are written down, not computed, so that they can be compared one by one with the kernel's headers; they are
 * those of a 64-bit host. Encoding is exact: a value that its field cannot hold, or a buffer too short, is a RangeError.
 */
import type { ByteOrder } from './byte-order';

/** Field kinds: unsigned and signed integers, a fixed array of bytes, an embedded structure. */
export type FieldKind = 'u8' | 'u16' | 'u32' | 'u64' | 's32' | 'bytes' | 'struct';

/** Where a field stands: `offset` and `width` in bytes. */
export interface Field {
  readonly kind: FieldKind;
  readonly offset: number;
  readonly width: number;
}

export interface StructField<S extends Fields> extends Field {
  readonly kind: 'struct';
  readonly layout: Layout<S>;
}

export type Fields = { readonly [name: string]: Field };

/** What decoding a field gives: bigint for u64, number for the other integers, a copy for bytes. */
export type FieldValue<F extends Field> =
  F extends StructField<infer S>
    ? Values<S>
    : F extends { readonly kind: 'u64' }
      ? bigint
      : F extends { readonly kind: 'bytes' }
        ? Uint8Array
        : number;

/** A decoded structure. */
export type Values<S extends Fields> = { readonly [K in keyof S]: FieldValue<S[K]> };

/** What encoding takes: fields left out are zero. */
export type Input<S extends Fields> = {
  readonly [K in keyof S]?: S[K] extends StructField<infer T> ? Input<T> : FieldValue<S[K]>;
};

/** One C structure, without its flexible array if it has one. */
export interface Layout<S extends Fields = Fields> {
  /** The structure's tag, e.g. `vfio_device_info`. */
  readonly name: string;
  /** sizeof, trailing padding included; a flexible array member counts nothing. */
  readonly size: number;
  readonly fields: S;
  /** A new buffer of `size` bytes; padding and fields left out are zero. */
  encode(values: Input<S>, order: ByteOrder): Uint8Array;
  /** Writes the fields given, and only them, into a buffer that holds the structure at `at`. */
  encodeInto(bytes: Uint8Array, values: Input<S>, order: ByteOrder, at?: number): void;
  /** All fields of the structure at `at` (default 0). The buffer must hold every field; trailing padding may be missing. */
  decode(bytes: Uint8Array, order: ByteOrder, at?: number): Values<S>;
  getField<K extends keyof S & string>(bytes: Uint8Array, name: K, order: ByteOrder, at?: number): FieldValue<S[K]>;
  setField<K extends keyof S & string>(
    bytes: Uint8Array,
    name: K,
    value: S[K] extends StructField<infer T> ? Input<T> : FieldValue<S[K]>,
    order: ByteOrder,
    at?: number,
  ): void;
}

export type LayoutValues<L> = L extends Layout<infer S> ? Values<S> : never;

const scalar =
  <K extends FieldKind>(kind: K, width: number) =>
  (offset: number): Field & { readonly kind: K } => ({ kind, offset, width });

export const u8 = scalar('u8', 1);
export const u16 = scalar('u16', 2);
export const u32 = scalar('u32', 4);
export const u64 = scalar('u64', 8);
export const s32 = scalar('s32', 4);
/** A fixed array of bytes. */
export const byteArray = (offset: number, width: number): Field & { readonly kind: 'bytes' } => ({
  kind: 'bytes',
  offset,
  width,
});
/** An embedded structure. */
export const struct = <S extends Fields>(offset: number, layout: Layout<S>): StructField<S> => ({
  kind: 'struct',
  offset,
  width: layout.size,
  layout,
});

/** Describes one structure. Throws when fields overlap or stand outside: that is a mistake in the description. */
export function defineLayout<S extends Fields>(name: string, fields: S, size: number): Layout<S> {
  checkDescription(name, fields, size);
  const fieldOf = (field: string): Field => {
    const found = Object.hasOwn(fields, field) ? fields[field] : undefined;
    if (found === undefined) {
      throw new RangeError(`${name} has no field ${field}`);
    }
    return found;
  };
  const layout: Layout<S> = {
    name,
    size,
    fields,
    encode(values, order) {
      const bytes = new Uint8Array(size);
      layout.encodeInto(bytes, values, order);
      return bytes;
    },
    encodeInto(bytes, values, order, at = 0) {
      for (const [key, value] of Object.entries(values)) {
        if (value !== undefined) {
          putField(name, key, fieldOf(key), bytes, at, value, order);
        }
      }
    },
    decode(bytes, order, at = 0) {
      const values: Record<string, unknown> = {};
      for (const [key, field] of Object.entries(fields)) {
        values[key] = takeField(name, key, field, bytes, at, order);
      }
      return values as Values<S>;
    },
    getField(bytes, key, order, at = 0) {
      return takeField(name, key, fieldOf(key), bytes, at, order) as FieldValue<S[typeof key]>;
    },
    setField(bytes, key, value, order, at = 0) {
      putField(name, key, fieldOf(key), bytes, at, value, order);
    },
  };
  return layout;
}

/** True for what defineLayout returns. */
export function isLayout(value: unknown): value is Layout {
  return typeof value === 'object' && value !== null && 'fields' in value && 'encodeInto' in value;
}

function checkDescription(name: string, fields: Fields, size: number): void {
  let end = 0;
  const inOrder = Object.entries(fields).sort(([, a], [, b]) => a.offset - b.offset);
  for (const [key, field] of inOrder) {
    if (!Number.isInteger(field.offset) || field.offset < end) {
      throw new RangeError(`${name}.${key} at ${field.offset} overlaps the field before it, which ends at ${end}`);
    }
    end = field.offset + field.width;
  }
  if (end > size) {
    throw new RangeError(`${name} has ${size} bytes, but its fields end at ${end}`);
  }
}

function room(name: string, key: string, field: Field, bytes: Uint8Array, at: number): DataView {
  const need = at + field.offset + field.width;
  if (!Number.isInteger(at) || at < 0 || need > bytes.length) {
    throw new RangeError(`${name}.${key}: needs a buffer of ${need} bytes (structure at ${at}), has ${bytes.length}`);
  }
  return new DataView(bytes.buffer, bytes.byteOffset + at + field.offset, field.width);
}

function takeField(name: string, key: string, field: Field, bytes: Uint8Array, at: number, order: ByteOrder): unknown {
  if (isStructField(field)) {
    return field.layout.decode(bytes, order, at + field.offset);
  }
  const view = room(name, key, field, bytes, at);
  const little = order === 'little';
  switch (field.kind) {
    case 'u8':
      return view.getUint8(0);
    case 'u16':
      return view.getUint16(0, little);
    case 'u32':
      return view.getUint32(0, little);
    case 's32':
      return view.getInt32(0, little);
    case 'u64':
      return view.getBigUint64(0, little);
    default:
      return bytes.slice(at + field.offset, at + field.offset + field.width);
  }
}

function putField(
  name: string,
  key: string,
  field: Field,
  bytes: Uint8Array,
  at: number,
  value: unknown,
  order: ByteOrder,
): void {
  if (isStructField(field)) {
    if (typeof value !== 'object' || value === null) {
      throw new RangeError(`${name}.${key}: takes the fields of ${field.layout.name}, not ${String(value)}`);
    }
    field.layout.encodeInto(bytes, value as Input<Fields>, order, at + field.offset);
    return;
  }
  const view = room(name, key, field, bytes, at);
  if (field.kind === 'bytes') {
    if (!(value instanceof Uint8Array) || value.length !== field.width) {
      throw new RangeError(`${name}.${key}: takes exactly ${field.width} bytes`);
    }
    bytes.set(value, at + field.offset);
    return;
  }
  const little = order === 'little';
  if (field.kind === 'u64') {
    if (typeof value !== 'bigint' || value < 0n || value > 0xffff_ffff_ffff_ffffn) {
      throw new RangeError(`${name}.${key}: takes a bigint from 0 to 2^64-1, not ${describe(value)}`);
    }
    view.setBigUint64(0, value, little);
    return;
  }
  const signed = field.kind === 's32';
  const low = signed ? -(2 ** 31) : 0;
  const high = signed ? 2 ** 31 - 1 : 2 ** (field.width * 8) - 1;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < low || value > high) {
    throw new RangeError(`${name}.${key}: takes an integer from ${low} to ${high}, not ${describe(value)}`);
  }
  switch (field.kind) {
    case 'u8':
      view.setUint8(0, value);
      return;
    case 'u16':
      view.setUint16(0, value, little);
      return;
    case 's32':
      view.setInt32(0, value, little);
      return;
    default:
      view.setUint32(0, value, little);
  }
}

function isStructField(field: Field): field is StructField<Fields> {
  return field.kind === 'struct';
}

function describe(value: unknown): string {
  return typeof value === 'bigint' ? `${value}n` : String(value);
}
