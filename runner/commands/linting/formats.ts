/** The three ways in which `lint` tells its complaints. */
import type { Diagnostic } from '../../language/scenario';
import { diagnosticTexts } from '../support/diagnostics-text';
import { counted } from '../support/layout';
import { jsonText, printable } from '../support/printable';
import { shownPath } from '../support/shown-path';
import { colorsFor, print } from '../support/terminal';

export function asText(diagnostics: readonly Diagnostic[], files: number): void {
  const colors = colorsFor(process.stdout);
  for (const text of diagnosticTexts(diagnostics, colors)) print(`${text}\n`);
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error').length;
  const warnings = diagnostics.length - errors;
  const looked = `${counted(files, 'file')} checked`;
  if (diagnostics.length === 0) print(`${looked}: ${colors.green('nothing to complain of')}`);
  else print(`${looked}: ${colors.red(counted(errors, 'error'))}, ${colors.yellow(counted(warnings, 'warning'))}`);
}

export function asJson(diagnostics: readonly Diagnostic[]): void {
  const rows = diagnostics.map(
    ({ file, line, column, endLine, endColumn, code, message, cause, suggestion, severity }) => ({
      file: shownPath(file),
      line,
      column,
      ...(endLine === undefined || endColumn === undefined ? {} : { endLine, endColumn }),
      severity,
      code,
      message,
      ...(cause === undefined ? {} : { cause }),
      suggestion: suggestion ?? null,
    }),
  );
  process.stdout.write(jsonText(rows));
}

/** Workflow commands that GitHub shows beside the lines of a change. */
export function asGithub(diagnostics: readonly Diagnostic[]): void {
  for (const { file, line, column, endLine, endColumn, code, message, cause, suggestion, severity } of diagnostics) {
    const properties = {
      file: shownPath(file),
      line,
      ...(endLine === undefined ? {} : { endLine }),
      col: column,
      ...(endColumn === undefined ? {} : { endColumn }),
      title: code,
    };
    const told = [message, cause, suggestion === undefined ? undefined : `did you mean ${suggestion} ?`];
    const text = told.filter((part) => part !== undefined).join('\n');
    const listed = Object.entries(properties).map(([key, value]) => `${key}=${property(String(value))}`);
    print(`::${severity} ${listed.join(',')}::${data(text)}`);
  }
}

/** Escapes as the workflow commands have them; what would steer a terminal is made visible first. */
function data(text: string): string {
  const lines = text.split('\n').map(printable);
  return lines.map((line) => line.replaceAll('%', '%25')).join('%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
