/** What a file is, by the keys at its top. */
import type { Diagnostic } from './scenario';
import { positionAt, type Source } from './source';
import { nearest, quote } from './suggest';
import { caretRange, entryOf, type Tree } from './tree';

export type FileKind = 'scenario' | 'suite' | 'profile' | 'catalogue' | 'conditions' | 'shared';

/** In this order: a scenario and a suite have `clauses` too. */
const TOP_KEYS: ReadonlyArray<readonly [string, FileKind]> = [
  ['scenario', 'scenario'],
  ['suite', 'suite'],
  ['shared', 'shared'],
  ['device', 'profile'],
  ['conditions', 'conditions'],
  ['clauses', 'catalogue'],
];

const CALLED: Readonly<Record<FileKind, string>> = {
  scenario: 'a scenario',
  suite: 'a suite',
  profile: 'a device profile',
  shared: 'a file of shared steps',
  catalogue: 'a catalogue of clauses',
  conditions: 'a list of conditions',
};

export function kindOf(tree: Tree): FileKind | undefined {
  if (tree.kind !== 'map') return undefined;
  // A scenario without its name still has steps; a catalogue never has.
  const known = TOP_KEYS.find(([key]) => entryOf(tree, key))?.[1];
  return known === 'catalogue' && entryOf(tree, 'steps') ? 'scenario' : known;
}

export function wrongKind(source: Source, tree: Tree, found: FileKind, wanted: FileKind): Diagnostic {
  return at(source, tree, 'wrong-file', `this file is ${CALLED[found]}, and ${CALLED[wanted]} is wanted here`);
}

/** The file begins with none of the keys that say what it is. */
export function unknownKind(source: Source, tree: Tree): Diagnostic {
  const keys = tree.kind === 'map' ? tree.entries.map((entry) => entry.key) : [];
  const names = TOP_KEYS.map(([key]) => key);
  const word = tree.kind === 'scalar' ? names.find((name) => tree.text.startsWith(name)) : undefined;
  if (word !== undefined) {
    return {
      ...at(source, tree, 'syntax', `there is no ": " after ${quote(word)}`),
      cause: 'a key is followed by a colon and a space, then its value',
      suggestion: `${word}:`,
    };
  }
  const entry = tree.kind === 'map' ? tree.entries.find((one) => nearest(one.key, names)) : undefined;
  const suggestion = entry && nearest(entry.key, names);
  const message = entry ? `${quote(entry.key)} does not say what this file is` : 'nothing says what this file is';
  const place: Tree = entry ? { kind: 'scalar', range: entry.keyRange, value: null, text: '', plain: true } : tree;
  return {
    ...at(source, place, 'unknown-file', message),
    cause: `a scenario begins with \`scenario:\`, a suite with \`suite:\`, shared steps with \`shared:\`, a device profile with \`device:\`${keys.length === 0 ? '' : `; here is ${quote(keys[0] ?? '')}`}`,
    ...(suggestion ? { suggestion } : {}),
  };
}

function at(source: Source, tree: Tree, code: string, message: string): Diagnostic {
  const range = caretRange(tree);
  const end = positionAt(source, range.end);
  return {
    file: source.file,
    ...positionAt(source, range.start),
    endLine: end.line,
    endColumn: end.column,
    code,
    message,
    severity: 'error',
  };
}
