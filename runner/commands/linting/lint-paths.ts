/** What `lint` looks at. */
import path from 'node:path';
import { lintFiles, PACKAGE_ROOT } from '../../language';
import { yamlFilesUnder } from '../../language/glob';
import type { Diagnostic } from '../../language/scenario';
import { fileStatus } from '../support/file-status';

const FOLDERS = ['scenarios', 'suites', 'devices'];

export interface Linted {
  readonly diagnostics: readonly Diagnostic[];
  /** The YAML files that were looked at. */
  readonly files: readonly string[];
}

/** Without paths: the kit's scenarios, suites and devices, and those of the working folder where it has its own. */
export function lintPaths(paths: readonly string[], cwd: string): Linted {
  const wanted = paths.length > 0 ? paths.map((one) => path.resolve(cwd, one)) : ownFolders(cwd);
  const files = new Set(wanted.flatMap((one) => (isFolder(one) ? yamlFilesUnder(one) : [one])));
  return { diagnostics: lintFiles(wanted), files: [...files] };
}

function ownFolders(cwd: string): string[] {
  const roots = new Set([PACKAGE_ROOT, cwd].map((root) => path.resolve(root)));
  return [...roots].flatMap((root) => FOLDERS.map((folder) => path.join(root, folder))).filter(isFolder);
}

function isFolder(one: string): boolean {
  return fileStatus(one)?.isDirectory() ?? false;
}
