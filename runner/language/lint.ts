/** Checks files of any kind: everything that is wrong with each. */
import path from 'node:path';
import { Complaints } from './complaints';
import { Duplicates } from './duplicates';
import { type FileKind, kindOf, unknownKind } from './file-kind';
import { statusOf, yamlFilesUnder } from './glob';
import {
  type LanguageOptions,
  loadCatalogue,
  loadConditions,
  loadProfile,
  loadScenario,
  loadShared,
  loadSuite,
  type Parsed,
} from './load';
import { parse } from './parse';
import type { Checked, DeviceProfile, Diagnostic, Scenario, Suite } from './scenario';
import { readSource, type Source } from './source';

/** Complaints about all files, in the order of the paths; a folder stands for the files of this language in it and below. */
export function lintFiles(paths: readonly string[], options: LanguageOptions = {}): readonly Diagnostic[] {
  const files = new Map<string, 'named' | 'found'>();
  for (const one of paths) {
    const absolute = path.resolve(one);
    if (!statusOf(absolute)?.isDirectory()) files.set(absolute, 'named');
    else for (const file of yamlFilesUnder(absolute)) files.set(file, files.get(file) ?? 'found');
  }
  const duplicates = new Duplicates();
  return [...files].flatMap(([file, how]) => lintFile(file, how, options, duplicates));
}

function lintFile(
  file: string,
  how: 'named' | 'found',
  options: LanguageOptions,
  duplicates: Duplicates,
): readonly Diagnostic[] {
  const source = readSource(file);
  if ('code' in source) return [source];
  const { kind, checked } = checkAny(source, options);
  if (!checked.ok) {
    // Other programs keep YAML too: in a folder only what looks like a slip is worth a word.
    const foreign = kind === undefined && how === 'found' && checked.errors.every((one) => one.code === 'unknown-file');
    return foreign ? checked.errors.filter((one) => one.suggestion !== undefined) : checked.errors;
  }
  return [...checked.warnings, ...duplicatesOf(kind, checked.value, duplicates)];
}

function duplicatesOf(kind: FileKind | undefined, value: unknown, duplicates: Duplicates): readonly Diagnostic[] {
  if (kind === 'scenario') return duplicates.scenario(value as Scenario);
  if (kind === 'suite') return duplicates.suite(value as Suite);
  return kind === 'profile' ? duplicates.profile(value as DeviceProfile) : [];
}

/** A file of any kind, whole or with everything that is wrong with it; `kind` is undefined where it does not say what it is. */
export function checkAny(
  source: Source,
  options: LanguageOptions = {},
): { readonly kind: FileKind | undefined; readonly checked: Checked<unknown> } {
  const complaints = new Complaints(source);
  const tree = parse(complaints);
  if (!tree) return { kind: undefined, checked: { ok: false, errors: complaints.all } };
  const kind = kindOf(tree);
  if (kind === undefined) return { kind, checked: { ok: false, errors: [unknownKind(source, tree)] } };
  return { kind, checked: LOADERS[kind]({ complaints, tree }, options) };
}

const LOADERS: Readonly<Record<FileKind, (parsed: Parsed, options: LanguageOptions) => Checked<unknown>>> = {
  scenario: loadScenario,
  suite: loadSuite,
  shared: loadShared,
  profile: loadProfile,
  conditions: loadConditions,
  catalogue: loadCatalogue,
};
