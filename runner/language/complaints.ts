/** Collects what is wrong with one file. */
import type { Diagnostic, SourcePosition } from './scenario';
import { firstLine, positionAt, type Source, type TextRange } from './source';

export interface Advice {
  readonly cause?: string;
  /** What to write instead. */
  readonly suggestion?: string;
}

/** More than so many complaints about one file help nobody. */
export const MAX_COMPLAINTS = 200;

export class Complaints {
  private readonly seen = new Map<string, Diagnostic>();

  constructor(readonly source: Source) {}

  error(range: TextRange, code: string, message: string, advice: Advice = {}): void {
    this.add(range, code, message, advice, 'error');
  }

  warning(range: TextRange, code: string, message: string, advice: Advice = {}): void {
    this.add(range, code, message, advice, 'warning');
  }

  get hasErrors(): boolean {
    return [...this.seen.values()].some((diagnostic) => diagnostic.severity === 'error');
  }

  /** In the order of the file. */
  get all(): readonly Diagnostic[] {
    return [...this.seen.values()].sort((a, b) => a.line - b.line || a.column - b.column || (a.code < b.code ? -1 : 1));
  }

  get errors(): readonly Diagnostic[] {
    return this.all.filter((diagnostic) => diagnostic.severity === 'error');
  }

  get warnings(): readonly Diagnostic[] {
    return this.all.filter((diagnostic) => diagnostic.severity === 'warning');
  }

  position(range: TextRange): SourcePosition {
    return { file: this.source.file, ...positionAt(this.source, range.start) };
  }

  /** The cases of a matrix find the same fault again and again: each is told once. */
  private add(range: TextRange, code: string, message: string, advice: Advice, severity: 'error' | 'warning'): void {
    const key = `${range.start}:${code}:${message}`;
    if (this.seen.has(key) || this.seen.size >= MAX_COMPLAINTS) return;
    const underlined = firstLine(this.source, range);
    const start = positionAt(this.source, underlined.start);
    const end = positionAt(this.source, underlined.end);
    this.seen.set(key, {
      file: this.source.file,
      ...start,
      endLine: end.line,
      endColumn: end.column,
      code,
      message,
      ...(advice.cause === undefined ? {} : { cause: advice.cause }),
      ...(advice.suggestion === undefined ? {} : { suggestion: advice.suggestion }),
      severity,
    });
  }
}
