/** Numbers, sizes and durations: from what is written to bytes, milliseconds and exact integers. */
import type { JsonSchema } from './json-schema';
import { DURATION_PATTERN, SIZE_PATTERN } from './patterns';
import { bad, type Lowered, shown } from './problem';
import { numberMeant } from './spelling';
import { quote } from './suggest';
import type { ScalarTree } from './tree';

const UNIT_BYTES: Readonly<Record<string, bigint>> = {
  B: 1n,
  KiB: 1n << 10n,
  MiB: 1n << 20n,
  GiB: 1n << 30n,
  TiB: 1n << 40n,
};
const UNIT_MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, min: 60_000 };

export const SIZE_CAUSE = 'a size is a number of bytes, or a number and B, KiB, MiB, GiB or TiB, as in 2MiB';
export const NUMBER_CAUSE = 'numbers are decimal (16) or hex (0x10), without quotes';
export const DURATION_CAUSE = 'a duration is a number and us, ms, s or min, as in 250ms';

export function isWhole(value: unknown): value is number | bigint {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value));
}

/** Both ends belong to the range; the exact ends are text because JSON numbers are not exact. */
export function outside(
  schema: JsonSchema,
  value: bigint | number,
  scalar: ScalarTree,
  show: (limit: string) => string,
): Lowered | undefined {
  const low = schema['x-minimum'] ?? '0';
  const high = schema['x-maximum'] ?? '18446744073709551615';
  const exact = typeof value === 'bigint';
  if (exact ? value < BigInt(low) : value < Number(low)) {
    return bad('out-of-range', `${shown(scalar)} is too small`, { cause: `the least value here is ${show(low)}` });
  }
  if (exact ? value > BigInt(high) : value > Number(high)) {
    return bad('out-of-range', `${shown(scalar)} is too large`, { cause: `the greatest value here is ${show(high)}` });
  }
  return undefined;
}

/** Limits that are round in hex are shown in hex too. */
export function showNumber(limit: string): string {
  const value = BigInt(limit);
  return value > 0xffffn ? `${limit} (0x${value.toString(16)})` : limit;
}

export function integer(schema: JsonSchema, scalar: ScalarTree, lower: (value: bigint) => unknown): Lowered {
  if (!isWhole(scalar.value)) {
    if (scalar.value === null) return bad('missing-value', 'a number is missing here', { cause: NUMBER_CAUSE });
    const meant = typeof scalar.value === 'string' ? numberMeant(scalar.value) : undefined;
    if (typeof scalar.value === 'number') return bad('not-a-number', `${scalar.text} is not a whole number`);
    if (/^-0x/i.test(scalar.text)) return bad('out-of-range', `${shown(scalar)} is negative`, { cause: NUMBER_CAUSE });
    return bad('not-a-number', `${shown(scalar)} is not a number`, { cause: NUMBER_CAUSE, suggestion: meant });
  }
  const value = BigInt(scalar.value);
  return outside(schema, value, scalar, showNumber) ?? { value: lower(value) };
}

export function sized(schema: JsonSchema, scalar: ScalarTree, what: string, cause: string): Lowered {
  if (typeof scalar.value !== 'string') {
    if (isWhole(scalar.value)) return integer(schema, scalar, (value) => value);
    return bad('not-a-size', `${shown(scalar)} is not ${what}`, { cause });
  }
  const match = new RegExp(SIZE_PATTERN).exec(scalar.value);
  if (!match)
    return bad('not-a-size', `${quote(scalar.value)} is not ${what}`, { cause, suggestion: sizeMeant(scalar.value) });
  // The pattern bounds neither; more digits than a u64 has need no arithmetic.
  if ((match[1] ?? '').length > 20)
    return bad('out-of-range', `${quote(scalar.value)} is too large`, { cause: 'sizes have at most 64 bits' });
  const value = BigInt(match[1] ?? '0') * (UNIT_BYTES[match[2] ?? 'B'] ?? 1n);
  return outside(schema, value, scalar, showNumber) ?? { value };
}

/** `2MB`, `2 mib`, `4k`: which binary unit was meant. */
function sizeMeant(written: string): string | undefined {
  const match = /^\s*([0-9][0-9_]*)\s*([kmgt]?)(i?b?|bytes?)\s*$/i.exec(written);
  if (!match) return fractionMeant(written) ?? numberMeant(written);
  const digits = (match[1] ?? '').replaceAll('_', '').replace(/^0+(?=.)/, '');
  const prefix = (match[2] ?? '').toUpperCase();
  if (prefix === '') return match[3] ? `${digits}B` : digits;
  return `${digits}${prefix}iB`;
}

/** `1.5MiB` is 1536KiB: a size is whole in some unit. */
function fractionMeant(written: string): string | undefined {
  const match = /^([0-9]{1,9}\.[0-9]{1,9})(KiB|MiB|GiB|TiB)$/.exec(written);
  const bytes = Number(match?.[1]) * Number(UNIT_BYTES[match?.[2] ?? ''] ?? Number.NaN);
  if (!Number.isSafeInteger(bytes)) return undefined;
  const unit = ['TiB', 'GiB', 'MiB', 'KiB', 'B'].find((one) => bytes % Number(UNIT_BYTES[one]) === 0) ?? 'B';
  return `${bytes / Number(UNIT_BYTES[unit])}${unit}`;
}

export function duration(schema: JsonSchema, scalar: ScalarTree): Lowered {
  const match = typeof scalar.value === 'string' ? new RegExp(DURATION_PATTERN).exec(scalar.value) : null;
  if (!match || typeof scalar.value !== 'string') {
    return bad('not-a-duration', `${shown(scalar)} is not a duration`, {
      cause: DURATION_CAUSE,
      suggestion: durationMeant(scalar),
    });
  }
  const unit = match[3] ?? 'ms';
  // Rounded to nanoseconds, so that 0.1s is 100 and not 100.00000000000001.
  const value = Math.round(Number(scalar.value.slice(0, -unit.length)) * (UNIT_MS[unit] ?? 1) * 1e6) / 1e6;
  return outside(schema, value, scalar, (limit) => `${limit}ms`) ?? { value };
}

const UNITS_MEANT: Readonly<Record<string, string>> = {
  '': 'ms',
  msec: 'ms',
  msecs: 'ms',
  millisecond: 'ms',
  milliseconds: 'ms',
  ms: 'ms',
  sec: 's',
  secs: 's',
  second: 's',
  seconds: 's',
  s: 's',
  m: 'min',
  min: 'min',
  mins: 'min',
  minute: 'min',
  minutes: 'min',
  us: 'us',
  usec: 'us',
};

function durationMeant(scalar: ScalarTree): string | undefined {
  const match = /^\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]*)\s*$/i.exec(scalar.text);
  const unit = match ? UNITS_MEANT[(match[2] ?? '').toLowerCase()] : undefined;
  return match && unit !== undefined ? `${(match[1] ?? '').replace(/^0+(?=[0-9])/, '')}${unit}` : undefined;
}
