/** Thrown where a file was good in itself and a use of it is not: a placeholder's value that does not fit its field. */
import type { Diagnostic } from './scenario';

export class LanguageError extends Error {
  override readonly name = 'LanguageError';
  constructor(readonly diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((one) => `${one.file}:${one.line}:${one.column}: ${one.message}`).join('\n'));
  }
}
