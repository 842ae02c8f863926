/** A Debian `Packages` index, as far as the choice of a kernel needs it. */

export interface IndexEntry {
  readonly name: string;
  readonly version: string;
  /** The Depends field as it stands. */
  readonly depends: string;
}

/** One alternative of a dependency: `linux-kbuild-6.1 (>= 6.1.176-1)`. */
export interface Dependency {
  readonly name: string;
  readonly relation?: '=' | '>=' | '<=' | '<<' | '>>';
  readonly version?: string;
}

function field(stanza: string, name: string): string | undefined {
  return new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(stanza)?.[1]?.trim();
}

/** The entries whose package name starts with `prefix`; a name may come several times, in several versions. */
export function parseIndex(text: string, prefix: string): IndexEntry[] {
  const entries: IndexEntry[] = [];
  for (const stanza of text.split(/\n\s*\n/)) {
    const name = field(stanza, 'Package');
    if (name === undefined || !name.startsWith(prefix)) continue;
    const version = field(stanza, 'Version');
    if (version !== undefined) entries.push({ name, version, depends: field(stanza, 'Depends') ?? '' });
  }
  return entries;
}

/** Every alternative named in a Depends field. */
export function parseDependencies(depends: string): Dependency[] {
  const found: Dependency[] = [];
  for (const alternative of depends.split(/[,|]/)) {
    const match = /^\s*([a-z0-9][a-z0-9.+-]*)(?::\w+)?\s*(?:\(\s*(=|>=|<=|<<|>>)\s*([^)\s]+)\s*\))?/.exec(alternative);
    if (match?.[1] === undefined) continue;
    const relation = match[2] as Dependency['relation'];
    found.push({
      name: match[1],
      ...(relation === undefined || match[3] === undefined ? {} : { relation, version: match[3] }),
    });
  }
  return found;
}
