/** Writing scenarios in an editor: completion, hover and errors, as yaml-language-server gives them from the built schemas. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PACKAGE_ROOT } from '../../runner/language';
import { yamlFilesUnder } from '../../runner/language/glob';
import { type Complaint, type Completion, LanguageServer, type Position } from './language-server';

const settings = JSON.parse(readFileSync(path.join(PACKAGE_ROOT, '.vscode', 'settings.json'), 'utf8')) as Record<
  string,
  unknown
>;
/** `yaml.schemas` of the settings, as the editor's extension hands it on. */
const yaml = {
  schemas: settings['yaml.schemas'],
  yamlVersion: settings['yaml.yamlVersion'],
  validate: settings['yaml.validate'],
  hover: settings['yaml.hover'],
  completion: settings['yaml.completion'],
  schemaStore: { enable: settings['yaml.schemaStore.enable'] },
};

const server = new LanguageServer();
beforeAll(() => server.start(PACKAGE_ROOT, yaml), 120_000);
afterAll(() => server.stop());

const HEAD = `# yaml-language-server: $schema=../../scenario.schema.json
scenario: A good one
clauses: [STATE-RESET]
needs: [migration-v1]
steps:
`;
const inScenarios = path.join(PACKAGE_ROOT, 'scenarios', 'saving');
let files = 0;

/** A file that no other test has: what is said late of one must not count for the next. */
function newFile(folder: string): string {
  files += 1;
  return path.join(folder, `being-written-${files}.yaml`);
}

/** Where `|` stands in a text, and the text without it. */
function cursor(text: string): { readonly text: string; readonly position: Position } {
  const before = text.slice(0, text.indexOf('|'));
  const lines = before.split('\n');
  return { text: text.replace('|', ''), position: { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 } };
}

async function complete(written: string, folder = inScenarios): Promise<readonly Completion[]> {
  const { text, position } = cursor(written);
  const file = newFile(folder);
  await server.open(file, text);
  const found = await server.complete(file, position);
  server.close(file);
  return found;
}

async function labels(written: string, folder = inScenarios): Promise<readonly string[]> {
  return (await complete(written, folder)).map(({ label }) => label);
}

async function hover(written: string, folder = inScenarios): Promise<string> {
  const { text, position } = cursor(written);
  const file = newFile(folder);
  await server.open(file, text);
  const told = await server.hover(file, position);
  server.close(file);
  return told;
}

async function errors(text: string, file = newFile(inScenarios)): Promise<readonly string[]> {
  const told = await server.open(file, text);
  server.close(file);
  return told.map(({ range, message }: Complaint) => `${range.start.line + 1}:${range.start.character + 1} ${message}`);
}

describe('every file of the kit is without an error in the editor', () => {
  const folders = ['scenarios', 'suites', 'devices'].map((folder) => path.join(PACKAGE_ROOT, folder));
  test('scenarios, shared steps, suites, profiles, catalogue and conditions', async () => {
    const files = folders.flatMap((folder) => yamlFilesUnder(folder));
    expect(files.length).toBeGreaterThan(100);
    const told: string[] = [];
    const looked = files.map(async (file) => {
      for (const one of await errors(readFileSync(file, 'utf8'), file)) told.push(`${path.basename(file)}:${one}`);
    });
    await Promise.all(looked);
    expect(told).toEqual([]);
  }, 300_000);
});

