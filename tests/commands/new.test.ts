/** `new`: what it writes is valid and runs as it stands, whatever was asked for. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Ask, answersOf } from '../../runner/commands/starting/answers';
import { SCENARIOS } from '../../runner/commands/starting/templates';
import { writeNew } from '../../runner/commands/starting/write-new';
import { Workbench } from '../../runner/execution/workbench';
import { lintFiles, loadScenario } from '../../runner/language';
import { planFor } from '../support/plans';
import { cli, removeWorkFolders, workFolder } from './support/cli';

afterAll(removeWorkFolders);

test.each(
  SCENARIOS.map(({ name }) => name),
)('the template %s passes on the reference device, and judges what it names', async (template) => {
  const cwd = workFolder();
  const file = writeNew(await answersOf({ kind: 'scenario', file: 's.yaml' }, { name: 'S', template }, undefined), cwd);
  expect(lintFiles([file])).toEqual([]);
  const loaded = loadScenario(file);
  if (!loaded.ok) throw new Error('not valid');
  const workbench = new Workbench(planFor('reference'), { device: 'reference', host: 'local' }, { hang: 'virtual' });
  for (const case_ of loaded.value.cases) {
    const { status, reason, tallies } = await workbench.run(case_, []);
    expect({ status, reason }).toEqual({ status: 'passed', reason: undefined });
    for (const clause of case_.clauses)
      expect(tallies.find((tally) => tally.clause === clause)?.kept ?? 0).toBeGreaterThan(0);
  }
});

test('by flags: a scenario with its clauses, and what to do next', () => {
  const cwd = workFolder();
  const words = [
    'new',
    'scenario',
    'bugs/today.yaml',
    '--name',
    'A save is whole',
    '--template',
    'save',
    '--clause',
    'SAVE-ACK',
  ];
  const { code, stdout, stderr } = cli(words, { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toBe(
    'bugs/today.yaml is made.\n\n  vfio-conformance lint bugs/today.yaml\n  vfio-conformance run bugs/today.yaml --device reference\n',
  );
  const text = readFileSync(path.join(cwd, 'bugs/today.yaml'), 'utf8');
  expect(text).toMatch(
    /^# yaml-language-server: \$schema=(\.\.\/)+.*scenario\.schema\.json\nscenario: A save is whole\nclauses: \[SAVE-ACK\]\n/,
  );
  expect(cli(['lint', 'bugs/today.yaml'], { cwd }).code).toBe(0);
}, 60_000);

test('by asking: every question has a proposal, and an empty answer takes it', async () => {
  const questions: string[] = [];
  const ask: Ask = (question, proposal) => {
    questions.push(`${question.split('\n').at(-1)} [${proposal}]`);
    return Promise.resolve(question.startsWith('What it shows') ? 'Nothing is lost: ever' : proposal);
  };
  const answers = await answersOf({}, {}, ask);
  expect(questions).toEqual([
    'What: scenario, suite, profile [scenario]',
    'What it shows, in one sentence [The bug of the day]',
    'Template [state]',
    'Clauses that it judges (`vfio-conformance clauses` lists them) [TRANS-RUN-STOP]',
    'File [nothing-is-lost-ever.yaml]',
  ]);
  const file = writeNew(answers, workFolder());
  expect(readFileSync(file, 'utf8')).toContain('\nscenario: "Nothing is lost: ever"\n');
});

test('a suite and a profile', () => {
  const cwd = workFolder();
  cli(['new', 'scenario', 'one.yaml', '--name', 'One'], { cwd });
  expect(
    cli(['new', 'suite', 'mine.yaml', '--name', 'mine', '--clause', 'TRANS-*', '--scenarios', 'one.yaml'], { cwd })
      .code,
  ).toBe(0);
  expect(cli(['new', 'profile', 'nic.yaml', '--name', 'A NIC', '--pci', '8086:10D3'], { cwd }).code).toBe(0);
  expect(cli(['lint', 'mine.yaml', 'nic.yaml'], { cwd })).toMatchObject({ code: 0 });
  expect(readFileSync(path.join(cwd, 'nic.yaml'), 'utf8')).toContain('match: {pci: "8086:10d3"}');
}, 60_000);

test.each([
  'yes',
  'a: b',
  '- x',
  '"',
  '#',
  '{',
  '12',
  ' x ',
  'π',
  'null',
  "it's",
])('the name %p means itself', async (name) => {
  const file = writeNew(await answersOf({ kind: 'scenario', file: 's.yaml' }, { name }, undefined), workFolder());
  const loaded = loadScenario(file);
  expect(loaded.ok && loaded.value.name).toBe(name);
});

test.each<[string, readonly string[], RegExp]>([
  ['a kind that is none', ['scenari', 'a.yaml', '--name', 'x'], /"scenari" cannot be made: did you mean scenario\?/],
  ['no name', ['scenario', 'a.yaml'], /--name is missing\n +In a terminal/],
  ['a template that is none', ['scenario', 'a.yaml', '--name', 'x', '--template', 'dirt'], /did you mean dirty\?/],
  ['a clause that is none', ['scenario', 'a.yaml', '--name', 'x', '--clause', 'SAVE-AKC'], /SAVE-AKC[\s\S]*SAVE-ACK/],
  ['no device', ['profile', 'a.yaml', '--name', 'x'], /--pci, --driver or --mdev-type is missing/],
  ['another ending', ['scenario', 'a.txt', '--name', 'x'], /ends in \.yaml/],
])('%s: exit 2, and no file is left', (_name, words, expected) => {
  const cwd = workFolder();
  const { code, stderr } = cli(['new', ...words], { cwd });
  expect(code).toBe(2);
  expect(stderr).toMatch(expected);
  expect(existsSync(path.join(cwd, 'a.yaml'))).toBe(false);
});

test('a place where no file can be is a slip, told without a stack trace', () => {
  const cwd = workFolder({ file: '' });
  const { code, stdout, stderr } = cli(['new', 'scenario', 'file/x.yaml', '--name', 'It stops'], { cwd });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^error: \S+x\.yaml cannot be written: [^\n]+\n$/);
});

test('a file that is there is left as it is', () => {
  const cwd = workFolder({ 'a.yaml': 'mine' });
  expect(cli(['new', 'scenario', 'a.yaml', '--name', 'x'], { cwd })).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/a\.yaml is there already/),
  });
  expect(readFileSync(path.join(cwd, 'a.yaml'), 'utf8')).toBe('mine');
});
