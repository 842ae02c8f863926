/** Which cases and layouts a fault is tried with. Pure, and the same again for the same seed. */
import type { Case } from '../../runner/language/scenario';
import { type Layout, layouts } from './request';

/** Layouts in which a fault shows, by the `where` of faults.def. */
export function layoutsOf(where: readonly string[], allowed: readonly Layout[]): readonly Layout[] {
  return layouts.filter(
    (layout) =>
      allowed.includes(layout) &&
      !(where.includes('mapped') && layout === 'trapped') &&
      !(where.includes('trapped') && layout !== 'trapped'),
  );
}

/** FNV-1a over the text, mixed with the seed: a number of 32 bits. */
export function hashOf(text: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  // FNV alone leaves texts that differ in their last letter close together.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
  return (hash ^ (hash >>> 12)) >>> 0;
}

/** The cases that name one of `clauses`, and `count` others chosen by seed and `salt`, in the suite's order. */
export function coveringCases(
  cases: readonly Case[],
  clauses: readonly string[],
  { count, seed, salt }: { readonly count: number; readonly seed: number; readonly salt: string },
): readonly Case[] {
  const covers = (case_: Case): boolean => case_.clauses.some((clause) => clauses.includes(clause));
  const others = cases
    .filter((case_) => !covers(case_))
    .map((case_) => ({ case_, order: hashOf(`${salt}\0${case_.id}`, seed) }))
    .sort((a, b) => a.order - b.order)
    .slice(0, count)
    .map(({ case_ }) => case_);
  return cases.filter((case_) => covers(case_) || others.includes(case_));
}
