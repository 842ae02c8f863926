/** From a file's name to its checked content: what everything outside this folder calls. */
import { realpathSync } from 'node:fs';
import path from 'node:path';
import type { Catalogue } from './catalogue';
import { checkCatalogue, checkConditions } from './check-catalogue';
import { checkProfile } from './check-profile';
import { checkScenario } from './check-scenario';
import { checkShared, type SharedSteps } from './check-shared';
import { checkSuite } from './check-suite';
import { Complaints } from './complaints';
import { CheckedDocument } from './document';
import { type FileKind, kindOf, wrongKind } from './file-kind';
import { statusOf } from './glob';
import { PACKAGE_ROOT } from './package-root';
import { parse } from './parse';
import { prebuiltCatalogue } from './prebuilt-catalogue';
import type { Checked, ClauseId, DeviceProfile, Diagnostic, Scenario, Suite } from './scenario';
import { readSource, type Source } from './source';
import type { Tree } from './tree';
import { type Vocabulary, vocabulary } from './vocabulary';

export interface LanguageOptions {
  /** The kit's own folder, with scenarios/ and suites/; default: this package. */
  readonly packageRoot?: string;
  /** Default: the package's scenarios/clauses.yaml. */
  readonly catalogue?: Catalogue;
  /** Default: what the build assembled from steps/. */
  readonly vocabulary?: Vocabulary;
}

export { PACKAGE_ROOT };

/** A scenario file; its matrix is unrolled into cases. */
export function loadScenario(file: string | Parsed, options: LanguageOptions = {}): Checked<Scenario> {
  return withCatalogue(options, (catalogue) =>
    load(file, 'scenario', options, catalogue, (document, tree) => checkScenario(document, tree)),
  );
}

/** A suite file with what it includes. */
export function loadSuite(file: string | Parsed, options: LanguageOptions = {}): Checked<Suite> {
  return loadSuiteWithin(file, options, new Set());
}

function loadSuiteWithin(file: string | Parsed, options: LanguageOptions, open: ReadonlySet<string>): Checked<Suite> {
  return withCatalogue(options, (catalogue) => {
    const around = {
      catalogue,
      packageRoot: options.packageRoot ?? PACKAGE_ROOT,
      load: (included: string) => {
        const inner = new Set([...open, realPath(typeof file === 'string' ? file : file.complaints.source.file)]);
        return inner.has(realPath(included)) ? undefined : loadSuiteWithin(included, options, inner);
      },
    };
    return load(file, 'suite', options, catalogue, (document, tree) => checkSuite(document, tree, around));
  });
}

/** A file of shared steps by itself, with the defaults of its parameters. */
export function loadShared(file: string | Parsed, options: LanguageOptions = {}): Checked<SharedSteps> {
  return withCatalogue(options, (catalogue) =>
    load(file, 'shared', options, catalogue, (document, tree) => checkShared(document, tree)),
  );
}

/** A device profile. */
export function loadProfile(file: string | Parsed, options: LanguageOptions = {}): Checked<DeviceProfile> {
  return withCatalogue(options, (catalogue) =>
    load(file, 'profile', options, catalogue, (document, tree) => checkProfile(document, tree)),
  );
}

/** The clauses that a correct driver may never come to, with the condition that each waits for. */
export function loadConditions(
  file: string | Parsed = path.join(PACKAGE_ROOT, 'scenarios', 'conditions.yaml'),
  options: LanguageOptions = {},
): Checked<ReadonlyMap<ClauseId, string>> {
  return withCatalogue(options, (catalogue) =>
    load(file, 'conditions', options, catalogue, (document, tree) => checkConditions(document, tree)),
  );
}

interface CachedCatalogue {
  readonly stamp: string;
  readonly result: Checked<Catalogue>;
}

/** Every scenario asks for the catalogue: it is read again only when the file has changed. */
const catalogues = new Map<string, CachedCatalogue>();

