/** `certificate --redact`: leaves out what names a machine, a person or a single piece of hardware. */
import os from 'node:os';
import type { CertificateContents } from '../../../reports/certificate/schema';
import type { StoredRun } from '../running/stored-run';

const LEFT_OUT = '[left out]';
const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi;
/** `serial: X`, `serial number=X`, `S/N X`. */
const SERIAL = /\b(serial(?:[ _-]?(?:number|no|id))?|s\/n)(\s*[:=]\s*|\s+)(?=\S*\d)\S+/gi;
/** An absolute path tells of users and machines; its last part tells what the file is. */
const PATH = /(?<![\w.:/])\/(?:[\w.@+~-]+\/)+([\w.@+~-]+)/g;
/** What stays: it is the same on every machine. */
const PUBLIC_PATH = /^\/(?:dev\/vfio|sys|proc)\//;
/** A single letter is a word of its own in many a sentence. */
const SHORTEST_NAME = 2;

/** Members whose words are the kit's and the catalogue's: a host called `must` must not make holes in them. */
const OF_THE_KIT: ReadonlySet<string> = new Set([
  'kind',
  'verdict',
  'level',
  'who',
  'state',
  'grade',
  'unit',
  'id',
  'family',
  'text',
  'lines',
  'clause',
  'clauses',
  'until',
  'issuedAt',
  'startedAt',
  'endedAt',
  'resumedAt',
]);

/** What a certificate says of it. */
const KINDS = ['host names', 'user names', 'serial numbers', 'UUIDs of mediated devices', 'folders'];

export function redacted(contents: CertificateContents, run: StoredRun): CertificateContents {
  const names = namesOf(run);
  const clean = (text: string): string => {
    let left = text.replaceAll(UUID, LEFT_OUT).replaceAll(SERIAL, `$1$2${LEFT_OUT}`);
    left = left.replaceAll(PATH, (whole, last: string) => (PUBLIC_PATH.test(whole) ? whole : last));
    for (const name of names) left = left.replaceAll(name, LEFT_OUT);
    return left;
  };
  const { kit, results, ...rest } = contents;
  const walked = walk(rest, clean) as Omit<CertificateContents, 'kit' | 'results'>;
  return { ...walked, kit, results, redacted: KINDS };
}

/** Host and user names of the run and of this machine, as whole words, the longest first. */
function namesOf({ descriptions, plan }: StoredRun): readonly RegExp[] {
  const names = new Set<string>([os.hostname(), userName()]);
  // A simulated host has a name that is everybody's.
  for (const { host } of descriptions) if (host.kind !== 'reference') names.add(host.name);
  for (const { host } of plan.devices) {
    const [, user, machine] = /^(?:ssh|unix):(?:([^@]+)@)?(.+)$/.exec(host) ?? [];
    for (const name of [user, machine]) if (name !== undefined) names.add(name);
  }
  // `lab7.example.org` is called lab7 as well.
  for (const name of [...names]) if (!/^[\d.:]+$/.test(name)) names.add(name.split('.', 1)[0] ?? name);
  // root is on every machine.
  names.delete('root');
  return [...names]
    .filter((name) => name.length >= SHORTEST_NAME && name !== 'reference' && name !== 'localhost')
    .sort((a, b) => b.length - a.length)
    .map((name) => new RegExp(`(?<![\\w-])${name.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')}(?![\\w-])`, 'gi'));
}

function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    // A container's user need not have a name.
    return '';
  }
}

function walk(value: unknown, clean: (text: string) => string, key = ''): unknown {
  if (typeof value === 'string') return OF_THE_KIT.has(key) ? value : /serial/i.test(key) ? LEFT_OUT : clean(value);
  if (Array.isArray(value)) return value.map((item) => walk(item, clean, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, walk(item, clean, name)]));
}
