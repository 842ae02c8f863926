/** Checks files of any kind: everything that is wrong with each. */
import path from 'node:path';
import { Complaints } from './complaints';
import { Duplicates } from './duplicates';
import { kindOf, unknownKind } from './file-kind';
import { statusOf, yamlFilesUnder } from './glob';
import {
  type LanguageOptions,
  loadCatalogue,
  loadConditions,
  loadProfile,
  loadScenario,
  loadShared,
  loadSuite,
} from './load';
import { parse } from './parse';
import type { Checked, Diagnostic } from './scenario';
import { readSource } from './source';

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
  const complaints = new Complaints(source);
  const tree = parse(complaints);
  if (!tree) return complaints.all;
  const kind = kindOf(tree);
  if (kind === undefined) {
    const complaint = unknownKind(source, tree);
    // Other programs keep YAML too: in a folder only what looks like a slip is worth a word.
    return how === 'named' || complaint.suggestion !== undefined ? [complaint] : [];
  }
  const parsed = { complaints, tree };
  const lint = <T>(loaded: Checked<T>, also: (value: T) => readonly Diagnostic[] = () => []): readonly Diagnostic[] =>
    loaded.ok ? [...loaded.warnings, ...also(loaded.value)] : loaded.errors;
  switch (kind) {
    case 'scenario':
      return lint(loadScenario(parsed, options), (scenario) => duplicates.scenario(scenario));
    case 'suite':
      return lint(loadSuite(parsed, options), (suite) => duplicates.suite(suite));
    case 'profile':
      return lint(loadProfile(parsed, options), (profile) => duplicates.profile(profile));
    case 'shared':
      return lint(loadShared(parsed, options));
    case 'conditions':
      return lint(loadConditions(parsed, options));
    case 'catalogue':
      return lint(loadCatalogue(parsed, options));
  }
}
