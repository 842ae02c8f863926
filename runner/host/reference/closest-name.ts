import { closest, distance } from 'fastest-levenshtein';

/** The name that was probably meant; undefined when none is near. */
export function closestName(wanted: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const near = closest(wanted, names);
  return distance(wanted, near) <= Math.max(2, wanted.length / 3) ? near : undefined;
}
