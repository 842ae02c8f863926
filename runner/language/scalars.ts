/**
 * The scalars of the language, for verbs' argument schemas.
 *
 * Each function makes a plain draft-07 schema for what an author writes, marked with `x-kind`; `Static` of it is the lowered
 * type that a verb gets. `Size({ description: 'How much to save' })` lets an author write `2MiB` and hands over 2097152n.
 *
 * A property with a `default` (in YAML spelling) may be left out in YAML and is filled in, so write it without Type.Optional:
 *
 *     arguments: Type.Object({
 *       to: StateName({ description: 'The state to write' }),
 *       pieces: Count({ default: 1, maximum: 64 }),
 *       as: Type.Optional(Label()),
 *     })
 *
 * Plain `Type.Boolean()`, `Type.Literal('x')`, `Type.Union([Type.Literal(..), ..])`, `Type.Object`, `Type.Array` work as well.
 */
import { type Static, type TSchema, type TUnsafe, Type } from '@sinclair/typebox';
import {
  ERRNO_NAMES,
  FIELD_NAMES,
  type FieldName as FieldNameValue,
  REGION_NAMES,
  type RegionName as RegionNameValue,
  STATE_NAMES,
  type StateName as StateNameValue,
  WIDTHS,
} from './names';
import { BYTES_PATTERN, CLAUSE_PATTERN, DURATION_PATTERN, LABEL_PATTERN, SIZE_PATTERN } from './patterns';
import type { Role } from './roles';
import type { Step } from './scenario';

/** What every scalar may say about itself to editors and docs. `default` and `examples` are in YAML spelling. */
export interface Description {
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  /** For names and states: what they stand for in the course of a scenario. */
  readonly 'x-role'?: Role;
}

/** Both ends belong to the range. Bytes, milliseconds or a plain number, as the scalar has it. */
export interface Range {
  readonly minimum?: bigint | number;
  readonly maximum?: bigint | number;
}

export type NumberOptions = Description & Range;

export const MAX_U64 = 0xffff_ffff_ffff_ffffn;
const MAX_U32 = 0xffff_ffffn;
const DAY_MS = 24 * 60 * 60 * 1000;

function range(options: NumberOptions, defaults: { minimum: bigint; maximum: bigint }): Record<string, unknown> {
  const { minimum, maximum, ...description } = options;
  const low = BigInt(minimum ?? defaults.minimum);
  const high = BigInt(maximum ?? defaults.maximum);
  // JSON numbers are exact only up to 2^53; the exact limits are kept as text and enforced when the value is lowered.
  const safe = (value: bigint) => value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
  return {
    ...description,
    ...(safe(low) ? { minimum: Number(low) } : {}),
    ...(safe(high) ? { maximum: Number(high) } : {}),
    'x-minimum': String(low),
    'x-maximum': String(high),
  };
}

/** Bytes: `2MiB`, `4KiB`, `512B`, a number or hex. Lowered to bigint. */
export function Size(options: NumberOptions = {}): TUnsafe<bigint> {
  return Type.Unsafe<bigint>({
    type: ['integer', 'string'],
    pattern: SIZE_PATTERN,
    ...range(options, { minimum: 0n, maximum: MAX_U64 }),
    'x-kind': 'size',
  });
}

/** An address, an IOVA or an offset: a number or hex, or a size (`at: 4KiB`). Lowered to bigint. */
export function Address(options: NumberOptions = {}): TUnsafe<bigint> {
  return Type.Unsafe<bigint>({
    type: ['integer', 'string'],
    pattern: SIZE_PATTERN,
    ...range(options, { minimum: 0n, maximum: MAX_U64 }),
    'x-kind': 'address',
  });
}

/** An unsigned value of up to 64 bits: a number or hex. Lowered to bigint. */
export function Number64(options: NumberOptions = {}): TUnsafe<bigint> {
  return Type.Unsafe<bigint>({
    type: 'integer',
    ...range(options, { minimum: 0n, maximum: MAX_U64 }),
    'x-kind': 'number64',
  });
}

/** An unsigned value of exactly so many bits, for `u8:` to `u64:`. Lowered to bigint. */
export function Unsigned(bits: 8 | 16 | 32 | 64, options: Description = {}): TUnsafe<bigint> {
  return Number64({ ...options, maximum: (1n << BigInt(bits)) - 1n });
}

/** How many, or an index. Lowered to number. */
export function Count(options: NumberOptions = {}): TUnsafe<number> {
  return Type.Unsafe<number>({
    type: 'integer',
    ...range(options, { minimum: 0n, maximum: MAX_U32 }),
    'x-kind': 'count',
  });
}

/** `250ms`, `1.5s`, `20us`, `2min`. Lowered to milliseconds, with a fraction where there is one; the range is in milliseconds. */
export function Duration(options: NumberOptions = {}): TUnsafe<number> {
  const { minimum, maximum, ...description } = options;
  return Type.Unsafe<number>({
    type: 'string',
    pattern: DURATION_PATTERN,
    ...description,
    'x-minimum': String(minimum ?? 0),
    'x-maximum': String(maximum ?? DAY_MS),
    'x-kind': 'duration',
  });
}

