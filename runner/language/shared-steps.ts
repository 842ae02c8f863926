/** `use: FILE`: the steps of another file, with this file's values put in. */
import path from 'node:path';
import { sharedParameters } from './check-shared';
import { Complaints } from './complaints';
import { CheckedDocument } from './document';
import { kindOf, wrongKind } from './file-kind';
import { statusOf, yamlFilesUnder } from './glob';
import { PACKAGE_ROOT } from './package-root';
import { parse } from './parse';
import { fill } from './placeholders';
import type { Diagnostic, Step } from './scenario';
import { readSource, type Source, type TextRange } from './source';
import { StepReader } from './steps';
import { listing, nearest, quote } from './suggest';
import { caretRange, describe, type Entry, entryOf, type MapTree, type ScalarTree, type Tree } from './tree';

/** Files of shared steps that use each other, one inside the other. */
export const MAX_USE_DEPTH = 8;
/** Nodes of shared steps that one file comes to, all uses and cases together. */
export const MAX_SHARED_NODES = 200_000;

/** The steps, or none where something is wrong, which was said. */
export function useSharedSteps(
  document: CheckedDocument,
  file: ScalarTree,
  values: Entry | undefined,
  owner: TextRange,
): readonly Step[] {
  const fail = (): readonly Step[] => {
    document.course.incomplete = true;
    return [];
  };
  const found = findFile(document, file);
  if (found === undefined) return fail();
  const above = chainOf(document);
  if (above.includes(found) || above.length > MAX_USE_DEPTH) {
    document.complain(
      file.range,
      above.includes(found)
        ? {
            code: 'use-cycle',
            message: `${quote(file.text)} uses this file again`,
            cause: 'a use that goes round in a circle never ends',
          }
        : { code: 'too-deep', message: `files use each other more than ${MAX_USE_DEPTH} levels deep here` },
      file,
    );
    return fail();
  }
  const opened = open(found);
  if ('code' in opened) {
    complainOfFile(document, file, opened);
    return fail();
  }
  const { source, tree } = opened;
  const inner = new CheckedDocument(new Complaints(source), document.surroundings, { document, range: file.range });
  const given = giveValues(document, inner, tree, file, values, owner);
  const steps = entryOf(tree, 'steps');
  if (!given || !steps) {
    if (!steps) complainOfFile(document, file, { ...at(source, tree), message: 'there are no steps in it' });
    return fail();
  }
  document.course.filled += sizeOf(steps.value);
  if (document.course.filled > MAX_SHARED_NODES) {
    document.complain(
      file.range,
      {
        code: 'too-many',
        message: 'this makes too many steps of shared ones',
        cause: 'every use, and every case of a matrix, counts: use fewer, or make two scenarios of it',
      },
      file,
    );
    return fail();
  }
  const filled = fill(steps.value, {
    values: given.values,
    unknown: given.unknown,
    from: 'its `parameters:`',
    none: 'the file has no `parameters:`',
    complain: inner.complain.bind(inner),
  });
  const read = new StepReader(inner).steps(filled, steps.keyRange);
  inner.flush(new Map());
  const [first] = inner.complaints.errors;
  if (!first) return read;
  complainOfFile(document, file, first);
  return fail();
}

interface Values {
  readonly values: ReadonlyMap<string, Tree>;
  readonly unknown: ReadonlySet<string>;
}

/** A value for each parameter; undefined where the parameters themselves are wrong. */
function giveValues(
  document: CheckedDocument,
  inner: CheckedDocument,
  tree: MapTree,
  file: ScalarTree,
  given: Entry | undefined,
  owner: TextRange,
): Values | undefined {
  const parameters = sharedParameters(inner, tree);
  const [wrong] = inner.complaints.errors;
  if (wrong) {
    complainOfFile(document, file, wrong);
    return undefined;
  }
  const values = new Map<string, Tree>();
  const unknown = new Set<string>();
  const entries = given?.value.kind === 'map' ? given.value.entries : [];
  if (given && given.value.kind !== 'map') {
    document.complain(caretRange(given.value), {
      code: 'wrong-type',
      message: `with of use takes a map of names and values, not ${describe(given.value)}`,
    });
    return undefined;
  }
  for (const { key, keyRange, value } of entries) {
    if (parameters.has(key)) {
      values.set(key, moved(value, key));
      if (value.kind === 'scalar' && value.unknown) unknown.add(key);
      continue;
    }
    const known = [...parameters.keys()];
    const suggestion = nearest(key, known);
    document.complain(keyRange, {
      code: 'unknown-parameter',
      message: `${quote(key)} is not a parameter of ${path.basename(file.text)}`,
      cause: known.length > 0 ? `its parameters are ${listing(known)}` : 'it has no parameters',
      ...(suggestion === undefined ? {} : { suggestion }),
    });
    if (suggestion !== undefined) unknown.add(suggestion);
  }
  for (const [name, { standard, description }] of parameters) {
    if (values.has(name) || unknown.has(name)) continue;
    if (standard) {
      values.set(name, standard);
      continue;
    }
    unknown.add(name);
    document.complain(file.range.end > file.range.start ? file.range : owner, {
      code: 'missing-parameter',
      message: `${path.basename(file.text)} needs a value for ${quote(name)}`,
      cause: `${description === undefined ? '' : `${name}: ${description}; `}values stand in \`with:\`, as in {file: ${path.basename(file.text)}, with: {${name}: ...}}`,
    });
  }
  // A value that is not known goes in as one: nothing more is said of it.
  if (unknown.size > 0) document.course.incomplete = true;
  for (const name of unknown) values.delete(name);
  return { values, unknown };
}

