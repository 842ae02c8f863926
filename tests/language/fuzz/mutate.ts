/** Small changes of a good file: what a slip of the hand, a bad merge or an enemy would make of it. */
import type { Random } from './random';

/** What mutants are made of besides the file itself. */
export interface Stock {
  /** Lines of other files. */
  readonly lines: readonly string[];
  /** Words of all files and of the language. */
  readonly words: readonly string[];
}

/** Where a placeholder begins. */
const OPEN = '\u0024{';

const SNIPPETS = [
  ...[
    '- ',
    ': ',
    '\n',
    '  ',
    '\t',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '#',
    ' #',
    '|',
    '>',
    '>-',
    ',',
    '? ',
    '-',
    '!',
    '!!int ',
    '!!str ',
  ],
  ...[
    '&a ',
    '*a',
    '<<: ',
    '<<: *a\n',
    '%YAML 1.1\n',
    '---\n',
    '...\n',
    '\r',
    '\r\n',
    '\\',
    '\u0000',
    '\ufeff',
    '\u2028',
    '😀',
    '\ud800',
  ],
  ...[
    '$',
    OPEN,
    `${OPEN}n}`,
    `"${OPEN}to}"`,
    `${OPEN}to}`,
    '__proto__: ',
    'constructor: ',
    'null',
    '~',
    'true',
    'yes',
    '.inf',
    '.nan',
    '0o17',
  ],
];

const VALUES = [
  ...[
    '0',
    '1',
    '-1',
    '-0',
    '1.5',
    '1e3',
    '010',
    '0x',
    '0x10',
    '0X10',
    '0b1',
    '1_000',
    '99999999999999999999',
    '0xffffffffffffffff',
  ],
  ...[
    '0x10000000000000000',
    '18446744073709551615',
    '9007199254740993',
    '4KiB',
    '2MB',
    '1.5MiB',
    '16777216TiB',
    '0B',
    '250ms',
    '1.5s',
  ],
  ...[
    '0.0000001us',
    '2min',
    '25h',
    '5',
    '"5"',
    "'running'",
    'Running',
    'RUNNING',
    '0x2',
    '0x9',
    '8',
    '[]',
    '{}',
    '[a, b]',
    '""',
    "''",
    '" "',
  ],
  ...[
    '2027-02-30',
    '2027-02-28',
    'de ad',
    '"de ad be ef"',
    'EINVAL',
    'einval',
    'SAVE-*',
    '*',
    'either',
    'any',
    '../../../etc/passwd',
    '/dev/zero',
  ],
];

type Mutation = (text: string, random: Random, stock: Stock) => string;

function lineRange(text: string, random: Random): readonly [number, number] {
  const lines = text.split('\n');
  const line = random.below(lines.length);
  const start = lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0);
  return [start, Math.min(text.length, start + (lines[line]?.length ?? 0) + 1)];
}

function replaceMatch(text: string, pattern: RegExp, random: Random, by: (found: string) => string): string {
  const found = [...text.matchAll(pattern)];
  if (found.length === 0) return text;
  const match = random.of(found);
  return text.slice(0, match.index) + by(match[0]) + text.slice(match.index + match[0].length);
}

const MUTATIONS: readonly Mutation[] = [
  // Some characters go.
  (text, random) => {
    const at = random.below(text.length);
    return text.slice(0, at) + text.slice(at + 1 + random.below(12));
  },
  // Something comes in between.
  (text, random) => {
    const at = random.below(text.length + 1);
    return text.slice(0, at) + random.of(SNIPPETS) + text.slice(at);
  },
  // A line goes, comes twice, or takes another's place.
  (text, random) => {
    const [start, end] = lineRange(text, random);
    return text.slice(0, start) + text.slice(end);
  },
  (text, random) => {
    const [start, end] = lineRange(text, random);
    return text.slice(0, end) + text.slice(start);
  },
  (text, random) => {
    const [start, end] = lineRange(text, random);
    const [from, to] = lineRange(text, random);
    return text.slice(0, start) + text.slice(from, to) + text.slice(end);
  },
  // A line of another file.
  (text, random, { lines }) => {
    const [start] = lineRange(text, random);
    return `${text.slice(0, start)}${random.of(lines)}\n${text.slice(start)}`;
  },
  // Indentation slips.
  (text, random) => {
    const [start] = lineRange(text, random);
    if (random.below(2) === 0) return `${text.slice(0, start)}${' '.repeat(1 + random.below(4))}${text.slice(start)}`;
    return text.slice(0, start) + text.slice(start).replace(/^ {1,2}/, '');
  },
  // A word becomes another one, a value another one: mostly what is still a file.
  (text, random, { words }) => replaceMatch(text, /[A-Za-z][\w-]*/g, random, () => random.of(words)),
  (text, random, { words }) => replaceMatch(text, /[A-Za-z][\w-]*/g, random, () => random.of(words)),
  (text, random) => replaceMatch(text, /\b[0-9][\w.]*\b/g, random, () => random.of(VALUES)),
  (text, random) => replaceMatch(text, /(?<=: )[^\s{[][^\n,}\]]*/g, random, () => random.of(VALUES)),
  (text, random) => replaceMatch(text, /(?<=: )[^\s{[][^\n,}\]]*/g, random, (found) => `[${found}]`),
  // One letter.
  (text, random) => replaceMatch(text, /[A-Za-z0-9]/g, random, () => random.of([...'abcxyzABCXYZ0189_-'])),
  // The end is missing, or some of it comes again and again.
  (text, random) => text.slice(0, random.below(text.length)),
  (text, random) => {
    const at = random.below(text.length);
    const part = text.slice(at, at + 1 + random.below(60));
    const times = random.below(20) === 0 ? 3000 : 1 + random.below(20);
    return text.slice(0, at) + part.repeat(times) + text.slice(at);
  },
];

/** One to three changes. */
export function mutate(text: string, random: Random, stock: Stock): string {
  let mutant = text;
  for (let changes = 1 + random.below(3); changes > 0; changes -= 1)
    mutant = random.of(MUTATIONS)(mutant, random, stock);
  return mutant;
}
