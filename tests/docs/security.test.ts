/** Each promise of SECURITY.md names tests; they are there. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PACKAGE_ROOT } from '../../runner/language';

const page = readFileSync(path.join(PACKAGE_ROOT, 'SECURITY.md'), 'utf8');
const named = [...page.matchAll(/^ *`(tests\/[^`]+)`: (".*")$/gm)].flatMap(([, file = '', names = '']) =>
  names
    .slice(1, -1)
    .split('", "')
    .map((name) => [file, name] as const),
);
/** A list item, up to the next one or an empty line. */
const promises = [...page.matchAll(/^- [\s\S]*?(?=\n- |\n\n)/gm)].map(([text]) => text);

test.each(named)('%s: %s', (file, name) => {
  const source = path.join(PACKAGE_ROOT, file);
  expect(existsSync(source)).toBe(true);
  const text = readFileSync(source, 'utf8');
  // As the name of a test, or as a key of a table of tests.
  const there = [`'${name}'`, `"${name}"`, `\`${name}\``, `  ${name}: `].some((spelt) => text.includes(spelt));
  expect([name, there]).toEqual([name, true]);
});

test.each(promises)('a promise names its tests: %s', (promise) => {
  expect(promise).toMatch(/\n {2}`tests\/.+\.test\.ts`: "/);
});

test('no test is named in a way that this does not see', () => {
  expect(page.match(/tests\/[\w/-]+\.test\.ts/g)).toHaveLength(new Set(page.match(/^ *`tests\/.*$/gm)).size);
  expect(promises.length).toBeGreaterThan(20);
});
