import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Type } from '@sinclair/typebox';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { assembleLanguage, type VerbSource, validatorModule } from '../../build/assemble';
import { editorSchemas, type KnownClause } from '../../build/editor-schema';
import { DEVICE_STATE_NAMES } from '../../runner/abi/device-state';
import { loadCatalogue, PACKAGE_ROOT } from '../../runner/language/load';
import { STATE_NAMES } from '../../runner/language/names';
import { Choice, Label, Many, Steps } from '../../runner/language/scalars';
import { type Vocabulary, vocabulary } from '../../runner/language/vocabulary';
import { good, steps } from './fixtures/check';
import { TESTS } from './fixtures/language';
import { FIXTURE_VERBS } from './fixtures/verbs';

const known = (id: string): KnownClause => ({ id, text: `What ${id} asks for.`, level: 'must', who: 'driver' });

/** A step with a placeholder. */
const FILLED = `transition: "\${to}"`;

const verb = (extra: Partial<VerbSource>): VerbSource => ({
  name: 'try',
  summary: 'Tries.',
  arguments: Type.Object({}),
  examples: [],
  takesExpect: false,
  ...extra,
});

test('the language and the interface call the states alike', () => {
  expect(STATE_NAMES).toEqual(DEVICE_STATE_NAMES);
});

describe('a verb that the language could not read fails the build', () => {
  test.each<[string, Partial<VerbSource>, RegExp]>([
    ['a name in upper case', { name: 'Try' }, /lower-case/],
    ['a reserved name', { name: 'expect' }, /means something else/],
    ['a main argument that is not there', { main: 'x' }, /"x" is not among its arguments/],
    ['a main argument that is a map', { main: 'x', arguments: Type.Object({ x: Type.Object({}) }) }, /is a map/],
    [
      'an unknown keyword',
      { arguments: Type.Object({ x: Type.Number({ multipleOf: 2 }) }) },
      /verb try\.x: .*multipleOf/,
    ],
    [
      'steps in a union',
      { arguments: Type.Object({ x: Type.Union([Steps(), Label()]) }) },
      /steps cannot stand in a union/,
    ],
  ])('%s', (_name, extra, message) => {
    expect(() => assembleLanguage([verb(extra)])).toThrow(message);
  });
});

test('maps are closed, defaults may be left out, constants are words', () => {
  const args = Type.Object({
    a: Label({ default: 'x' }),
    b: Label(),
    c: Type.Optional(Type.Union([Type.Literal('p'), Type.Literal('q')])),
  });
  const [entry] = assembleLanguage([verb({ arguments: args })]).verbs;
  expect(entry?.arguments).toMatchObject({
    additionalProperties: false,
    required: ['b'],
    properties: { c: { enum: ['p', 'q'], 'x-kind': 'choice' } },
  });
});

test('the generated validators are the same as those in memory', () => {
  const module = { exports: {} as Record<string, (value: unknown) => boolean> };
  const source = validatorModule(assembleLanguage(FIXTURE_VERBS));
  new Function('module', 'exports', 'require', source)(module, module.exports, require);
  expect(module.exports.verb_transition?.({ to: 'stop' })).toBe(true);
  expect(module.exports.verb_transition?.({ to: 'stopp' })).toBe(false);
  expect(module.exports.scenario?.({ scenario: 'x', clauses: ['SAVE-ACK'], steps: [{}] })).toBe(true);
  expect(module.exports.scenario?.({ scenario: 'x', clauses: ['SAVE-ACK'] })).toBe(false);
});

