/** Every file that the kit brings is right in the language as it was built, without a word. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { lintFiles, loadCatalogue, loadConditions, PACKAGE_ROOT } from '../../runner/language';
import { good } from './fixtures/check';

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
