/** Names of scenarios that stay the same on every machine and in every working folder. */
import { existsSync } from 'node:fs';
import path from 'node:path';

/**
 * The file without `.yaml`, relative to its root: the nearest folder above it called `scenarios`; else the nearest that holds a package.json
 * or a .git; else its own folder.
 */
export function scenarioId(file: string): string {
  const absolute = path.resolve(file);
  const relative = path.relative(rootOf(absolute), absolute).split(path.sep).join('/');
  return relative.replace(/\.ya?ml$/i, '');
}

function rootOf(file: string): string {
  const folders: string[] = [];
  for (let folder = path.dirname(file); !folders.includes(folder); folder = path.dirname(folder)) folders.push(folder);
  return (
    folders.find((folder) => path.basename(folder) === 'scenarios') ??
    folders.find((folder) => existsSync(path.join(folder, 'package.json')) || existsSync(path.join(folder, '.git'))) ??
    path.dirname(file)
  );
}
