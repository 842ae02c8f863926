/**
 * Wrong files and exactly what is said of each: place, code, message, cause, suggestion. Beside NAME.yaml lies NAME.expected.
 * `UPDATE_CORPUS=1 npx jest --selectProjects kit --testPathPatterns language/corpus` writes what is said now; read the difference.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { lintFiles } from '../../runner/language';
import type { Diagnostic } from '../../runner/language/scenario';
import { OPTIONS, TESTS } from './fixtures/language';

const CORPUS = path.join(TESTS, 'corpus');
const names = readdirSync(CORPUS)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => path.basename(name, '.yaml'));

function show(diagnostic: Diagnostic): string {
  const { file, line, column, endLine, endColumn, code, message, cause, suggestion, severity } = diagnostic;
  const until = endLine === undefined ? '' : endLine === line ? `-${endColumn}` : `-${endLine}:${endColumn}`;
  const head = `${path.relative(CORPUS, file)}:${line}:${column}${until} ${severity} ${code}`;
  const rest = [
    `  ${message}`,
    ...(cause === undefined ? [] : [`  because: ${cause}`]),
    ...(suggestion === undefined ? [] : [`  write: ${suggestion}`]),
  ];
  return `${[head, ...rest].join('\n')}\n`;
}

test('there are at least 150 wrong files', () => {
  expect(names.length).toBeGreaterThanOrEqual(150);
});

test.each(names)('%s', (name) => {
  const expectedFile = path.join(CORPUS, `${name}.expected`);
  const said = lintFiles([path.join(CORPUS, `${name}.yaml`)], OPTIONS)
    .map(show)
    .join('')
    // Paths in causes are relative to the working folder.
    .replaceAll(`${path.relative(process.cwd(), TESTS)}${path.sep}`, '');
  if (process.env.UPDATE_CORPUS) writeFileSync(expectedFile, said);
  expect(existsSync(expectedFile)).toBe(true);
  expect(said).toBe(readFileSync(expectedFile, 'utf8'));
  expect(said).not.toBe('');
  expect(said).not.toContain('internal-error');
});
