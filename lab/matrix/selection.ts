/** Which cases and layouts a fault is tried with. Pure, and the same again for the same seed. */
import type { Case } from '../../runner/language/scenario';
import { type Layout, layouts } from './request';

/** Layouts in which a fault shows, by the `where` of faults.def. */
export function layoutsOf(where: readonly string[], allowed: readonly Layout[]): readonly Layout[] {
  return layouts.filter(
    (layout) =>
      allowed.includes(layout) &&
      !(where.includes('mapped') && layout === 'trapped') &&
      !(where.includes('trapped') && layout !== 'trapped') &&
      !(where.includes('partitioned') && layout !== 'partitioned'),
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

export interface SampleSize {
  /** Cases that name one of the clauses, at most. */
  readonly covering: number;
  readonly others: number;
  readonly seed: number;
  /** Makes the order of one fault another than that of the next. */
  readonly salt: string;
  /** Cases whose name begins so count as naming a clause, and stand first. */
  readonly telling?: string | undefined;
}

/**
 * `first`: cases that name one of `clauses`, and others, as many as were asked for. `rest`: all that remain, those that name a
 * clause before the others. The order is the seed's.
 */
export function sampleCases<Item extends Pick<Case, 'id' | 'clauses'>>(
  cases: readonly Item[],
  clauses: readonly string[],
  { covering, others, seed, salt, telling }: SampleSize,
): { readonly first: readonly Item[]; readonly rest: readonly Item[] } {
  const ordered = cases
    .map((item) => ({ item, order: hashOf(`${salt}\0${item.id}`, seed) }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
  const tells = ({ id }: Item): boolean => telling !== undefined && id.startsWith(telling);
  const names = (item: Item): boolean => item.clauses.some((clause) => clauses.includes(clause));
  const named = [...ordered.filter(tells), ...ordered.filter((item) => !tells(item) && names(item))];
  const unnamed = ordered.filter((item) => !named.includes(item));
  return {
    first: [...named.slice(0, covering), ...unnamed.slice(0, others)],
    rest: [...named.slice(covering), ...unnamed.slice(others)],
  };
}