/** A field of struct vfio_device_migration_info. */
export function FieldName(options: Description = {}): TUnsafe<FieldNameValue> {
  return Type.Unsafe<FieldNameValue>({ type: 'string', enum: [...FIELD_NAMES], ...options, 'x-kind': 'field' });
}

/** A device state by name, or by value (`0x6`). Lowered to StateName: values 0 to 7 become names, others `0x9`; see stateValue(). */
export function StateName(options: Description = {}): TUnsafe<StateNameValue> {
  return Type.Unsafe<StateNameValue>({
    type: ['string', 'integer'],
    pattern: `^(${STATE_NAMES.join('|')})$`,
    minimum: 0,
    maximum: Number(MAX_U32),
    ...options,
    'x-values': [...STATE_NAMES],
    'x-kind': 'state',
  });
}

/** A region by name or index. Lowered to text: the name, or the index in decimal. */
export function RegionName(options: Description = {}): TUnsafe<RegionNameValue> {
  return Type.Unsafe<RegionNameValue>({
    type: ['string', 'integer'],
    pattern: `^(${REGION_NAMES.join('|')})$`,
    minimum: 0,
    maximum: 0xffff,
    ...options,
    'x-values': [...REGION_NAMES],
    'x-kind': 'region',
  });
}

/** `EINVAL` and its like. */
export function ErrnoName(options: Description = {}): TUnsafe<string> {
  return Type.Unsafe<string>({ type: 'string', enum: [...ERRNO_NAMES], ...options, 'x-kind': 'errno' });
}

/** A clause of the catalogue; that it is there is checked when a file is loaded. */
export function ClauseId(options: Description = {}): TUnsafe<string> {
  return Type.Unsafe<string>({ type: 'string', pattern: CLAUSE_PATTERN, ...options, 'x-kind': 'clause' });
}

/** Width of an access in bytes: 1, 2, 4 or 8. */
export function Width(options: Description = {}): TUnsafe<1 | 2 | 4 | 8> {
  return Type.Unsafe<1 | 2 | 4 | 8>({ type: 'integer', enum: [...WIDTHS], ...options, 'x-kind': 'width' });
}

/** A name that the author gives to something: `as: early`. Lower case, digits, hyphens; at most 64 characters. */
export function Label(options: Description = {}): TUnsafe<string> {
  return Type.Unsafe<string>({ type: 'string', pattern: LABEL_PATTERN, maxLength: 64, ...options, 'x-kind': 'label' });
}

/** Free text on one or more lines; at most 2000 characters. */
export function Text(options: Description = {}): TUnsafe<string> {
  return Type.Unsafe<string>({ type: 'string', minLength: 1, maxLength: 2000, ...options, 'x-kind': 'text' });
}

/** One argument of a program: text, or a number as it is written (`0x10` stays `0x10`); at most 2000 characters. Lowered to text. */
export function Argument(options: Description = {}): TUnsafe<string> {
  return Type.Unsafe<string>({
    type: ['string', 'integer'],
    minLength: 1,
    maxLength: 2000,
    ...options,
    'x-kind': 'argument',
  });
}

/** Bytes in hex, `"de ad be ef"`, at most 64 KiB of them. Lowered to a Uint8Array. */
export function Bytes(options: Description = {}): TUnsafe<Uint8Array> {
  return Type.Unsafe<Uint8Array>({
    type: 'string',
    pattern: BYTES_PATTERN,
    maxLength: 3 * 65536,
    ...options,
    'x-kind': 'bytes',
  });
}

/** One of a few words. `Choice(['start', 'stop'])`; Static is their union. */
export function Choice<const Word extends string>(words: readonly Word[], options: Description = {}): TUnsafe<Word> {
  return Type.Unsafe<Word>({ type: 'string', enum: [...words], ...options, 'x-kind': 'choice' });
}

/** One value or a list of at least one. Lowered to a list. */
export function Many<Item extends TSchema>(item: Item, options: Description = {}): TUnsafe<readonly Static<Item>[]> {
  return Type.Unsafe<readonly Static<Item>[]>({
    anyOf: [item, { type: 'array', items: item, minItems: 1, maxItems: 1024 }],
    ...options,
    'x-kind': 'many',
  });
}

/** A file of shared steps, by its path from the file that names it or from the package's folder scenarios. Its steps are read in with it. */
export function SharedFile(options: Description = {}): TUnsafe<string> {
  return Type.Unsafe<string>({ type: 'string', minLength: 1, maxLength: 500, ...options, 'x-kind': 'shared' });
}

/** Values by name, for a file of shared steps. They are put into its steps, and are not among the lowered arguments. */
export function SharedValues(options: Description = {}): TUnsafe<undefined> {
  return Type.Unsafe<undefined>({ ...options, 'x-kind': 'opaque' });
}

/** Nested steps, as in `on` and `repeat`. In YAML they may also stand beside the verb: `- on: destination` and `steps:` under it. */
export function Steps(options: Description = {}): TUnsafe<readonly Step[]> {
  return Type.Unsafe<readonly Step[]>({ type: 'array', minItems: 1, ...options, 'x-kind': 'steps' });
}
