/** File patterns of suites: `*` and `?` inside one name, `**` for any folders, a folder for all that is in it. */
import { type Dirent, readdirSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';

/** What a pattern may look at before it is given up: far more than any scenarios folder holds. */
const MAX_VISITED = 20_000;
const MAX_DEPTH = 16;

/** True when the text fits the pattern; time is bounded by the product of their lengths. */
export function matchesWildcard(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let starAt = 0;
  let index = 0;
  while (index < text.length) {
    if (at < pattern.length && pattern[at] === '*') {
      star = at;
      starAt = index;
      at += 1;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[index])) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      at = star + 1;
      starAt += 1;
      index = starAt;
    } else return false;
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}

export function isPattern(text: string): boolean {
  return /[*?]/.test(text);
}

export function isYaml(file: string): boolean {
  return /\.ya?ml$/i.test(file);
}

/** YAML files under a folder that fit, absolute, sorted; hidden folders and node_modules are left out. */
export function glob(folder: string, pattern: string): readonly string[] {
  const found = new Set<string>();
  const budget = { left: MAX_VISITED };
  walk(
    folder,
    path
      .normalize(pattern)
      .split(path.sep)
      .filter((part) => part !== '.' && part !== ''),
    0,
    found,
    budget,
  );
  return [...found].sort();
}

/** All YAML files in a folder and below, absolute, sorted. */
export function yamlFilesUnder(folder: string): readonly string[] {
  return glob(folder, '**/*');
}

function walk(
  folder: string,
  parts: readonly string[],
  depth: number,
  found: Set<string>,
  budget: { left: number },
): void {
  const [part, ...rest] = parts;
  if (part === undefined || depth > MAX_DEPTH) return;
  if (part === '..') {
    walk(path.dirname(folder), rest, depth + 1, found, budget);
    return;
  }
  if (part === '**') walk(folder, rest, depth, found, budget);
  for (const entry of entriesOf(folder)) {
    budget.left -= 1;
    if (budget.left < 0) return;
    const inner = path.join(folder, entry.name);
    const directory = isFolder(entry, inner);
    if (part === '**') {
      if (directory) walk(inner, parts, depth + 1, found, budget);
    } else if (matchesWildcard(part, entry.name)) {
      if (directory) walk(inner, rest, depth + 1, found, budget);
      else if (rest.length === 0 && isYaml(entry.name)) found.add(inner);
    }
  }
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => !entry.name.startsWith('.') && entry.name !== 'node_modules');
  } catch {
    return [];
  }
}

function isFolder(entry: Dirent, file: string): boolean {
  return entry.isSymbolicLink() ? (statusOf(file)?.isDirectory() ?? false) : entry.isDirectory();
}

/** What a path leads to; undefined when it leads nowhere, in a circle, or where this user may not look. */
export function statusOf(file: string): Stats | undefined {
  try {
    return statSync(file);
  } catch {
    return undefined;
  }
}
