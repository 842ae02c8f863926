/** Diagnostics as text for people: the place, what is wrong, the lines around it with a caret, why, and what to write. */
import { codeFrameColumns } from '@babel/code-frame';
import pc from 'picocolors';
import type { Diagnostic } from './scenario';

/** Longer lines are shown around the caret only. */
const MAX_WIDTH = 160;

export interface FrameOptions {
  readonly colour?: boolean;
}

/** `source` is the file's text; without it there is no frame. Ends without a newline. */
export function formatDiagnostic(diagnostic: Diagnostic, source?: string, options: FrameOptions = {}): string {
  const paint = pc.createColors(options.colour ?? false);
  const { file, line, column, code, message, cause, suggestion, severity } = diagnostic;
  const label = severity === 'error' ? paint.red('error') : paint.yellow('warning');
  const parts = [`${paint.bold(`${file}:${line}:${column}`)} ${label} ${paint.dim(code)}`, `  ${harmless(message)}`];
  const frame = source === undefined ? undefined : codeFrame(diagnostic, source);
  if (frame) parts.push(frame.replaceAll(/^/gm, '  '));
  if (cause !== undefined) parts.push(`  ${paint.dim(harmless(cause))}`);
  if (suggestion !== undefined) parts.push(`  did you mean ${paint.green(harmless(suggestion))} ?`);
  return parts.join('\n');
}

/** Two lines before and one after, the caret under the token; undefined where the place is not in the text. */
export function codeFrame(diagnostic: Diagnostic, source: string): string | undefined {
  const lines = source.split('\n');
  const index = diagnostic.line - 1;
  if (lines[index] === undefined || source.trim() === '') return undefined;
  const first = Math.max(0, index - 2);
  const width =
    diagnostic.endLine === diagnostic.line && diagnostic.endColumn ? diagnostic.endColumn - diagnostic.column : 0;
  // Cut long lines alike, so that columns stay under each other.
  const from = diagnostic.column > MAX_WIDTH ? diagnostic.column - MAX_WIDTH / 2 : 0;
  const shown = lines
    .slice(first, index + 2)
    .map((line) => harmless(line.replace(/\r$/, '')).slice(from, from + MAX_WIDTH));
  const start = { line: index - first + 1, column: diagnostic.column - from };
  const end = { line: start.line, column: Math.max(start.column, Math.min(start.column + width, MAX_WIDTH)) };
  const frame = codeFrameColumns(
    shown.join('\n'),
    { start, end: { line: end.line, column: Math.max(end.column, start.column + 1) } },
    { linesAbove: 2, linesBelow: 1 },
  );
  return renumber(frame, first);
}

/** The frame was drawn on a cut-out: its line numbers begin at 1. */
function renumber(frame: string, offset: number): string {
  const last = frame
    .split('\n')
    .reduce((most, line) => Math.max(most, Number(/^[> ]\s*(\d+) \|/.exec(line)?.[1] ?? 0)), 0);
  const before = String(last).length;
  const after = String(last + offset).length;
  return frame
    .split('\n')
    .map((line) => {
      const match = /^([> ]) *(\d*) \|/.exec(line);
      if (!match) return line;
      const rest = line.slice(1 + 1 + before);
      const number = match[2] ? String(Number(match[2]) + offset) : '';
      return `${match[1]} ${number.padStart(after)}${rest}`;
    })
    .join('\n');
}

/** Control characters of a hostile file, and those that turn the direction of text round, must not reach a terminal. */
function harmless(text: string): string {
  return text.replaceAll('\t', ' ').replaceAll(/(?!\n)[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, '\ufffd');
}
