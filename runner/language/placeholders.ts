/** `${name}`: put in from a matrix, or from the use of a profile's steps. Positions stay those of the template. */

import type { Problem } from './problem';
import type { TextRange } from './source';
import { listing, nearest, quote } from './suggest';
import type { Entry, ScalarTree, ScalarValue, Tree } from './tree';

export interface Filling {
  readonly values: ReadonlyMap<string, Tree>;
  /** Names whose values are not known because their own definition is wrong; `all` when none is. */
  readonly unknown: ReadonlySet<string> | 'all';
  /** Where placeholders come from, for messages: `the matrix`. */
  readonly from: string;
  /** What is so when nothing gives any value. */
  readonly none: string;
  complain(range: TextRange, problem: Problem): void;
  /** Called for every placeholder that is there. */
  used?(name: string): void;
}

const PLACEHOLDER = /\$\{([^}]*)\}?/g;
const NAME = /^[a-z][a-z0-9-]*$/;

/** A tree with its placeholders filled in; parts without placeholders are shared, not copied. */
export function fill(tree: Tree, filling: Filling): Tree {
  if (tree.kind === 'scalar') return typeof tree.value === 'string' ? fillScalar(tree, tree.value, filling) : tree;
  if (tree.kind === 'list') {
    const items = tree.items.map((item) => fill(item, filling));
    return items.every((item, index) => item === tree.items[index]) ? tree : { ...tree, items };
  }
  const entries = tree.entries.map((entry): Entry => {
    const value = fill(entry.value, filling);
    return value === entry.value ? entry : { ...entry, value };
  });
  return entries.every((entry, index) => entry === tree.entries[index]) ? tree : { ...tree, entries };
}

function fillScalar(tree: ScalarTree, text: string, filling: Filling): Tree {
  if (!text.includes('${')) return tree;
  let unknown = false;
  let whole: Tree | undefined;
  const filled = text.replaceAll(PLACEHOLDER, (match: string, name: string) => {
    const value = lookUp(match, name, tree, filling);
    if (value === undefined) unknown = true;
    else if (match === text) whole = value;
    else if (value.kind === 'scalar') return value.text;
    else {
      unknown = true;
      filling.complain(tree.range, {
        code: 'bad-placeholder',
        message: `the value of ${match} is not one word, so it cannot stand inside text`,
        cause: 'a list or a map can only be put in whole',
      });
    }
    return '';
  });
  if (unknown) return { ...tree, unknown: true };
  if (whole) {
    if (whole.kind !== 'scalar') return isElsewhere(whole) ? at(whole, tree.range) : whole;
    const axis = text.slice(2, -1);
    return { ...whole, range: tree.range, filledFrom: whole.filledFrom ?? { axis, range: whole.range } };
  }
  return { ...tree, ...resolvePlain(filled) };
}

function isElsewhere(tree: Tree): boolean {
  if (tree.kind === 'scalar') return tree.filledFrom?.elsewhere !== undefined;
  return (tree.kind === 'list' ? tree.items : tree.entries.map((entry) => entry.value)).some(isElsewhere);
}

/** A value of another file takes the place of its placeholder: offsets of that file mean nothing in this one. */
function at(tree: Tree, range: TextRange): Tree {
  if (tree.kind === 'scalar') return { ...tree, range };
  if (tree.kind === 'list') return { ...tree, range, alias: range, items: tree.items.map((item) => at(item, range)) };
  const entries = tree.entries.map((entry) => ({ ...entry, keyRange: range, value: at(entry.value, range) }));
  return { ...tree, range, alias: range, entries };
}

function lookUp(match: string, name: string, tree: ScalarTree, filling: Filling): Tree | undefined {
  if (!match.endsWith('}') || !NAME.test(name)) {
    filling.complain(tree.range, {
      code: 'bad-placeholder',
      message: `${quote(match)} is not a placeholder`,
      cause: `a placeholder is a lower-case name in braces, as in \${from}`,
    });
    return undefined;
  }
  filling.used?.(name);
  const value = filling.values.get(name);
  if (value !== undefined) return value;
  if (filling.unknown === 'all' || filling.unknown.has(name)) return undefined;
  const known = [...filling.values.keys()];
  const suggestion = nearest(name, known);
  filling.complain(tree.range, {
    code: 'unknown-placeholder',
    message: `nothing gives ${match} a value`,
    cause: known.length > 0 ? `${filling.from} gives ${listing(known)}` : filling.none,
    ...(suggestion === undefined ? {} : { suggestion: `\${${suggestion}}` }),
  });
  return undefined;
}

/** Text with placeholders filled in reads as if it had been written so, without quotes: `0x${n}` is a number. */
function resolvePlain(text: string): { value: ScalarValue; text: string; plain: boolean } {
  if (/^(-?(0|[1-9][0-9]{0,40})|0x[0-9a-fA-F]{1,40})$/.test(text)) {
    const exact = text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text);
    const safe = exact >= BigInt(Number.MIN_SAFE_INTEGER) && exact <= BigInt(Number.MAX_SAFE_INTEGER);
    return { value: safe ? Number(exact) : exact, text, plain: true };
  }
  if (text === 'true' || text === 'false') return { value: text === 'true', text, plain: true };
  return { value: text, text, plain: false };
}