/** The catalogue of clauses. */
export function loadCatalogue(
  file: string | Parsed = path.join(PACKAGE_ROOT, 'scenarios', 'clauses.yaml'),
  options: Pick<LanguageOptions, 'vocabulary'> = {},
): Checked<Catalogue> {
  if (typeof file !== 'string') return readCatalogue(file, options);
  const absolute = path.resolve(file);
  const status = statusOf(absolute);
  const stamp = status ? `${status.mtimeMs} ${status.size} ${status.ino}` : 'absent';
  const cached = catalogues.get(absolute);
  if (cached?.stamp === stamp) return cached.result;
  const result = prebuiltCatalogue(absolute) ?? readCatalogue(absolute, options);
  catalogues.set(absolute, { stamp, result });
  return result;
}

function readCatalogue(file: string | Parsed, options: Pick<LanguageOptions, 'vocabulary'>): Checked<Catalogue> {
  return load(file, 'catalogue', options, undefined, (document, tree) => checkCatalogue(document, tree));
}

function withCatalogue<T>(options: LanguageOptions, use: (catalogue: Catalogue) => Checked<T>): Checked<T> {
  if (options.catalogue) return use(options.catalogue);
  const root = options.packageRoot ?? PACKAGE_ROOT;
  const loaded = loadCatalogue(path.join(root, 'scenarios', 'clauses.yaml'), options);
  return loaded.ok ? use(loaded.value) : loaded;
}

/** A file that was parsed to find out what it is need not be parsed again. */
export interface Parsed {
  readonly complaints: Complaints;
  readonly tree: Tree;
}

function load<T>(
  file: string | Parsed,
  kind: FileKind,
  options: LanguageOptions,
  catalogue: Catalogue | undefined,
  check: (document: CheckedDocument, tree: Tree) => T | undefined,
): Checked<T> {
  if (typeof file !== 'string') {
    return checkTree(file.complaints, file.tree, kind, options.vocabulary ?? vocabulary(), catalogue, check);
  }
  const source = readSource(path.resolve(file));
  if ('code' in source) return { ok: false, errors: [source] };
  return checkSource(source, kind, options.vocabulary ?? vocabulary(), catalogue, check);
}

/** Checks a text that was read already: an editor's, or a test's. */
export function checkSource<T>(
  source: Source,
  kind: FileKind,
  words: Vocabulary,
  catalogue: Catalogue | undefined,
  check: (document: CheckedDocument, tree: Tree) => T | undefined,
): Checked<T> {
  const complaints = new Complaints(source);
  const tree = parse(complaints);
  if (!tree) return { ok: false, errors: complaints.errors };
  return checkTree(complaints, tree, kind, words, catalogue, check);
}

/** Checks what was parsed already; the parser's complaints count too. */
export function checkTree<T>(
  complaints: Complaints,
  tree: Tree,
  kind: FileKind,
  words: Vocabulary,
  catalogue: Catalogue | undefined,
  check: (document: CheckedDocument, tree: Tree) => T | undefined,
): Checked<T> {
  const { source } = complaints;
  const found = kindOf(tree);
  if (found !== undefined && found !== kind) {
    return { ok: false, errors: [...complaints.errors, wrongKind(source, tree, found, kind)] };
  }
  const clauses = catalogue ? { clauses: catalogue.clauses } : {};
  const document = new CheckedDocument(complaints, { vocabulary: words, ...clauses });
  const value = check(document, tree);
  document.flush(new Map());
  if (complaints.hasErrors || value === undefined) return { ok: false, errors: atLeastOne(complaints, source) };
  return { ok: true, value, warnings: complaints.warnings };
}

/** A file is never refused without a word. */
function atLeastOne(complaints: Complaints, source: Source): readonly Diagnostic[] {
  if (!complaints.hasErrors) {
    complaints.error({ start: 0, end: 0 }, 'internal-error', `${path.basename(source.file)} could not be checked`, {
      cause: 'this is a fault of the kit: please report it with the file',
    });
  }
  return complaints.all;
}

function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return path.resolve(file);
  }
}
