/**
 * Looks over a text before it is parsed and refuses what would make the parser slow or overflow its stack: nesting without end, and
 * more tokens than any file of this language needs. The lexer's time is linear in the text; the parser's is not, for hostile texts.
 */
import { Lexer } from 'yaml';
import type { Complaints } from './complaints';

export const MAX_DEPTH = 64;
export const MAX_TOKENS = 60_000;
export const MAX_INDENT = 500;
const MAX_NUMBER_LENGTH = 400;

/** The lexer's marks that are not text of the file (yaml's CST module). */
export const LEXER_MARKS: ReadonlySet<string> = new Set(['\u0002', '\u0018', '\u001f']);

/** False when the text must not be parsed; why is in the complaints. */
export function guard(complaints: Complaints): boolean {
  const columns: number[] = [];
  let offset = 0;
  let lineStart = 0;
  let flowDepth = 0;
  let tokens = 0;
  // `{a: b: c: ...`: each colon without a comma before it opens a map inside the last one.
  let colons = 0;
  // `a: b: c` in block style is never YAML, and the parser nests such lines ever deeper.
  let colonsInLine = 0;
  let mapsInLine = 0;
  for (const token of new Lexer().lex(complaints.source.text)) {
    if (LEXER_MARKS.has(token)) continue;
    const start = offset;
    offset += token.length;
    tokens += 1;
    if (tokens > MAX_TOKENS) {
      complaints.error(
        { start, end: offset },
        'too-many-tokens',
        `the file has more than ${MAX_TOKENS} words and signs`,
        {
          cause: 'it is split into several files, or it is not a file of this language',
        },
      );
      return false;
    }
    if (token === '\n' || token === '\r\n') {
      lineStart = offset;
      colonsInLine = 0;
      continue;
    }
    if (/^[,{}[\]]$/.test(token)) colons = 0;
    else if (token === ':' && flowDepth > 0) colons += 1;
    else if (token === ':') {
      colonsInLine += 1;
      if (colonsInLine > 1) mapsInLine += 1;
    }
    if (colons > MAX_DEPTH || mapsInLine > MAX_DEPTH) return tooDeep(complaints, start, offset);
    if (token === '{' || token === '[') flowDepth += 1;
    else if ((token === '}' || token === ']') && flowDepth > 0) flowDepth -= 1;
    else if (/^[ \t#,]/.test(token)) continue;
    else if (/^[-+]?[0-9.]+/.test(token) && token.length > MAX_NUMBER_LENGTH) {
      complaints.error({ start, end: offset }, 'number-too-long', `this number has ${token.length} digits`, {
        cause: 'numbers have at most 64 bits',
      });
      return false;
    }
    if (flowDepth === 0) {
      const column = start - lineStart;
      while (columns.length > 0 && (columns[columns.length - 1] ?? 0) >= column) columns.pop();
      columns.push(column);
      if (column > MAX_INDENT && /^[-?]$/.test(token)) return tooDeep(complaints, start, offset);
    }
    if (flowDepth > MAX_DEPTH || columns.length > 2 * MAX_DEPTH) return tooDeep(complaints, start, offset);
  }
  return true;
}

export function tooDeep(complaints: Complaints, start: number, end: number): false {
  complaints.error({ start, end }, 'too-deep', `the file is nested more than ${MAX_DEPTH} levels deep here`, {
    cause: 'no file of this language needs that; is a bracket or an indentation wrong?',
  });
  return false;
}
