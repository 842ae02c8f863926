/** docs/language.md is what the schemas say now, and what it shows works. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { languageDoc } from '../../build/language-doc';
import { Workbench } from '../../runner/execution/workbench';
import { PACKAGE_ROOT, vocabulary } from '../../runner/language';
import { checkShared } from '../../runner/language/check-shared';
import { exampleSteps } from '../../runner/language/example';
import { checkSource } from '../../runner/language/load';
import { makeSource } from '../../runner/language/source';
import type { GeneratedLanguage } from '../../runner/language/vocabulary';
import { casesOf, planFor } from '../support/plans';
import { good } from './fixtures/check';

const text = readFileSync(path.join(PACKAGE_ROOT, 'docs', 'language.md'), 'utf8');
const language = JSON.parse(
  readFileSync(path.join(PACKAGE_ROOT, 'dist', 'generated', 'verbs.json'), 'utf8'),
) as GeneratedLanguage;
const blocks = [...text.matchAll(/```yaml\n(.*?)```/gs)].map(([, block]) => block ?? '');

test('it is up to date: else `npm run docs:language` writes it anew', () => {
  expect(text).toBe(languageDoc(language));
});

test('every verb is in it, with an example', () => {
  for (const name of vocabulary().verbs.keys()) {
    const [, section] = text.split(`### ${name}\n`);
    expect(section?.split('\n### ')[0]).toContain('```yaml');
  }
});

test('every key has a meaning', () => {
  const rows = text.split('\n').filter((line) => /^\| `[a-z]/.test(line));
  expect(rows.length).toBeGreaterThan(150);
  expect(rows.filter((line) => /\| +\|$/.test(line))).toEqual([]);
});

test('what stands in it is the examples that are run elsewhere, and whole files', () => {
  const examples = new Set(
    language.verbs.flatMap((verb) => verb.examples.map((one) => exampleSteps(one).replaceAll(/^ {2}/gm, ''))),
  );
  const others = blocks.filter((block) => !examples.has(block));
  expect(others.map((block) => /^(scenario|shared):/m.exec(block)?.[1])).toEqual(['scenario', 'shared']);
});

test('its scenario runs', async () => {
  const bench = new Workbench(planFor('reference'), { device: 'reference', host: 'local' }, { hang: 'virtual' });
  for (const one of casesOf(blocks.find((block) => /^scenario:/m.test(block)) ?? '')) {
    expect((await bench.run(one, [])).reason).toBeUndefined();
  }
});

test('its shared steps are good', () => {
  const shared = makeSource('shared.yaml', blocks.find((block) => /^shared:/m.test(block)) ?? '');
  good(checkSource(shared, 'shared', vocabulary(), undefined, checkShared));
});
