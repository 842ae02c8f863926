/** What each `x-kind` of scalar means: from what is written to the lowered value, or to what is wrong with it. */

import type { JsonSchema } from './json-schema';
import { FIELD_NAMES, REGION_NAMES, STATE_NAMES, stateName } from './names';
import {
  BYTES_PATTERN,
  CLAUSE_PATTERN,
  DURATION_PATTERN,
  LABEL_PATTERN,
  LINES_PATTERN,
  SELECTOR_PATTERN,
  SIZE_PATTERN,
} from './patterns';
import { numberMeant } from './spelling';
import { listing, nearest, quote } from './suggest';
import { describe, type ScalarTree } from './tree';

export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly cause?: string;
  readonly suggestion?: string;
}

export type Lowered = { readonly value: unknown } | { readonly problem: Problem };

/** `name` is where the scalar stands, for messages: `until of save`. */
type Kind = (schema: JsonSchema, scalar: ScalarTree, name: string) => Lowered;

const UNIT_BYTES: Readonly<Record<string, bigint>> = {
  B: 1n,
  KiB: 1n << 10n,
  MiB: 1n << 20n,
  GiB: 1n << 30n,
  TiB: 1n << 40n,
};
const UNIT_MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, min: 60_000 };

const SIZE_CAUSE = 'a size is a number of bytes, or a number and B, KiB, MiB, GiB or TiB, as in 2MiB';
const NUMBER_CAUSE = 'numbers are decimal (16) or hex (0x10), without quotes';
const DURATION_CAUSE = 'a duration is a number and us, ms, s or min, as in 250ms';

export const KINDS: Readonly<Record<string, Kind>> = {
  size: (schema, scalar) => sized(schema, scalar, 'a size', SIZE_CAUSE),
  address: (schema, scalar) =>
    sized(schema, scalar, 'an address or offset', `${NUMBER_CAUSE}; units as in 4KiB work too`),
  number64: (schema, scalar) => integer(schema, scalar, (value) => value),
  count: (schema, scalar) => integer(schema, scalar, (value) => Number(value)),
  width: (schema, scalar) => {
    const lowered = integer(schema, scalar, (value) => Number(value));
    const widths = (schema.enum ?? []) as readonly unknown[];
    if ('problem' in lowered || widths.includes(lowered.value)) return lowered;
    return bad('unknown-value', `${scalar.text} is not a width`, {
      cause: `a width is ${listing(widths.map(String), 'or')} bytes`,
    });
  },
  duration,
  field: (_schema, scalar) => word(scalar, FIELD_NAMES, 'a field of the migration region'),
  errno: (schema, scalar) =>
    word(scalar, schema.enum as readonly string[], 'an errno name', 'as in <errno.h>: EINVAL, EIO, ...'),
  choice,
  state: (schema, scalar) => namedNumber(schema, scalar, STATE_NAMES, 'a device state', (value) => stateName(value)),
  region: (schema, scalar) =>
    namedNumber(schema, scalar, REGION_NAMES, 'a region', (value) => String(value), 'or its index'),
  clause: (_schema, scalar) =>
    pattern(
      scalar,
      CLAUSE_PATTERN,
      'not-a-clause',
      'a clause id',
      'clause ids are upper case with hyphens, as in SAVE-ACK',
    ),
  selector: (_schema, scalar) =>
    pattern(scalar, SELECTOR_PATTERN, 'not-a-clause', 'a clause id or a family', 'as in SAVE-ACK or SAVE-*'),
  label: (_schema, scalar) =>
    pattern(
      scalar,
      LABEL_PATTERN,
      'not-a-label',
      'a label',
      'labels are lower-case letters, digits and hyphens, and begin with a letter',
    ),
  text: (schema, scalar) => text(schema, scalar),
  bytes: (_schema, scalar) => {
    if (typeof scalar.value === 'string' && new RegExp(BYTES_PATTERN).test(scalar.value)) {
      return { value: Uint8Array.from(Buffer.from(scalar.value.replaceAll(' ', ''), 'hex')) };
    }
    return bad('not-bytes', `${shown(scalar)} is not a row of bytes`, {
      cause: 'bytes are pairs of hex digits in quotes, as in "de ad be ef"',
    });
  },
  lines: (_schema, scalar) => {
    if (typeof scalar.value === 'number' && Number.isInteger(scalar.value) && scalar.value > 0)
      return { value: String(scalar.value) };
    const ends =
      typeof scalar.value === 'string' && new RegExp(LINES_PATTERN).test(scalar.value) ? scalar.value.split('-') : [];
    if (ends.length > 0 && Number(ends[1] ?? ends[0]) >= Number(ends[0])) return { value: scalar.value };
    return bad('not-lines', `${shown(scalar)} is not a range of lines`, {
      cause: 'lines are a number or a range in quotes, as in "11-12"',
    });
  },
  date: (_schema, scalar) => {
    const written =
      typeof scalar.value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(scalar.value) ? scalar.value : undefined;
    // Round trip: 2027-02-30 is written well and is no day.
    const day = written === undefined ? undefined : new Date(`${written}T00:00:00Z`);
    if (day && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(written ?? '-')) return { value: written };
    return bad('not-a-date', `${shown(scalar)} is not a date`, { cause: 'a date is year-month-day, as in 2027-01-31' });
  },
};

