/** What a person names on the command line: suites by name, scenario and suite files, folders. */
import path from 'node:path';
import { Complaints } from './complaints';
import { kindOf, unknownKind, wrongKind } from './file-kind';
import { isYaml, statusOf, yamlFilesUnder } from './glob';
import { PACKAGE_ROOT } from './load';
import { parse } from './parse';
import type { Checked, Diagnostic } from './scenario';
import { readSource } from './source';
import { nearest, quote } from './suggest';

/** Files to run, absolute, in the order of the names, each once. */
export interface Target {
  readonly kind: 'suite' | 'scenario';
  readonly file: string;
}

/**
 * `smoke` is suites/smoke.yaml in the working folder or in the kit; a file is what it says it is; a folder is every scenario in it and
 * below, or, where it has none, every suite.
 */
export function resolveTargets(
  names: readonly string[],
  cwd: string,
  options: { readonly packageRoot?: string } = {},
): Checked<readonly Target[]> {
  const errors: Diagnostic[] = [];
  const targets = new Map<string, Target>();
  for (const name of names) {
    const found = resolveTarget(name, cwd, options.packageRoot ?? PACKAGE_ROOT);
    if ('code' in found) errors.push(found);
    else for (const target of found) targets.set(target.file, targets.get(target.file) ?? target);
  }
  return errors.length > 0 ? { ok: false, errors } : { ok: true, value: [...targets.values()], warnings: [] };
}

function resolveTarget(name: string, cwd: string, packageRoot: string): readonly Target[] | Diagnostic {
  // Most often a shell variable that is not set: not the working folder and whatever lies in it.
  if (name === '') return about(name, 'no-such-target', 'the name of a suite, scenario or folder is empty');
  const suiteFolders = [path.join(cwd, 'suites'), path.join(packageRoot, 'suites')];
  // A bare word is a suite's name first: a folder that happens to be called `smoke` does not hide the suite.
  if (/^[a-z][a-z0-9-]*$/.test(name)) {
    const suite = suiteFolders.map((folder) => path.join(folder, `${name}.yaml`)).find(isFile);
    if (suite) return [{ kind: 'suite', file: suite }];
  }
  const candidates = [cwd, packageRoot].map((root) => path.resolve(root, name));
  const file = candidates
    .flatMap((candidate) => (isYaml(candidate) ? [candidate] : [candidate, `${candidate}.yaml`]))
    .find(isFile);
  if (file) return targetOf(file);
  const folder = candidates.find((candidate) => statusOf(candidate)?.isDirectory());
  if (folder) return folderTargets(name, folder);
  const suites = suiteFolders.flatMap((one) =>
    yamlFilesUnder(one).map((suite) => path.basename(suite).replace(/\.ya?ml$/, '')),
  );
  const suggestion = nearest(name, suites);
  return {
    ...about(name, 'no-such-target', `there is no suite, scenario or folder ${quote(name)}`),
    cause: suites.length > 0 ? `the suites are ${[...new Set(suites)].join(', ')}` : 'no suites were found',
    ...(suggestion ? { suggestion } : {}),
  };
}

function targetOf(file: string): readonly Target[] | Diagnostic {
  const source = readSource(file);
  if ('code' in source) return source;
  const complaints = new Complaints(source);
  const tree = parse(complaints);
  const first = complaints.errors[0];
  if (!tree) return first ?? about(file, 'cannot-read', 'the file could not be read');
  const kind = kindOf(tree);
  if (kind === 'scenario' || kind === 'suite') return [{ kind, file }];
  return kind === undefined ? unknownKind(source, tree) : wrongKind(source, tree, kind, 'scenario');
}

function folderTargets(name: string, folder: string): readonly Target[] | Diagnostic {
  const found: Target[] = [];
  for (const file of yamlFilesUnder(folder)) {
    const source = readSource(file);
    if ('code' in source) continue;
    const tree = parse(new Complaints(source));
    // A file that does not parse is taken too: running it says what is wrong with it.
    const kind = tree ? kindOf(tree) : 'scenario';
    if (kind === 'scenario' || kind === 'suite') found.push({ kind, file });
  }
  const scenarios = found.filter((target) => target.kind === 'scenario');
  if (found.length === 0) return about(name, 'no-such-target', `there are no scenarios in the folder ${quote(name)}`);
  return scenarios.length > 0 ? scenarios : found;
}

function isFile(file: string): boolean {
  return statusOf(file)?.isFile() ?? false;
}

function about(file: string, code: string, message: string): Diagnostic {
  return { file, line: 1, column: 1, code, message, severity: 'error' };
}
