import { formatDiagnostic } from '../../runner/language';
import type { Diagnostic } from '../../runner/language/scenario';

const at = (line: number, column: number, endColumn: number): Diagnostic => ({
  file: 'x.yaml',
  line,
  column,
  endLine: line,
  endColumn,
  code: 'unknown-verb',
  message: '"transitoin" is not a verb',
  cause: 'the verbs are a and b',
  suggestion: 'transition',
  severity: 'error',
});
const lines = (count: number) => Array.from({ length: count }, (_, index) => `line ${index + 1}`).join('\n');

test('place, message, frame, cause, suggestion', () => {
  expect(formatDiagnostic(at(10, 3, 7), lines(12))).toBe(
    [
      'x.yaml:10:3 error unknown-verb',
      '  "transitoin" is not a verb',
      '     8 | line 8',
      '     9 | line 9',
      '  > 10 | line 10',
      '       |   ^^^^',
      '    11 | line 11',
      '  the verbs are a and b',
      '  did you mean transition ?',
    ].join('\n'),
  );
});

test('without the text there is no frame; an empty text has none', () => {
  expect(formatDiagnostic(at(1, 1, 2)).split('\n')).toHaveLength(4);
  expect(formatDiagnostic(at(1, 1, 1), '').split('\n')).toHaveLength(4);
});

test('the first and the last line, and a place at the end of a line', () => {
  expect(formatDiagnostic(at(1, 1, 5), lines(1))).toContain('> 1 | line 1\n      | ^^^^');
  expect(formatDiagnostic(at(3, 7, 7), lines(3))).toContain('> 3 | line 3\n      |       ^');
});

test('a very long line is cut around the caret', () => {
  const text = `a: [${'x, '.repeat(5000)}WRONG]`;
  const column = text.indexOf('WRONG') + 1;
  const shown = formatDiagnostic(at(1, column, column + 5), text);
  const [line, caret] = shown.split('\n').slice(2);
  expect(line?.length).toBeLessThan(200);
  expect(caret?.indexOf('^')).toBe(line?.indexOf('WRONG'));
  expect(caret).toContain('^^^^^');
});

test('control characters of a hostile file do not reach the terminal', () => {
  const shown = formatDiagnostic({ ...at(1, 1, 3), message: 'a\u001b]0;x' }, 'a\u001b[31m\u202eb');
  expect(shown).not.toMatch(/(?!\n)[\p{Cc}\p{Bidi_Control}]/u);
});

test('colour only where it is asked for', () => {
  const control = String.fromCharCode(27);
  expect(formatDiagnostic(at(1, 1, 2), 'ab', { colour: true })).toContain(control);
  expect(formatDiagnostic(at(1, 1, 2), 'ab')).not.toContain(control);
});
