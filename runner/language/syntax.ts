/** The YAML parser's own complaints, said for people who know their driver better than YAML. */
import { Lexer, type YAMLError } from 'yaml';
import type { Advice, Complaints } from './complaints';
import { LEXER_MARKS } from './guard';
import type { TextRange } from './source';

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
    when: /MULTILINE_IMPLICIT_KEY/,
    code: 'syntax',
    message: 'there is no ": " after the key in this line',
    cause: 'a key is followed by a colon and a space, then its value',
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
  { when: /^UNEXPECTED_TOKEN: Unexpected flow-(map|seq)-end/, code: 'syntax', message: 'this bracket closes nothing' },
  {
    when: /token in YAML stream/,
    code: 'syntax',
    message: 'this belongs to nothing that stands before it',
    cause: 'a file is one map: its keys stand in the first column, and each is followed by ":"',
  },
  {
    when: /^MULTIPLE_DOCS/,
    code: 'several-documents',
    message: 'a second document begins here',
    cause: 'one file holds one scenario, suite or profile: remove the "---", or make two files',
  },
  {
    when: /Missing directives-end/,
    code: 'directive',
    message: 'a line "---" is missing between the % line and this',
  },
  {
    when: /BLOCK_IN_FLOW|block collections are not allowed within flow/i,
    code: 'syntax',
    message: 'a "," is missing in this, or quotes around it',
    cause: 'inside { } and [ ] items are separated by commas, and text that contains ": " stands in quotes',
  },
  {
    when: /Block scalar header/,
    code: 'syntax',
    message: 'nothing but + or - and a comment may follow this | or >',
    cause: 'the text itself begins in the next line',
  },
  {
    when: /^BAD_DIRECTIVE/,
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
  const lines = new Set<number>();
  for (const error of errors.slice(0, MAX_SYNTAX_ERRORS)) {
    const complaint = word(text, error, errors);
    if (!complaint) continue;
    const { line } = complaints.position(complaint.range);
    // Further errors in a line follow from its first one.
    if (lines.has(line)) continue;
    lines.add(line);
    const { range, code, message, ...advice } = complaint;
    complaints.error(range, code, message, advice);
  }
  return errors.length > 0;
}

interface Worded extends Advice {
  readonly range: TextRange;
  readonly code: string;
  readonly message: string;
}

function word(text: string, error: YAMLError, all: readonly YAMLError[]): Worded | undefined {
  const range = tokenAt(text, error);
  const placeholder = unquotedPlaceholder(text, error.pos[0]);
  if (placeholder) {
    return {
      range: placeholder,
      code: 'unquoted-placeholder',
      message: 'inside { } and [ ] a placeholder needs quotes',
      suggestion: `"${text.slice(placeholder.start, placeholder.end)}"`,
    };
  }
  const said = `${error.code}: ${error.message}`;
  if (/Missing closing .quote/.test(said)) {
    const opened = openAt(text, error.pos[0]).quote;
    if (opened) return { range: opened, code: 'syntax', message: 'the quote that opens here is never closed' };
  }
  if (UNCLOSED.test(said)) {
    const opened = openAt(text, error.pos[0]).bracket;
    if (opened) {
      return {
        range: opened,
        code: 'syntax',
        message: 'the bracket that opens here is not closed',
        cause:
          'every { and [ needs its } and ], and lines between them are indented deeper than the key that they belong to',
      };
    }
  }
  if (isContinuation(error, all))
    return error.code === 'MULTILINE_IMPLICIT_KEY' ? undefined : continuation(text, error);
  const wording = WORDINGS.find((candidate) => candidate.when.test(said));
  return {
    range,
    code: wording?.code ?? 'syntax',
    message: wording?.message ?? error.message.charAt(0).toLowerCase() + error.message.slice(1),
    ...(wording?.cause === undefined ? {} : { cause: wording.cause }),
  };
}

/** Flow collections that end too early, by end of the file or by an indentation that belongs to what is around them. */
const UNCLOSED = /must (be sufficiently indented and )?end with a/;

/** A value that runs on into a line that was meant to be a key of its own: the parser blames the value twice. */
function isContinuation(error: YAMLError, all: readonly YAMLError[]): boolean {
  const here = all.filter((other) => other.pos[0] === error.pos[0]);
  return (
    here.some((other) => other.code === 'MULTILINE_IMPLICIT_KEY') &&
    here.some((other) => NESTED.test(other.message)) &&
    (NESTED.test(error.message) || error.code === 'MULTILINE_IMPLICIT_KEY')
  );
}

const NESTED = /Nested mappings are not allowed/;

function continuation(text: string, error: YAMLError): Worded {
  const newline = text.indexOf('\n', error.pos[0]);
  const next = /\S+/.exec(text.slice(newline + 1, newline + 500));
  const start = newline + 1 + (next?.index ?? 0);
  return {
    range: { start, end: start + (next?.[0].length ?? 0) },
    code: 'indentation',
    message: 'this line is indented deeper than the key above it, and so continues its value',
    cause: 'keys of one map begin in the same column',
  };
}

/** The token that an error is about: one at the end of a line is about what comes next. */
function tokenAt(text: string, error: YAMLError): TextRange {
  const start = Math.min(error.pos[0], text.length);
  const end = Math.max(start, Math.min(error.pos[1], text.length));
  if (error.code === 'TAB_AS_INDENT' || text.slice(start, end).trim() !== '') return { start, end };
  const next = /\S+/.exec(text.slice(start, start + 2000));
  if (!next) return { start, end };
  return { start: start + next.index, end: start + next.index + next[0].length };
}

/** The innermost bracket that is open at an offset, and the quote that begins the token there. */
function openAt(text: string, offset: number): { bracket?: TextRange; quote?: TextRange } {
  const brackets: TextRange[] = [];
  let quote: TextRange | undefined;
  let at = 0;
  for (const token of new Lexer().lex(text)) {
    if (LEXER_MARKS.has(token)) continue;
    const range = { start: at, end: at + 1 };
    at += token.length;
    if (/^["']/.test(token) && range.start < offset && offset <= at) quote = range;
    if (range.start >= offset) break;
    if (token === '{' || token === '[') brackets.push(range);
    else if (token === '}' || token === ']') brackets.pop();
  }
  const bracket = brackets[brackets.length - 1];
  return { ...(bracket ? { bracket } : {}), ...(quote ? { quote } : {}) };
}

/** `{to: ${from}}`: YAML takes the inner brace for a map of its own. */
function unquotedPlaceholder(text: string, at: number): TextRange | undefined {
  const lineStart = text.lastIndexOf('\n', at - 1) + 1;
  const newline = text.indexOf('\n', at);
  const line = text.slice(lineStart, newline < 0 ? text.length : newline);
  if (line.length > 500) return undefined;
  for (const match of line.matchAll(/\$\{[a-z][a-z0-9-]*\}/g)) {
    const before = line.slice(0, match.index);
    const quotes = before.match(/["']/g)?.length ?? 0;
    if (/[{[]/.test(before.replaceAll(/\$\{[^}]*\}/g, '')) && quotes % 2 === 0) {
      return { start: lineStart + match.index, end: lineStart + match.index + match[0].length };
    }
  }
  return undefined;
}
