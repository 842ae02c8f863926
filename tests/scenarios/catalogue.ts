/** The two checked-in lists, read strictly and as plain data: what these tests look at is the files and not the kit's reader. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseDocument } from 'yaml';

/** The package's folder: the nearest one above this file that holds a package.json. */
function packageRoot(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, 'package.json'))) {
    const above = dirname(folder);
    if (above === folder) throw new Error(`no package.json above ${__dirname}`);
    folder = above;
  }
  return folder;
}

export type Entry = Readonly<Record<string, unknown>>;

export function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A file of scenarios/ as a map; throws on every error and on every warning of the YAML reader. */
export function readScenarioFile(name: string): Entry {
  const text = readFileSync(join(packageRoot(), 'scenarios', name), 'utf8');
  const document = parseDocument(text, { schema: 'core', version: '1.2', uniqueKeys: true });
  const complaints = [...document.errors, ...document.warnings];
  if (complaints.length > 0) throw new Error(complaints.map((complaint) => complaint.message).join('\n'));
  const value: unknown = document.toJS();
  if (!isEntry(value)) throw new Error(`${name} is not a map`);
  return value;
}

/** The maps of a list; throws when an item is anything else. */
export function entriesOf(file: Entry, key: string): readonly Entry[] {
  const list = file[key];
  if (!Array.isArray(list)) throw new Error(`${key} is not a list`);
  return list.map((item: unknown, index) => {
    if (!isEntry(item)) throw new Error(`${key}[${index}] is not a map`);
    return item;
  });
}

/** A string field, or undefined where it is absent; throws on any other type. */
export function textOf(entry: Entry, key: string): string | undefined {
  const value = entry[key];
  if (value !== undefined && typeof value !== 'string')
    throw new Error(`${key} of ${String(entry.id)} is not a string`);
  return value;
}

/** The lines of a clause, each "N" or "N-M". */
export function linesOf(entry: Entry): readonly string[] {
  const value = entry.lines;
  if (!Array.isArray(value)) throw new Error(`lines of ${String(entry.id)} is not a list`);
  return value.map((line: unknown) => {
    if (typeof line !== 'string') throw new Error(`lines of ${String(entry.id)}: ${String(line)} is not a string`);
    return line;
  });
}