describe('the schema that editors get', () => {
  const schemas = editorSchemas(assembleLanguage(FIXTURE_VERBS), [known('SAVE-ACK'), known('STATE-RESERVED-RMW')]);
  const ajv = new Ajv({ strict: false, allErrors: true });
  const validators = {
    scenario: ajv.compile(schemas.scenario),
    profile: ajv.compile(schemas.profile),
    suite: ajv.compile(schemas.suite),
  };
  const accepts = (kind: keyof typeof validators, text: string) => validators[kind](parse(text));
  const withStep = (step: string) => `scenario: x\nclauses: [SAVE-ACK]\nsteps:\n  - ${step}\n`;

  test.each([
    'transition: stop',
    'transition: 0x9',
    'transition: {to: stop}',
    `transition: "\${to}"`,
    `save: {buffers: "\${n}", as: early}`,
    'save:',
    'reset:',
    'resume: [early, rest]',
    'note: hello',
    '{transition: stop, note: hello}',
    '{transition: stop, expect: {errno: [EINVAL], state: running}, provoke: STATE-RESERVED-RMW, within: 1s}',
    '{transition: stop, expect: either}',
    '{on: destination, steps: [{reset: }]}',
    'on: {device: destination, steps: [{reset: }]}',
    `{repeat: "\${n}", steps: [{dirty: start}]}`,
    'wait: 250ms',
    'map: {iova: 0xffffffffffffffff, size: 2MiB}',
  ])('accepts %s', (step) => {
    expect(accepts('scenario', withStep(step))).toBe(true);
  });

  test.each([
    'transitoin: stop',
    'transition: stopp',
    'transition: {too: stop}',
    '{transition: stop, save: early}',
    '{transition: stop, expects: failure}',
    'save: {buffers: many}',
    'wait: 250',
    'map: {iova: 0, size: 2MB}',
    '{note: hello, judge: SAVE-AKC}',
    'expect: failure',
    'map:',
  ])('refuses %s', (step) => {
    expect(accepts('scenario', withStep(step))).toBe(false);
  });

  test('accepts every way to write a matrix, and profiles and suites', () => {
    expect(accepts('scenario', `matrix: {to: [stop]}\n${withStep(FILLED)}`)).toBe(true);
    expect(accepts('scenario', `matrix: [{to: stop}]\n${withStep(FILLED)}`)).toBe(true);
    expect(accepts('scenario', `matrix: {to: stop}\n${withStep(FILLED)}`)).toBe(false);
    expect(accepts('suite', readFileSync(path.join(TESTS, 'fixtures/suites/smoke.yaml'), 'utf8'))).toBe(true);
    expect(
      accepts('profile', `device: x\nmatch: {driver: y}\ndma:\n  - write: {region: bar0, u64: "\${iova}"}\n`),
    ).toBe(true);
    expect(accepts('profile', 'device: x\nmatch: {}\n')).toBe(false);
  });

  test('holds nothing that only the kit understands', () => {
    expect(JSON.stringify(schemas)).not.toMatch(/"x-/);
  });
});

describe("the kit's own verbs", () => {
  const own: Vocabulary = vocabulary();

  test('are there, each with a summary and an example', () => {
    expect(own.verbs.size).toBeGreaterThanOrEqual(20);
    for (const entry of own.verbs.values()) {
      expect(entry.summary).toMatch(/\.$/);
      expect([entry.name, entry.examples.length]).not.toEqual([entry.name, 0]);
    }
  });

  test('are in the committed schema as they are', () => {
    const language = { verbs: [...own.verbs.values()], documents: own.documents };
    const schemas = editorSchemas(language, [...good(loadCatalogue()).clauses.values()]);
    const committed = JSON.parse(readFileSync(path.join(PACKAGE_ROOT, 'scenario.schema.json'), 'utf8')) as unknown;
    expect(committed).toEqual(JSON.parse(JSON.stringify(schemas.scenario)));
  });
});

test('a list of one word or many keeps its words', () => {
  expect(
    assembleLanguage([verb({ arguments: Type.Object({ x: Many(Choice(['a', 'b'])) }) })]).verbs[0]?.arguments.properties
      ?.x,
  ).toMatchObject({ 'x-kind': 'many' });
  expect(steps('  - reset:\n')).toHaveLength(1);
});
