/** Complaints about files as text for people, each with its lines and a caret. */
import { formatDiagnostic } from '../../language/code-frame';
import type { Diagnostic } from '../../language/scenario';
import { readSource } from '../../language/source';
import { printable } from './printable';
import { shownPath } from './shown-path';
import type { Colors } from './terminal';

/** Named on the command line and not there: there is no place in a file to show. */
const NOT_ABOUT_A_FILE = new Set(['no-such-target']);

export function diagnosticTexts(diagnostics: readonly Diagnostic[], colors: Colors): string[] {
  const sources = new Map<string, string | undefined>();
  const texts = diagnostics.map((diagnostic) => {
    if (!sources.has(diagnostic.file)) sources.set(diagnostic.file, textOf(diagnostic.file));
    return diagnosticText(diagnostic, sources.get(diagnostic.file), colors);
  });
  return [...new Set(texts)];
}

function diagnosticText(diagnostic: Diagnostic, source: string | undefined, colors: Colors): string {
  if (!NOT_ABOUT_A_FILE.has(diagnostic.code)) {
    const file = printable(shownPath(diagnostic.file));
    return formatDiagnostic({ ...diagnostic, file }, source, { colour: colors.isColorSupported });
  }
  const { message, cause, suggestion } = diagnostic;
  return [
    `${colors.red('error:')} ${printable(message)}`,
    ...(cause === undefined ? [] : [`  ${printable(cause)}`]),
    ...(suggestion === undefined ? [] : [`  did you mean ${printable(suggestion)} ?`]),
  ].join('\n');
}

/** Undefined where the file cannot be read: the complaint says so itself. */
function textOf(file: string): string | undefined {
  const source = readSource(file);
  return 'code' in source ? undefined : source.text;
}
