/** The YAML parser's own complaints, said for people who know their driver better than YAML. */
import type { YAMLError } from 'yaml';
import type { Complaints } from './complaints';

interface Wording {
  readonly when: RegExp;
  readonly code: string;
  readonly message: string;
  readonly cause?: string;
}

/** By the parser's code and message, first match. Messages are those of yaml 2.9; an unknown one is passed on as it is. */
const WORDINGS: readonly Wording[] = [
  {
    when: /^TAB_AS_INDENT/,
    code: 'tab',
    message: 'a tab stands in the indentation',
    cause: 'YAML is indented with spaces only',
  },
  {
    when: /Nested mappings are not allowed in compact mappings/,
    code: 'syntax',
    message: 'there is a second ":" in this line',
    cause: 'text that contains ": " stands in quotes; a map inside a map begins on the next line or stands in { }',
  },
  {
    when: /Implicit map keys need to be followed by map values/,
    code: 'syntax',
    message: 'there is no ":" after this key',
    cause: 'a key is followed by a colon and a space, then its value',
  },
  {
    when: /Implicit keys need to be on a single line|MULTILINE_IMPLICIT_KEY/,
    code: 'syntax',
    message: 'this key runs over several lines',
    cause: 'is the ":" missing in the line above?',
  },
  {
    when: /All sequence items must start at the same column/,
    code: 'indentation',
    message: 'this "-" stands in another column than the ones before it',
    cause: 'all items of a list begin in the same column',
  },
  {
    when: /All mapping items must start at the same column/,
    code: 'indentation',
    message: 'this key stands in another column than the ones before it',
    cause: 'all keys of a map begin in the same column',
  },
  {
    when: /BLOCK_AS_IMPLICIT_KEY|Sequence item without - indicator|BAD_INDENT/,
    code: 'indentation',
    message: 'the indentation does not fit',
    cause:
      'keys of one map, and items of one list, begin in the same column; a flow collection over several lines is indented',
  },
  {
    when: /Plain value cannot start with reserved character (.)|Plain value cannot start with (.*)/,
    code: 'syntax',
    message: 'plain text cannot begin with this character',
    cause: 'put the text in quotes',
  },
  { when: /Missing closing (.)quote/, code: 'syntax', message: 'the quote that opens here is never closed' },
  {
    when: /Invalid escape sequence/,
    code: 'syntax',
    message: 'this backslash sequence means nothing',
    cause: 'inside " " a backslash begins an escape; inside \' \' it is a plain character',
  },
  { when: /Missing space after :/, code: 'syntax', message: 'there is no space after this ":"' },
  {
    when: /Missing , (between|or)/,
    code: 'syntax',
    message: 'a "," is missing before this',
    cause: 'items inside { } and [ ] are separated by commas; text with spaces and colons stands in quotes there',
  },
  { when: /Unexpected ,|Unexpected empty item/, code: 'syntax', message: 'nothing stands before this ","' },
  {
    when: /(must end with a|Expected .* to end with) (.)|Flow (map|sequence) in block collection must be sufficiently indented/,
    code: 'syntax',
    message: 'a bracket that was opened is not closed here',
    cause: 'every { and [ needs its } and ], indented deeper than the key it belongs to',
  },
  { when: /^UNEXPECTED_TOKEN: Unexpected flow-(map|seq)-end/, code: 'syntax', message: 'this bracket closes nothing' },
  {
    when: /^MULTIPLE_DOCS/,
    code: 'several-documents',
    message: 'a second document begins here',
    cause: 'one file holds one scenario, suite or profile: remove the "---", or make two files',
  },
  {
    when: /^BAD_DIRECTIVE|directives-end|^MISSING_CHAR: Missing directives/,
    code: 'directive',
    message: 'this % line is not a directive that YAML 1.2 knows',
  },
  {
    when: /^BAD_ALIAS|^ALIAS_PROPS|^MULTIPLE_ANCHORS/,
    code: 'anchor',
    message: 'this anchor or alias is not well formed',
  },
  {
    when: /^TAG_RESOLVE_FAILED|^BAD_COLLECTION_TYPE|^MULTIPLE_TAGS/,
    code: 'tag',
    message: 'this tag has no meaning here',
    cause: 'values of this language have no tags; text that begins with "!" stands in quotes',
  },
  { when: /^KEY_OVER_1024_CHARS/, code: 'syntax', message: 'this key has more than 1024 characters' },
  { when: /Comments must be separated/, code: 'syntax', message: 'there is no space before this "#"' },
];

/** More errors of the parser than this follow from the first ones. */
const MAX_SYNTAX_ERRORS = 20;

/** True when the text is not YAML: what could be made of it is not worth checking further. */
export function complainOfSyntax(complaints: Complaints, errors: readonly YAMLError[]): boolean {
  const { text } = complaints.source;
  for (const error of errors.slice(0, MAX_SYNTAX_ERRORS)) {
    const start = Math.min(error.pos[0], text.length);
    const range = { start, end: Math.max(start, Math.min(error.pos[1], text.length)) };
    const placeholder = unquotedPlaceholder(text, start);
    if (placeholder) {
      complaints.error(placeholder, 'unquoted-placeholder', 'inside { } and [ ] a placeholder needs quotes', {
        suggestion: `"${text.slice(placeholder.start, placeholder.end)}"`,
      });
      continue;
    }
    const said = `${error.code}: ${error.message}`;
    const wording = WORDINGS.find((candidate) => candidate.when.test(said));
    complaints.error(range, wording?.code ?? 'syntax', wording?.message ?? lowerFirst(error.message), {
      ...(wording?.cause === undefined ? {} : { cause: wording.cause }),
    });
  }
  return errors.length > 0;
}

/** `{to: ${from}}`: YAML takes the inner brace for a map of its own. */
export function unquotedPlaceholder(text: string, at: number): { start: number; end: number } | undefined {
  const lineStart = text.lastIndexOf('\n', at - 1) + 1;
  const newline = text.indexOf('\n', at);
  const line = text.slice(lineStart, newline < 0 ? text.length : newline);
  if (line.length > 500) return undefined;
  for (const match of line.matchAll(/\$\{[a-z][a-z0-9-]*\}/g)) {
    const before = line.slice(0, match.index);
    const quotes = before.replaceAll("''", '').match(/["']/g)?.length ?? 0;
    if (/[{[]/.test(before.replaceAll(/\$\{[^}]*\}/g, '')) && quotes % 2 === 0) {
      return { start: lineStart + match.index, end: lineStart + match.index + match[0].length };
    }
  }
  return undefined;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