describe('completion', () => {
  test('the keys of a scenario', async () => {
    const found = await labels('# yaml-language-server: $schema=../../scenario.schema.json\n|');
    expect(found).toEqual(
      expect.arrayContaining([
        'scenario',
        'clauses',
        'needs',
        'tags',
        'owner',
        'severity',
        'matrix',
        'within',
        'steps',
        'finally',
      ]),
    );
  });

  test('every verb', async () => {
    const { verbs } = JSON.parse(readFileSync(path.join(PACKAGE_ROOT, 'dist/generated/verbs.json'), 'utf8')) as {
      verbs: { name: string }[];
    };
    const found = await labels(`${HEAD}  - |`);
    for (const { name } of verbs) expect(found).toContain(name);
  });

  test('clauses, with what they ask for', async () => {
    const found = await complete(HEAD.replace('[STATE-RESET]', '\n  - |'));
    const one = found.find(({ label }) => label === 'STATE-RESET');
    expect(found.length).toBeGreaterThan(100);
    expect(JSON.stringify(one?.documentation)).toContain('must, driver');
  });

  test('states, fields, errno names, needs', async () => {
    expect(await labels(`${HEAD}  - transition: |`)).toEqual(
      expect.arrayContaining(['pre-copy', 'stop-and-copy', 'resuming']),
    );
    expect(await labels(`${HEAD}  - read:\n      field: |`)).toEqual(
      expect.arrayContaining(['device_state', 'pending_bytes']),
    );
    expect(await labels(`${HEAD}  - reset: {}\n    expect:\n      errno: |`)).toEqual(
      expect.arrayContaining(['EINVAL', 'any']),
    );
    expect(await labels(HEAD.replace('[migration-v1]', '\n  - |'))).toEqual(
      expect.arrayContaining(['destination', 'dirty-pages']),
    );
  });

  test('the arguments of a verb, and what stands beside it', async () => {
    expect(await labels(`${HEAD}  - save:\n      |`)).toEqual(
      expect.arrayContaining(['as', 'buffers', 'pieces', 'via']),
    );
    expect(await labels(`${HEAD}  - transition: stop\n    |`)).toEqual(
      expect.arrayContaining(['expect', 'judge', 'within', 'note']),
    );
  });

  test('the keys of a profile, a suite and shared steps, by the settings alone', async () => {
    const at = (folder: string) => path.join(PACKAGE_ROOT, folder);
    expect(await labels('|', at('devices'))).toEqual(expect.arrayContaining(['device', 'match', 'dma', 'waivers']));
    expect(await labels('|', at('suites'))).toEqual(expect.arrayContaining(['suite', 'claims', 'include']));
    expect(await labels('|', at('scenarios/shared'))).toEqual(
      expect.arrayContaining(['shared', 'parameters', 'steps']),
    );
  });
});

describe('hover', () => {
  test('a verb says what it does, and shows an example', async () => {
    const told = await hover(`${HEAD}  - sa|ve: {as: state}\n`);
    expect(told).toContain('Reads migration data until pending\\_bytes is 0');
    expect(told).toContain('Example');
  });

  test('an argument says what it is', async () => {
    expect(await hover(`${HEAD}  - save: {buff|ers: 2}\n`)).toContain('Read at most so many buffers');
    expect(await hover(`${HEAD}  - map: {si|ze: 2MiB}\n`)).toContain('#### A size');
  });

  test('a clause says what it asks for', async () => {
    expect(await hover(HEAD.replace('STATE-RESET', 'STATE-|RESET'))).toContain('must, driver');
  });

  test('a need and a state say what they mean', async () => {
    expect(await hover(HEAD.replace('migration-v1', 'migra|tion-v1'))).toContain(
      'the device has a v1 migration region',
    );
    expect(await hover(`${HEAD}  - transition: pre|-copy\n`)).toContain('011b');
  });
});

describe('errors', () => {
  test.each([
    ['a verb that is none', '  - tranistion: stop\n', '6:5', 'tranistion'],
    ['a state that is none', '  - transition: pre-coppy\n', '6:17', 'pre-copy'],
    ['an argument that is none', '  - save: {bufers: 2}\n', '6:12', 'bufers'],
    ['a size that is none', '  - map: {size: 2MB}\n', '6:17', 'MiB'],
    ['a duration that is none', '  - wait: 5\n', '6:11', ''],
    ['an errno that is none', '  - reset: {}\n    expect: {errno: EINVALID}\n', '7:21', ''],
    ['a key that needs another', '  - save: {leave: mid-data}\n', '6:', 'buffers'],
  ])('%s', async (_what, step, place, told) => {
    const [first, ...others] = await errors(HEAD + step);
    expect(first?.startsWith(place)).toBe(true);
    expect(first).toContain(told);
    expect(others).toEqual([]);
  });

  test('a clause that is none', async () => {
    expect(await errors(`${HEAD.replace('STATE-RESET', 'STATE-RESTE')}  - reset: {}\n`)).toEqual([
      expect.stringMatching(/^3:11 .*catalogue/),
    ]);
  });
});
