/** One way to write a number: what other languages, or YAML 1.1, read differently is refused with what to write. */
import type { Complaints } from './complaints';
import type { TextRange } from './source';
import { quote } from './suggest';
import type { ScalarValue } from './tree';

const GOOD_NUMBER = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?$|^0x[0-9a-fA-F]+$/;

/** A plain scalar that YAML took for a number, a boolean or null; false when it was complained of. */
export function checkSpelling(complaints: Complaints, range: TextRange, text: string, value: ScalarValue): boolean {
  if (typeof value !== 'number' && typeof value !== 'bigint') return true;
  if (GOOD_NUMBER.test(text)) return true;
  const suggestion = Number.isFinite(Number(value)) ? decimal(value) : undefined;
  complaints.error(range, 'number-spelling', `${quote(text)} is not how this language writes a number`, {
    cause: `${whyNot(text)}; numbers are decimal (16) or hex (0x10), and text that looks like a number stands in quotes`,
    ...(suggestion === undefined ? {} : { suggestion }),
  });
  return false;
}

function whyNot(text: string): string {
  if (/^[-+]?0[0-9]+$/.test(text)) return 'with a leading 0 some programs read octal, others decimal';
  if (text.startsWith('0o')) return 'octal is not used here';
  if (text.startsWith('+')) return 'there is no plus sign';
  if (/inf|nan/i.test(text)) return 'infinity and not-a-number are no values here';
  return 'there is no exponent, and a fraction has digits on both sides of its point';
}

function decimal(value: number | bigint): string {
  return typeof value === 'bigint' || Number.isInteger(value) ? String(BigInt(value)) : String(value);
}

/** Text that a person meant as a number: what it would be in this language's spelling. */
export function numberMeant(text: string): string | undefined {
  const cleaned = text.trim().replaceAll(/(?<=[0-9a-fA-F])[_' ](?=[0-9a-fA-F])/g, '');
  if (cleaned.length > 80) return undefined;
  if (/^0[xX][0-9a-fA-F]+$/.test(cleaned)) return `0x${cleaned.slice(2)}`;
  if (/^0[bB][01]+$/.test(cleaned)) return `0x${BigInt(`0b${cleaned.slice(2)}`).toString(16)}`;
  if (/^[0-9a-fA-F]+h$/.test(cleaned)) return `0x${cleaned.slice(0, -1)}`;
  if (/^[0-9]{1,3}(,[0-9]{3})+$/.test(cleaned)) return cleaned.replaceAll(',', '');
  if (/^[0-9]+[uU]?[lL]{0,2}$/.test(cleaned)) return String(BigInt(cleaned.replace(/[uUlL]+$/, '')));
  return undefined;
}
