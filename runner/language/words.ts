/** Words of closed lists, names that an author gives, and free text. */
import type { JsonSchema } from './json-schema';
import { isWhole, outside, showNumber } from './measures';
import { bad, type Lowered, shown } from './problem';
import { numberMeant } from './spelling';
import { listing, nearest, quote } from './suggest';
import { describe, type ScalarTree } from './tree';

export function word(scalar: ScalarTree, words: readonly string[], what: string, cause?: string): Lowered {
  if (typeof scalar.value === 'string' && words.includes(scalar.value)) return { value: scalar.value };
  if (scalar.value === null)
    return bad('missing-value', `${what} is missing here`, { cause: `one of ${listing(words, 'or', 12)}` });
  return bad('unknown-value', `${shown(scalar)} is not ${what}`, {
    cause: cause ?? `${what} is ${listing(words, 'or', 16)}`,
    suggestion: nearest(scalar.text, words),
  });
}

export function choice(schema: JsonSchema, scalar: ScalarTree, name: string): Lowered {
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

export function namedNumber(
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

export function pattern(scalar: ScalarTree, regex: string, code: string, what: string, cause: string): Lowered {
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

export function text(schema: JsonSchema, scalar: ScalarTree): Lowered {
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
