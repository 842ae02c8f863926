/** `matrix:` one scenario over several values. */

import { LABEL_PATTERN } from './patterns';
import type { Problem } from './problem';
import type { TextRange } from './source';
import { quote } from './suggest';
import { caretRange, describe, type Entry, type MapTree, render, type Tree } from './tree';

/** Cases of one scenario. */
export const MAX_CASES = 512;
const MAX_VALUE_LENGTH = 64;

export interface Row {
  readonly values: ReadonlyMap<string, Tree>;
  /** The values as written. */
  readonly texts: Readonly<Record<string, string>>;
  /** `#from=running,to=stop`, or empty. */
  readonly suffix: string;
}

export interface Matrix {
  /** Without rows the matrix is wrong, and said to be. */
  readonly rows: readonly Row[];
  readonly axes: ReadonlyMap<string, { readonly range: TextRange; readonly values: number }>;
}

export const NO_MATRIX: Matrix = { rows: [{ values: new Map(), texts: {}, suffix: '' }], axes: new Map() };

type Complain = (range: TextRange, problem: Problem) => void;

/** `{from: [a, b], to: [c]}` is every combination; `[{from: a, to: c}]` is each map as it stands. */
export function readMatrix(entry: Entry, complain: Complain): Matrix {
  const { value: tree } = entry;
  if (tree.kind === 'map' && tree.entries.length > 0) return readAxes(tree, complain);
  if (tree.kind === 'list' && tree.items.length > 0) return readRows(tree.items, complain);
  complain(tree.kind === 'scalar' && tree.value !== null ? tree.range : entry.keyRange, {
    code: tree.kind === 'scalar' ? 'wrong-type' : 'too-few',
    message:
      tree.kind === 'scalar' ? `a matrix is a map or a list of maps, not ${describe(tree)}` : 'this matrix is empty',
    cause: 'a matrix gives each name its values, as in {from: [running, pre-copy], to: [stop]}',
  });
  return { rows: [], axes: new Map() };
}

function readAxes(tree: MapTree, complain: Complain): Matrix {
  const axes = new Map<string, { range: TextRange; values: number }>();
  let good = true;
  let count = 1;
  for (const { key, keyRange, value } of tree.entries) {
    if (!checkName(key, keyRange, complain)) good = false;
    if (value.kind !== 'list' || value.items.length === 0) {
      const scalar = value.kind === 'scalar' && value.value !== null;
      complain(scalar ? value.range : keyRange, {
        code: value.kind === 'list' ? 'too-few' : 'wrong-type',
        message:
          value.kind === 'list'
            ? `${quote(key)} has no values`
            : `the values of ${quote(key)} are a list, not ${describe(value)}`,
        ...(scalar ? { suggestion: `[${render(value)}]` } : {}),
      });
      good = false;
      continue;
    }
    if (!checkValues(value.items, complain)) good = false;
    axes.set(key, { range: keyRange, values: value.items.length });
    count *= value.items.length;
  }
  if (count > MAX_CASES) {
    complain(caretRange(tree), tooManyCases(count));
    good = false;
  }
  if (!good) return { rows: [], axes };
  let rows: Array<Map<string, Tree>> = [new Map()];
  for (const { key, value } of tree.entries) {
    if (value.kind !== 'list') continue;
    rows = rows.flatMap((row) => value.items.map((item) => new Map([...row, [key, item]])));
  }
  return { rows: rows.map(makeRow), axes };
}

function readRows(items: readonly Tree[], complain: Complain): Matrix {
  const axes = new Map<string, { range: TextRange; values: number }>();
  const rows: Row[] = [];
  let good = true;
  for (const item of items) {
    if (item.kind !== 'map' || item.entries.length === 0) {
      complain(caretRange(item), {
        code: 'wrong-type',
        message: `each item of this matrix is a map of names and values, not ${describe(item)}`,
      });
      good = false;
      continue;
    }
    for (const { key, keyRange } of item.entries) {
      if (!axes.has(key) && !checkName(key, keyRange, complain)) good = false;
      axes.set(key, { range: axes.get(key)?.range ?? keyRange, values: items.length });
    }
    if (!checkValues([...item.entries.map((entry) => entry.value)], complain, false)) good = false;
    rows.push(makeRow(new Map(item.entries.map((entry) => [entry.key, entry.value]))));
  }
  for (const item of items) {
    if (item.kind !== 'map') continue;
    for (const name of axes.keys()) {
      if (item.entries.length === 0 || item.entries.some((entry) => entry.key === name)) continue;
      complain(caretRange(item), {
        code: 'missing-key',
        message: `${quote(name)} has no value in this item of the matrix`,
      });
      good = false;
    }
  }
  const seen = new Set<string>();
  for (const [index, row] of rows.entries()) {
    const item = items[index];
    if (seen.has(row.suffix) && item) {
      complain(caretRange(item), { code: 'duplicate-value', message: 'this item stands twice in the matrix' });
      good = false;
    }
    seen.add(row.suffix);
  }
  if (rows.length > MAX_CASES && items[0]) {
    complain(caretRange(items[0]), tooManyCases(rows.length));
    good = false;
  }
  return { rows: good ? rows : [], axes };
}

function tooManyCases(count: number): Problem {
  return {
    code: 'too-many',
    message: `this matrix makes ${count} cases`,
    cause: `a scenario has at most ${MAX_CASES}`,
  };
}

function checkName(name: string, range: TextRange, complain: Complain): boolean {
  if (new RegExp(LABEL_PATTERN).test(name) && name.length <= MAX_VALUE_LENGTH) return true;
  complain(range, {
    code: 'not-a-label',
    message: `${quote(name)} is not a name for a value`,
    cause: 'names are lower-case letters, digits and hyphens, and begin with a letter',
  });
  return false;
}

function checkValues(values: readonly Tree[], complain: Complain, unique = true): boolean {
  let good = true;
  const seen = new Set<string>();
  for (const value of values) {
    const text = spell(value);
    const nothing = value.kind === 'scalar' && value.value === null;
    if (nothing || text.length > MAX_VALUE_LENGTH || text.includes('${')) {
      const message = nothing
        ? 'a value of this matrix is missing'
        : text.includes('${')
          ? 'a value of a matrix holds no placeholder'
          : `this value has ${text.length} characters`;
      complain(caretRange(value), {
        code: nothing ? 'missing-value' : text.includes('${') ? 'bad-placeholder' : 'too-long',
        message,
        cause: `it becomes a part of the case's id, which has at most ${MAX_VALUE_LENGTH} characters for each value`,
      });
      good = false;
    } else if (unique && seen.has(text)) {
      complain(caretRange(value), { code: 'duplicate-value', message: `${quote(text)} stands twice in this list` });
      good = false;
    }
    seen.add(text);
  }
  return good;
}

function spell(tree: Tree): string {
  if (tree.kind === 'list') return tree.items.map(spell).join('+');
  return tree.kind === 'scalar' ? tree.text : render(tree);
}

function makeRow(values: Map<string, Tree>): Row {
  const texts = Object.fromEntries([...values].map(([name, value]) => [name, spell(value)]));
  // Commas, equal signs and the like would make the id ambiguous.
  const escaped = (text: string) =>
    text.replaceAll(/[^A-Za-z0-9._:+@-]/gu, (character) =>
      encodeURIComponent(character.replace(/\p{Surrogate}/u, '\ufffd')),
    );
  const suffix = Object.entries(texts).map(([name, text]) => `${name}=${escaped(text)}`);
  return { values, texts, suffix: suffix.length > 0 ? `#${suffix.join(',')}` : '' };
}
