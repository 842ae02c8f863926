/** Words and marks that the parts of the certificate share. */
import { type Html, trusted } from '../html';
import type { CertificateContents } from './schema';

type Verdict = CertificateContents['verdict'];

export function verdictSentence(verdict: Verdict): string {
  return { conformant: 'Conformant', 'non-conformant': 'Not conformant', incomplete: 'Incomplete' }[verdict];
}

/** A tick, a cross, a half-filled ring: the verdict for who sees no colours. */
export function verdictMark(verdict: Verdict): Html {
  const shape = {
    conformant: '<path d="M12.5 24.5l8 8 15-17" fill="none"/>',
    'non-conformant': '<path d="M15 15l18 18M33 15L15 33" fill="none"/>',
    incomplete: '<path d="M24 10a14 14 0 0 1 0 28z" fill="currentColor" stroke="none"/>',
  }[verdict];
  return trusted(
    `<svg viewBox="0 0 48 48" aria-hidden="true" stroke="currentColor" stroke-width="4" stroke-linecap="round" stroke-linejoin="round"><circle cx="24" cy="24" r="21" fill="none" stroke-width="3"/>${shape}</svg>`,
  );
}

/** `2026-01-02 03:04 UTC`. */
export function moment(time: string): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return time;
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

export function plural(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}

/** `65892` as `65,892`; fractions as they are. */
export function number(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString('en-US') : String(value);
}
