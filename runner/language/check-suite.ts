/** A suite file: which scenarios, which clauses, which claims; includes are followed. */
import path from 'node:path';
import { type Catalogue, selectClauses } from './catalogue';
import type { CheckedDocument } from './document';
import { glob, isPattern, statusOf, yamlFilesUnder } from './glob';
import { CLAIM_NAMES } from './needs';
import type { Checked, Diagnostic, Suite } from './scenario';
import { isScenarioFile } from './scenario-files';
import type { SuiteFile } from './schemas';
import { StepReader } from './steps';
import { nearest, quote } from './suggest';
import { entryOf, type MapTree, type Tree } from './tree';

export interface SuiteSurroundings {
  readonly catalogue: Catalogue;
  /** The kit's own folder: `scenarios/` and `suites/` in it are looked into after those beside the file. */
  readonly packageRoot: string;
  /** Loads an included suite; undefined when it is being loaded already. */
  load(file: string): Checked<Suite> | undefined;
}

export function checkSuite(document: CheckedDocument, tree: Tree, around: SuiteSurroundings): Suite | undefined {
  const { vocabulary } = document.surroundings;
  const owner = (tree.kind === 'map' ? tree.entries[0]?.keyRange : undefined) ?? tree.range;
  const place = { name: 'the suite', owner };
  const read = document.read(
    vocabulary.documents.suite,
    vocabulary.validator('suite'),
    tree,
    place,
    new StepReader(document),
  );
  if (tree.kind !== 'map' || document.hasErrors) return undefined;
  const file = read as SuiteFile;
  if (file.scenarios.length === 0 && file.include.length === 0) {
    document.complain(owner, {
      code: 'missing-key',
      message: 'this suite takes no scenarios',
      cause: '`scenarios` lists them, `include` names other suites',
    });
  }
  const scenarios = new Set(
    file.scenarios.flatMap((pattern, index) => findScenarios(document, tree, pattern, index, around)),
  );
  const clauses = new Set(file.clauses.flatMap((selector) => selectClauses(around.catalogue, selector)));
  // What a suite claims it says itself: one that gathers others for any device must be able to claim nothing.
  const claims = new Set<string>(file.claims);
  for (const [index, name] of file.include.entries()) {
    const included = includeSuite(document, tree, name, index, around);
    for (const scenario of included?.scenarios ?? []) scenarios.add(scenario);
    for (const clause of included?.clauses ?? []) clauses.add(clause);
  }
  if (document.hasErrors) return undefined;
  return {
    file: document.complaints.source.file,
    name: file.suite,
    ...(file.description === undefined ? {} : { description: file.description }),
    scenarios: [...scenarios],
    // In the catalogue's order, whatever the files' order.
    clauses: [...around.catalogue.clauses.keys()].filter((id) => clauses.has(id)),
    strict: file.strict,
    claims: CLAIM_NAMES.filter((claim) => claims.has(claim)),
    position: document.complaints.position(owner),
  };
}

/** The n-th item of a list under a key, for complaints. */
function itemRange(tree: MapTree, key: string, index: number) {
  const list = entryOf(tree, key)?.value;
  return (list?.kind === 'list' ? list.items[index]?.range : undefined) ?? tree.range;
}

function findScenarios(
  document: CheckedDocument,
  tree: MapTree,
  pattern: string,
  index: number,
  around: SuiteSurroundings,
): readonly string[] {
  const roots = [path.dirname(document.complaints.source.file), path.join(around.packageRoot, 'scenarios')];
  for (const root of roots) {
    const files = filesFor(path.resolve(root), pattern);
    if (files.length > 0) return files;
  }
  const known = isPattern(pattern)
    ? []
    : roots.flatMap((root) => yamlFilesUnder(root).map((file) => path.relative(root, file)));
  const suggestion = nearest(pattern, known) ?? nearest(`${pattern}.yaml`, known);
  document.complain(itemRange(tree, 'scenarios', index), {
    code: 'no-such-scenario',
    message: isPattern(pattern) ? `no scenario fits ${quote(pattern)}` : `there is no scenario ${quote(pattern)}`,
    cause: `looked in ${roots.map((root) => path.relative(process.cwd(), root) || '.').join(' and ')}`,
    ...(suggestion ? { suggestion } : {}),
  });
  return [];
}

function filesFor(root: string, pattern: string): readonly string[] {
  const absolute = path.resolve(root, pattern);
  if (isPattern(pattern)) {
    const base = path.isAbsolute(pattern) ? path.parse(pattern).root : root;
    return glob(base, path.relative(base, absolute)).filter(isScenarioFile);
  }
  const status = statusOf(absolute);
  if (status?.isDirectory()) return yamlFilesUnder(absolute).filter(isScenarioFile);
  return status?.isFile() ? [absolute] : [];
}

function includeSuite(
  document: CheckedDocument,
  tree: MapTree,
  name: string,
  index: number,
  around: SuiteSurroundings,
): Suite | undefined {
  const range = itemRange(tree, 'include', index);
  const own = path.dirname(document.complaints.source.file);
  const folders = [own, path.join(around.packageRoot, 'suites')];
  const file = folders
    .flatMap((folder) => [path.resolve(folder, name), path.resolve(folder, `${name}.yaml`)])
    .find((candidate) => statusOf(candidate)?.isFile());
  if (!file) {
    const known = folders.flatMap((folder) => yamlFilesUnder(folder).map((suite) => path.basename(suite, '.yaml')));
    const suggestion = nearest(name, known);
    document.complain(range, {
      code: 'no-such-suite',
      message: `there is no suite ${quote(name)}`,
      ...(suggestion ? { suggestion } : {}),
    });
    return undefined;
  }
  const loaded = around.load(file);
  if (!loaded) {
    document.complain(range, {
      code: 'include-cycle',
      message: `${quote(name)} includes this suite again`,
      cause: 'an include that goes round in a circle never ends',
    });
    return undefined;
  }
  if (loaded.ok) return loaded.value;
  const first = loaded.errors[0];
  document.complain(range, {
    code: 'bad-include',
    message: `the suite ${quote(name)} is not valid`,
    ...(first ? { cause: reasonOf(first) } : {}),
  });
  return undefined;
}

/** The fault at the bottom of a chain of includes. */
function reasonOf(first: Diagnostic): string {
  if (first.code === 'bad-include' && first.cause !== undefined) return first.cause;
  return `${path.relative(process.cwd(), first.file)}:${first.line}:${first.column}: ${first.message}`;
}
