/** A YAML document as the language sees it: maps, lists and scalars, each with its place in the text. */
import type { TextRange } from './source';

export type ScalarValue = string | number | bigint | boolean | null;

/** `alias`: where the value was put in by `*name`; its own ranges are the anchor's. */
interface Aliased {
  readonly alias?: TextRange;
}

export interface ScalarTree extends Aliased {
  readonly kind: 'scalar';
  readonly range: TextRange;
  readonly value: ScalarValue;
  /** As it is written, without quotes. */
  readonly text: string;
  /** Numbers and booleans are only ever plain. */
  readonly plain: boolean;
  /** The matrix value that was put in here, when the whole scalar was one placeholder. */
  readonly filledFrom?: FilledFrom;
  /** A placeholder in it has no value, which was said already: nothing more is checked here. */
  readonly unknown?: boolean;
}

/** Which value of which axis stands in a scalar, and where that value is written. */
export interface FilledFrom {
  readonly axis: string;
  readonly range: TextRange;
  /** The value itself, where it stands in another file: the one that uses this one. */
  readonly elsewhere?: ScalarTree;
}

export interface ListTree extends Aliased {
  readonly kind: 'list';
  readonly range: TextRange;
  readonly items: readonly Tree[];
}

export interface Entry {
  readonly key: string;
  readonly keyRange: TextRange;
  readonly value: Tree;
}

export interface MapTree extends Aliased {
  readonly kind: 'map';
  readonly range: TextRange;
  readonly entries: readonly Entry[];
  /** A key of it could not be read, which was said already: nothing is called missing here. */
  readonly damaged?: boolean;
}

export type Tree = ScalarTree | ListTree | MapTree;

export function entryOf(map: MapTree, key: string): Entry | undefined {
  return map.entries.find((entry) => entry.key === key);
}

/** Plain data for a validator: null-prototype objects; integers beyond 2^53 become the nearest double, which keeps their kind. */
export function toPlain(tree: Tree): unknown {
  if (tree.kind === 'scalar') return typeof tree.value === 'bigint' ? Number(tree.value) : tree.value;
  if (tree.kind === 'list') return tree.items.map(toPlain);
  const object = Object.create(null) as Record<string, unknown>;
  for (const entry of tree.entries) object[entry.key] = toPlain(entry.value);
  return object;
}

/** What a person calls this: `text`, `a number`, `a list`. */
export function describe(tree: Tree): string {
  if (tree.kind === 'list') return 'a list';
  if (tree.kind === 'map') return 'a map';
  if (tree.value === null) return 'nothing';
  if (typeof tree.value === 'bigint' || typeof tree.value === 'number') return 'a number';
  if (typeof tree.value === 'boolean') return 'a boolean';
  return 'text';
}

/** One line as a person would write it, in flow style. */
export function render(tree: Tree): string {
  if (tree.kind === 'list') return `[${tree.items.map(render).join(', ')}]`;
  if (tree.kind === 'map') {
    return `{${tree.entries.map((entry) => `${entry.key}: ${render(entry.value)}`).join(', ')}}`;
  }
  if (typeof tree.value !== 'string') return tree.text;
  return /^[A-Za-z_/.][\w ./+-]*$/.test(tree.text) || /^[0-9][\w.+-]*[A-Za-z]$/.test(tree.text)
    ? tree.text
    : JSON.stringify(tree.text);
}

/** A range on which a caret makes sense: a map's first key, a list's first item, the scalar itself. */
export function caretRange(tree: Tree): TextRange {
  if (tree.alias) return tree.alias;
  if (tree.kind === 'map') return tree.entries[0]?.keyRange ?? tree.range;
  if (tree.kind === 'list') {
    const first = tree.items[0];
    return first ? caretRange(first) : tree.range;
  }
  return tree.range;
}

/** A value of a schema as the tree that an author would have written. */
export function written(value: unknown, range: TextRange): Tree {
  if (Array.isArray(value)) return { kind: 'list', range, items: value.map((item) => written(item, range)) };
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, inner]) => ({
      key,
      keyRange: range,
      value: written(inner, range),
    }));
    return { kind: 'map', range, entries };
  }
  const scalar = value as string | number | bigint | boolean | null;
  return { kind: 'scalar', range, value: scalar, text: String(scalar), plain: typeof scalar !== 'string' };
}