/** A value as it stands in another file: what is wrong with it is told where it is written. */
function moved(tree: Tree, axis: string): Tree {
  if (tree.kind === 'scalar') return { ...tree, filledFrom: { axis, range: tree.range, elsewhere: tree } };
  if (tree.kind === 'list') return { ...tree, items: tree.items.map((item) => moved(item, axis)) };
  return { ...tree, entries: tree.entries.map((entry) => ({ ...entry, value: moved(entry.value, axis) })) };
}

function findFile(document: CheckedDocument, { text, range }: ScalarTree): string | undefined {
  const roots = [path.dirname(document.complaints.source.file), path.join(PACKAGE_ROOT, 'scenarios')];
  const found = roots.map((root) => path.resolve(root, text)).find((file) => statusOf(file)?.isFile());
  if (found !== undefined) return found;
  const known = roots.flatMap((root) => sharedFilesUnder(root).map((file) => path.relative(root, file)));
  const suggestion = nearest(text, known) ?? nearest(`${text}.yaml`, known);
  document.complain(range, {
    code: 'no-such-file',
    message: `there is no file ${quote(text)}`,
    cause: `looked in ${roots.map((root) => path.relative(process.cwd(), root) || '.').join(' and ')}`,
    ...(suggestion === undefined ? {} : { suggestion }),
  });
  return undefined;
}

/** By custom they lie in folders called `shared`; only those are looked through for what was meant. */
function sharedFilesUnder(root: string): readonly string[] {
  return yamlFilesUnder(path.join(root, 'shared'));
}

function chainOf(document: CheckedDocument): readonly string[] {
  const own = path.resolve(document.complaints.source.file);
  return document.user ? [own, ...chainOf(document.user.document)] : [own];
}

function open(file: string): { readonly source: Source; readonly tree: MapTree } | Diagnostic {
  const source = readSource(file);
  if ('code' in source) return source;
  const complaints = new Complaints(source);
  const tree = parse(complaints);
  const [first] = complaints.errors;
  if (!tree || first) return first ?? { ...at(source), message: 'it could not be read' };
  const kind = kindOf(tree);
  if (kind !== undefined && kind !== 'shared') return wrongKind(source, tree, kind, 'shared');
  if (tree.kind !== 'map' || kind === undefined)
    return { ...at(source, tree), message: 'a file of shared steps begins with `shared: NAME`' };
  return { source, tree };
}

function at(source: Source, tree?: Tree): Diagnostic {
  const range = tree ? caretRange(tree) : { start: 0, end: 0 };
  return { ...new Complaints(source).position(range), code: 'bad-use', message: '', severity: 'error' };
}

function complainOfFile(document: CheckedDocument, file: ScalarTree, first: Diagnostic): void {
  const where = path.relative(process.cwd(), first.file);
  document.complain(
    file.range,
    {
      code: 'bad-use',
      message: `the shared steps in ${quote(file.text)} are not valid`,
      cause:
        first.code === 'bad-use' && first.cause !== undefined
          ? first.cause
          : `${where}:${first.line}:${first.column}: ${first.message}`,
    },
    file,
  );
}

function sizeOf(tree: Tree): number {
  if (tree.kind === 'scalar') return 1;
  const inner = tree.kind === 'list' ? tree.items : tree.entries.map((entry) => entry.value);
  return inner.reduce((sum, one) => sum + sizeOf(one), 1);
}