function bad(code: string, message: string, advice: { cause?: string; suggestion?: string | undefined } = {}): Lowered {
  const { cause, suggestion } = advice;
  return {
    problem: { code, message, ...(cause ? { cause } : {}), ...(suggestion === undefined ? {} : { suggestion }) },
  };
}

/** The scalar as a message shows it. */
function shown(scalar: ScalarTree): string {
  if (scalar.value === null) return 'nothing';
  return typeof scalar.value === 'string' ? quote(scalar.value) : scalar.text;
}

function isWhole(value: unknown): value is number | bigint {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value));
}

/** Both ends belong to the range; the exact ends are text because JSON numbers are not exact. */
function outside(
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
function showNumber(limit: string): string {
  const value = BigInt(limit);
  return value > 0xffffn ? `${limit} (0x${value.toString(16)})` : limit;
}

function integer(schema: JsonSchema, scalar: ScalarTree, lower: (value: bigint) => unknown): Lowered {
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

function sized(schema: JsonSchema, scalar: ScalarTree, what: string, cause: string): Lowered {
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

function duration(schema: JsonSchema, scalar: ScalarTree): Lowered {
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

function word(scalar: ScalarTree, words: readonly string[], what: string, cause?: string): Lowered {
  if (typeof scalar.value === 'string' && words.includes(scalar.value)) return { value: scalar.value };
  if (scalar.value === null)
    return bad('missing-value', `${what} is missing here`, { cause: `one of ${listing(words, 'or', 12)}` });
  return bad('unknown-value', `${shown(scalar)} is not ${what}`, {
    cause: cause ?? `${what} is ${listing(words, 'or', 16)}`,
    suggestion: nearest(scalar.text, words),
  });
}

function choice(schema: JsonSchema, scalar: ScalarTree, name: string): Lowered {
  const words = (schema.enum ?? []) as readonly (string | number | boolean)[];
  if (scalar.value !== null && words.includes(scalar.value as string)) return { value: scalar.value };
  const written = words.map(String);
  // Of a long list (the errno names) the first few only show what kind of word is meant.
  const cause = `it is ${listing(written, 'or', written.length > 40 ? 5 : 40)}`;
  if (scalar.value === null) return bad('missing-value', `a value is missing for ${name}`, { cause });
  return bad('unknown-value', `${shown(scalar)} is not a value of ${name}`, {
    cause,
    suggestion: written.includes(scalar.text) ? scalar.text : nearest(scalar.text, written),
  });
}

function namedNumber(
  schema: JsonSchema,
  scalar: ScalarTree,
  names: readonly string[],
  what: string,
  lower: (value: number) => string,
  orElse = 'or its value, as in 0x6',
): Lowered {
  if (isWhole(scalar.value)) {
    const range = { ...schema, 'x-minimum': '0', 'x-maximum': String(schema.maximum ?? 0xffff_ffff) };
    return outside(range, BigInt(scalar.value), scalar, showNumber) ?? { value: lower(Number(scalar.value)) };
  }
  if (typeof scalar.value === 'string' && names.includes(scalar.value)) return { value: scalar.value };
  if (scalar.value === null)
    return bad('missing-value', `${what} is missing here`, { cause: `one of ${listing(names, 'or')}` });
  return bad('unknown-value', `${shown(scalar)} is not ${what}`, {
    cause: `${what} is ${listing(names, 'or')}, ${orElse}`,
    suggestion:
      nearest(scalar.text, names) ?? (typeof scalar.value === 'string' ? numberMeant(scalar.value) : undefined),
  });
}

function pattern(scalar: ScalarTree, regex: string, code: string, what: string, cause: string): Lowered {
  if (typeof scalar.value === 'string' && scalar.value.length <= 64 && new RegExp(regex).test(scalar.value))
    return { value: scalar.value };
  if (typeof scalar.value === 'string' && scalar.value.length > 64) {
    return bad('too-long', `this name has ${scalar.value.length} characters`, { cause: 'at most 64 fit here' });
  }
  const slug = scalar.text.trim().replaceAll(/[\s_]+/g, '-');
  const meant = [slug, slug.toLowerCase(), slug.toUpperCase()].find(
    (candidate) => candidate.length <= 64 && new RegExp(regex).test(candidate),
  );
  return bad(
    scalar.value === null ? 'missing-value' : code,
    scalar.value === null ? `${what} is missing here` : `${shown(scalar)} is not ${what}`,
    {
      cause,
      suggestion: meant,
    },
  );
}

function text(schema: JsonSchema, scalar: ScalarTree): Lowered {
  if (scalar.value === null) return bad('missing-value', 'text is missing here');
  if (typeof scalar.value !== 'string') {
    return bad('wrong-type', `text stands here, ${scalar.text} is ${describe(scalar)}`, {
      cause: 'quotes make it text',
      suggestion: `"${scalar.text}"`,
    });
  }
  const length = [...scalar.value].length;
  if (length < (schema.minLength ?? 0)) return bad('too-short', 'this text is empty');
  if (length > (schema.maxLength ?? Number.MAX_SAFE_INTEGER)) {
    return bad('too-long', `this text has ${length} characters`, { cause: `at most ${schema.maxLength} fit here` });
  }
  if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(scalar.value)) {
    return bad('wrong-pattern', `${quote(scalar.value)} does not fit here`, {
      cause: schema.patternErrorMessage ?? `it matches ${schema.pattern}`,
    });
  }
  return { value: scalar.value };
}
