/** 'Did you mean': the nearest of the words that would have been right. */
import { distance } from 'fastest-levenshtein';

/** The nearest candidate, when it is near enough to be what was meant. */
export function nearest(word: string, among: Iterable<string>): string | undefined {
  const candidates = [...among];
  if (word.length === 0 || word.length > 64) return undefined;
  const wanted = plain(word);
  let best: string | undefined;
  // A third of the letters may be wrong; one letter always may.
  let limit = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    if (candidate === word) continue;
    const theirs = plain(candidate);
    // Same letters, other case or separators: certainly meant.
    const apart = theirs === wanted ? 0 : swapped(wanted, theirs) ? 1 : distance(wanted, theirs);
    if (apart < limit) {
      limit = apart;
      best = candidate;
    }
  }
  return best ?? partOf(wanted, candidates);
}

/** `fail` for `failure`, `VFIO_DEVICE_STATE_RUNNING` for `running`: one candidate begins with the word, or the word ends with one. */
function partOf(wanted: string, candidates: readonly string[]): string | undefined {
  if (wanted.length < 3) return undefined;
  const longer = candidates.filter((candidate) => plain(candidate).startsWith(wanted));
  if (longer.length === 1) return longer[0];
  const shorter = candidates.filter((candidate) => candidate.length >= 4 && wanted.endsWith(plain(candidate)));
  return shorter.sort((a, b) => b.length - a.length)[0];
}

/** Case and the choice of separator are the commonest slips: they do not count. */
function plain(word: string): string {
  return word.toLowerCase().replaceAll(/[-_ ]/g, '');
}

/** Two neighbouring letters the wrong way round count as one slip, not two. */
function swapped(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2);
}

/** `a, b and c`, cut after `limit` words. */
export function listing(words: readonly string[], conjunction = 'and', limit = 40): string {
  const shown = words.length > limit ? [...words.slice(0, limit), `${words.length - limit} more`] : words;
  const last = shown[shown.length - 1];
  if (last === undefined) return 'none';
  return shown.length === 1 ? last : `${shown.slice(0, -1).join(', ')} ${conjunction} ${last}`;
}

/** A user's text inside a message: in double quotes, on one line, harmless to a terminal, at most 60 characters. */
export function quote(text: string): string {
  const cut = text.length > 60 ? `${text.slice(0, 57)}...` : text;
  return JSON.stringify(cut).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}
