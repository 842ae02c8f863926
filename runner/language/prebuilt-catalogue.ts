/**
 * The catalogue as the build checked it: parsing the YAML takes longer than all the rest of loading a scenario, and every test file of a
 * run needs it. It is used only for a file of exactly the bytes that were checked.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Catalogue } from './catalogue';
import type { Checked, Clause } from './scenario';
import { readSource } from './source';

/** What the build writes to generated/catalogue.json. */
export interface PrebuiltCatalogue {
  readonly hash: string;
  readonly source: Readonly<Record<string, string>>;
  readonly families: readonly string[];
  readonly clauses: readonly Clause[];
}

const FILE = path.join(__dirname, '..', '..', 'generated', 'catalogue.json');

export function prebuiltCatalogue(file: string): Checked<Catalogue> | undefined {
  if (!existsSync(FILE)) return undefined;
  const source = readSource(file);
  if ('code' in source) return undefined;
  const { hash, source: counted, families, clauses } = require(FILE) as PrebuiltCatalogue;
  if (createHash('sha256').update(source.text).digest('hex') !== hash) return undefined;
  // The same text may lie elsewhere than where it was built.
  const here = clauses.map((clause) => ({ ...clause, position: { ...clause.position, file } }));
  const value = { file, hash, source: counted, families, clauses: new Map(here.map((clause) => [clause.id, clause])) };
  return { ok: true, value, warnings: [] };
}

/** For the build; plain data. */
export function prebuild(catalogue: Catalogue): PrebuiltCatalogue {
  const { hash, source, families } = catalogue;
  const clauses = [...catalogue.clauses.values()].map((clause) => ({
    ...clause,
    position: { ...clause.position, file: 'scenarios/clauses.yaml' },
  }));
  return { hash, source, families, clauses };
}
