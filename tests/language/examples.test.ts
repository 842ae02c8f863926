/** Every example of every verb, and every file that the kit brings, is right in the language as it was built. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { lintFiles, loadCatalogue, loadConditions, PACKAGE_ROOT, vocabulary } from '../../runner/language';
import { checkScenario } from '../../runner/language/check-scenario';
import { checkSource } from '../../runner/language/load';
import { makeSource } from '../../runner/language/source';
import { good } from './fixtures/check';

const examples = [...vocabulary().verbs.values()].flatMap((verb) =>
  verb.examples.map((example) => [verb.name, example] as const),
);

test.each(examples)('%s: %s', (name, example) => {
  const lines = example.trimEnd().split('\n');
  const listed = example.trimStart().startsWith('- ')
    ? lines
    : lines.map((line, index) => (index === 0 ? `- ${line}` : `  ${line}`));
  const text = `scenario: An example of ${name}\nclauses: [STATE-RESET]\nsteps:\n${listed.map((line) => `  ${line}`).join('\n')}\n`;
  const catalogue = good(loadCatalogue());
  const read = good(checkSource(makeSource('example.yaml', text), 'scenario', vocabulary(), catalogue, checkScenario));
  expect(read.cases[0]?.steps.map((step) => step.verb)).toContain(name);
});

test('the catalogue and the list of conditions', () => {
  expect(good(loadCatalogue()).clauses.size).toBeGreaterThan(100);
  expect(good(loadConditions()).size).toBeGreaterThan(0);
});

test.each(['scenarios', 'suites', 'devices'])('%s', (folder) => {
  const absolute = path.join(PACKAGE_ROOT, folder);
  if (!existsSync(absolute)) throw new Error(`${folder} is not there`);
  const said = lintFiles([absolute]).map(
    (one) => `${path.relative(PACKAGE_ROOT, one.file)}:${one.line}:${one.column} ${one.message}`,
  );
  expect(said).toEqual([]);
});
