/** The catalogue as the rest of the kit uses it. */
import type { Clause, ClauseId } from './scenario';

export interface Catalogue {
  readonly file: string;
  /** SHA-256 of the file's text, in hex: a certificate names the catalogue that it was judged by. */
  readonly hash: string;
  /** What the line numbers count in, as the file says it. */
  readonly source: Readonly<Record<string, string>>;
  /** In the order of the file. */
  readonly clauses: ReadonlyMap<ClauseId, Clause>;
  readonly families: readonly string[];
}

/** The ids that an id, `SAVE-*` or `*` stands for, in the catalogue's order. */
export function selectClauses(catalogue: Pick<Catalogue, 'clauses'>, selector: string): readonly ClauseId[] {
  const ids = [...catalogue.clauses.keys()];
  if (!selector.endsWith('*')) return ids.filter((id) => id === selector);
  return ids.filter((id) => id.startsWith(selector.slice(0, -1)));
}
