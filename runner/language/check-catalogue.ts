/** The catalogue of clauses, and the list of clauses whose condition need not arise. */
import { createHash } from 'node:crypto';
import type { Catalogue } from './catalogue';
import type { CatalogueFile, ConditionsFile } from './catalogue-schema';
import type { CheckedDocument } from './document';
import type { Clause, ClauseId } from './scenario';
import { StepReader } from './steps';
import { quote } from './suggest';
import { entryOf, type MapTree, type Tree } from './tree';

export function checkCatalogue(document: CheckedDocument, tree: Tree): Catalogue | undefined {
  const read = readList<CatalogueFile>(document, tree, 'catalogue', 'the catalogue');
  const list = tree.kind === 'map' ? entryOf(tree, 'clauses')?.value : undefined;
  if (!read || list?.kind !== 'list') return undefined;
  const clauses = new Map<ClauseId, Clause>();
  for (const [index, clause] of read.clauses.entries()) {
    const item = list.items[index];
    const id = item?.kind === 'map' ? entryOf(item, 'id')?.value : undefined;
    if (!id) continue;
    const earlier = clauses.get(clause.id);
    if (earlier) {
      document.complain(id.range, {
        code: 'duplicate-clause',
        message: `the clause ${quote(clause.id)} is there twice`,
        cause: `the first one is in line ${earlier.position.line}`,
      });
      continue;
    }
    if (clause.word !== undefined && clause.because === undefined) {
      document.complain(id.range, {
        code: 'missing-key',
        message: `${clause.id} is stricter than the text's word and does not say why`,
        cause: '`because` stands beside `word`',
      });
    }
    clauses.set(clause.id, { ...clause, position: document.complaints.position(id.range) });
  }
  if (document.hasErrors) return undefined;
  const { text, file } = document.complaints.source;
  return {
    file,
    hash: createHash('sha256').update(text).digest('hex'),
    source: read.source ?? {},
    clauses,
    families: [...new Set([...clauses.values()].map((clause) => clause.family))],
  };
}

export function checkConditions(document: CheckedDocument, tree: Tree): ReadonlyMap<ClauseId, string> | undefined {
  const read = readList<ConditionsFile>(document, tree, 'conditions', 'the list of conditions');
  const list = tree.kind === 'map' ? entryOf(tree, 'conditions')?.value : undefined;
  if (!read || list?.kind !== 'list') return undefined;
  const conditions = new Map<ClauseId, string>();
  for (const [index, { clause, condition }] of read.conditions.entries()) {
    const item = list.items[index];
    const id = item?.kind === 'map' ? entryOf(item, 'clause')?.value : undefined;
    if (conditions.has(clause) && id) {
      document.complain(id.range, { code: 'duplicate-clause', message: `the clause ${quote(clause)} is there twice` });
    }
    conditions.set(clause, condition);
  }
  return document.hasErrors ? undefined : conditions;
}

function readList<File>(
  document: CheckedDocument,
  tree: Tree,
  kind: 'catalogue' | 'conditions',
  name: string,
): File | undefined {
  const { vocabulary } = document.surroundings;
  const owner = tree.kind === 'map' ? ((tree as MapTree).entries[0]?.keyRange ?? tree.range) : tree.range;
  const read = document.read(
    vocabulary.documents[kind],
    vocabulary.validator(kind),
    tree,
    { name, owner },
    new StepReader(document),
  );
  return document.hasErrors ? undefined : (read as File);
}
