/** A small, seeded sample of `npm run fuzz:language`; `MUTANTS=20000 SEED=7` for a long look. */
import { isDeepStrictEqual } from 'node:util';
import { vocabulary } from '../../../runner/language';
import { checkAny } from '../../../runner/language/lint';
import { makeSource } from '../../../runner/language/source';
import { compare } from './compare';
import { fuzz, LIMIT_MS, look, seedFiles } from './fuzz';

const sources = seedFiles();

test('every file of the kit, as it is, means what its YAML says', () => {
  expect(sources.length).toBeGreaterThan(100);
  for (const source of sources)
    expect({ file: source.file, ...look(source) }).toMatchObject({ accepted: true, problems: [] });
});

const MUTANTS = Number(process.env.MUTANTS ?? 2500);

test(`${MUTANTS} mutants`, () => {
  const result = fuzz(MUTANTS, Number(process.env.SEED ?? 1));
  expect(result.wrong.map(({ number, file, what }) => ({ number, file, what }))).toEqual([]);
  expect(result.slowestMs).toBeLessThan(LIMIT_MS);
  // Mutants that are all refused show nothing about meaning.
  expect(result.accepted).toBeGreaterThan(MUTANTS / 20);
}, 600_000);

test('the same seed makes the same mutants', () => {
  const { accepted } = fuzz(60, 5);
  expect(fuzz(60, 5).accepted).toBe(accepted);
});

test('another meaning would be seen', () => {
  const text = (step: string) => `scenario: A good one\nclauses: [STATE-RESET]\nsteps:\n  - ${step}\n`;
  const differs = (read: string, written: string) => {
    const { kind, checked } = checkAny(makeSource('/tmp/a.yaml', text(read)));
    if (kind === undefined || !checked.ok) throw new Error(`${read} is not accepted`);
    return compare(kind, checked.value, text(written), vocabulary()).some(
      ({ read, meant }) => !isDeepStrictEqual(read, meant),
    );
  };
  expect(differs('wait: 1s', 'wait: {for: 1000ms}')).toBe(false);
  expect(differs('wait: 1s', 'wait: {for: 1001ms}')).toBe(true);
  expect(differs('transition: stop', 'transition: 0x0')).toBe(false);
  expect(differs('transition: stop', 'transition: 0x2')).toBe(true);
  expect(differs('map: {size: 2MiB}', 'map: {size: 0x200000}')).toBe(false);
  expect(differs('map: {size: 2MiB}', 'map: {size: 0x200001}')).toBe(true);
  expect(differs('map: {iova: 0xffffffffffff0000}', 'map: {iova: 0xffffffffffff0001}')).toBe(true);
  expect(differs('save: {}', 'save: {as: state, until: drained, via: read}')).toBe(false);
  expect(differs('save: {}', 'save: {via: mmap}')).toBe(true);
  expect(differs('reset: {}', '{reset: {}, expect: failure}')).toBe(true);
  expect(differs('{on: destination, steps: [{reset: }]}', 'on: {device: destination, steps: [{reset: {}}]}')).toBe(
    false,
  );
  expect(differs('{on: destination, steps: [{reset: }]}', 'on: {device: destination, steps: [{reopen: {}}]}')).toBe(
    true,
  );
});
