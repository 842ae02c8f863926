/** What each `x-kind` of scalar means: from what is written to the lowered value, or to what is wrong with it. */
import type { JsonSchema } from './json-schema';
import { DURATION_CAUSE, duration, integer, NUMBER_CAUSE, SIZE_CAUSE, sized } from './measures';
import { FIELD_NAMES, REGION_NAMES, STATE_NAMES, stateName } from './names';
import { BYTES_PATTERN, CLAUSE_PATTERN, LABEL_PATTERN, LINES_PATTERN, SELECTOR_PATTERN } from './patterns';
import { bad, type Lowered, shown } from './problem';
import { listing } from './suggest';
import type { ScalarTree } from './tree';
import { choice, namedNumber, pattern, text, word } from './words';

/** `name` is where the scalar stands, for messages: `until of save`. */
type Kind = (schema: JsonSchema, scalar: ScalarTree, name: string) => Lowered;

/** What each kind looks like: the cause of a complaint, and what an editor says. */
export const HELP = {
  size: SIZE_CAUSE,
  address: `${NUMBER_CAUSE}; units as in 4KiB work too`,
  duration: DURATION_CAUSE,
  clause: 'clause ids are upper case with hyphens, as in SAVE-ACK',
  selector: 'a clause id or a family, as in SAVE-ACK or SAVE-*',
  label: 'labels are lower-case letters, digits and hyphens, and begin with a letter',
  bytes: 'bytes are pairs of hex digits in quotes, as in "de ad be ef"',
  lines: 'lines are a number or a range in quotes, as in "11-12"',
  date: 'a date is year-month-day, as in 2027-01-31',
} as const;

export const KINDS: Readonly<Record<string, Kind>> = {
  size: (schema, scalar) => sized(schema, scalar, 'a size', SIZE_CAUSE),
  address: (schema, scalar) => sized(schema, scalar, 'an address or offset', HELP.address),
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
  clause: (_schema, scalar) => pattern(scalar, CLAUSE_PATTERN, 'not-a-clause', 'a clause id', HELP.clause),
  selector: (_schema, scalar) =>
    pattern(scalar, SELECTOR_PATTERN, 'not-a-clause', 'a clause id or a family', HELP.selector),
  label: (_schema, scalar) => pattern(scalar, LABEL_PATTERN, 'not-a-label', 'a label', HELP.label),
  text: (schema, scalar) => text(schema, scalar),
  shared: (schema, scalar) => text(schema, scalar),
  argument: (schema, scalar) => {
    const isWhole = typeof scalar.value === 'bigint' || Number.isInteger(scalar.value);
    return isWhole ? { value: scalar.text } : text(schema, scalar);
  },
  bytes: (_schema, scalar) => {
    if (typeof scalar.value === 'string' && new RegExp(BYTES_PATTERN).test(scalar.value)) {
      return { value: Uint8Array.from(Buffer.from(scalar.value.replaceAll(' ', ''), 'hex')) };
    }
    return bad('not-bytes', `${shown(scalar)} is not a row of bytes`, {
      cause: HELP.bytes,
    });
  },
  lines: (_schema, scalar) => {
    if (typeof scalar.value === 'number' && Number.isInteger(scalar.value) && scalar.value > 0)
      return { value: String(scalar.value) };
    const ends =
      typeof scalar.value === 'string' && new RegExp(LINES_PATTERN).test(scalar.value) ? scalar.value.split('-') : [];
    if (ends.length > 0 && Number(ends[1] ?? ends[0]) >= Number(ends[0])) return { value: scalar.value };
    return bad('not-lines', `${shown(scalar)} is not a range of lines`, {
      cause: HELP.lines,
    });
  },
  date: (_schema, scalar) => {
    const written =
      typeof scalar.value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(scalar.value) ? scalar.value : undefined;
    // Round trip: 2027-02-30 is written well and is no day.
    const day = written === undefined ? undefined : new Date(`${written}T00:00:00Z`);
    if (day && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(written ?? '-')) return { value: written };
    return bad('not-a-date', `${shown(scalar)} is not a date`, { cause: HELP.date });
  },
};
