/** Where a scenario names its clauses. */
import { Complaints } from './complaints';
import { parse } from './parse';
import type { ClauseId, SourcePosition } from './scenario';
import { positionAt, readSource } from './source';
import { entryOf } from './tree';

export interface ClausePlace extends SourcePosition {
  readonly endLine: number;
  readonly endColumn: number;
}

/** The place of each id in `clauses:`; what a matrix puts in has none. */
export function clausePlaces(file: string): ReadonlyMap<ClauseId, ClausePlace> {
  const places = new Map<ClauseId, ClausePlace>();
  const source = readSource(file);
  if ('code' in source) return places;
  const tree = parse(new Complaints(source));
  const list = tree?.kind === 'map' ? entryOf(tree, 'clauses')?.value : undefined;
  for (const item of list?.kind === 'list' ? list.items : []) {
    if (item.kind !== 'scalar') continue;
    const end = positionAt(source, item.range.end);
    const place = { file, ...positionAt(source, item.range.start), endLine: end.line, endColumn: end.column };
    places.set(item.text, place);
  }
  return places;
}
