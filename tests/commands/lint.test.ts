import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { cli, removeWorkFolders, workFolder } from './support/cli';
import { BOTH, PROJECT, RUNS, TYPO } from './support/scenarios';

afterAll(removeWorkFolders);

describe('text', () => {
  test('a typo is told with its place, its line and the right word', () => {
    const { code, stdout, stderr } = cli(['lint', 'typo.yaml'], { cwd: workFolder({ 'typo.yaml': TYPO }) });
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    expect(
      stdout.split('\n').map((line) => (line.startsWith('  the verbs are ') ? '  the verbs are ...' : line)),
    ).toEqual([
      'typo.yaml:4:5 error unknown-verb',
      '  "tranistion" is not a verb',
      '    2 | clauses: [STATE-DEFAULT]',
      '    3 | steps:',
      '  > 4 |   - tranistion: stop',
      '      |     ^^^^^^^^^^',
      '    5 |',
      '  the verbs are ...',
      '  did you mean transition ?',
      '',
      '1 file checked: 1 error, 0 warnings',
      '',
    ]);
  });

  test('nothing to complain of', () => {
    expect(cli(['lint', 'runs.yaml'], { cwd: workFolder({ 'runs.yaml': RUNS }) })).toEqual({
      code: 0,
      stdout: '1 file checked: nothing to complain of\n',
      stderr: '',
    });
  });

  test("without paths it checks the kit's own files, and those of the folder it stands in", () => {
    const cwd = workFolder({ ...PROJECT, 'scenarios/typo.yaml': TYPO });
    const { code, stdout } = cli(['lint'], { cwd });
    expect(code).toBe(2);
    expect(stdout.match(/^\S+:\d+:\d+/gm)).toEqual(['scenarios/typo.yaml:4:5']);
    expect(Number(/^(\d+) files checked/m.exec(stdout)?.[1])).toBeGreaterThan(10);
  });

  test('a file that is not there', () => {
    const { code, stdout } = cli(['lint', 'nowhere.yaml']);
    expect(code).toBe(2);
    expect(stdout).toContain('nowhere.yaml:1:1 error cannot-read');
  });

  test('a folder without YAML files, and a name that is empty, are slips and no clean bill', () => {
    const cwd = workFolder({ 'notes/read.me': '' });
    expect(cli(['lint', 'notes'], { cwd })).toEqual({
      code: 2,
      stdout: '',
      stderr: 'error: there is no YAML file in "notes"\n',
    });
    expect(cli(['lint', ''], { cwd })).toEqual({
      code: 2,
      stdout: '',
      stderr: 'error: the name of a file or folder is empty\n',
    });
  });

  test('a named pipe does not hold it up', () => {
    const cwd = workFolder();
    execFileSync('mkfifo', [path.join(cwd, 'pipe.yaml')]);
    const { code, stdout } = cli(['lint', 'pipe.yaml'], { cwd });
    expect(code).toBe(2);
    expect(stdout).toContain('it is not a regular file');
  });

  test('colour only when it is wanted', () => {
    const cwd = workFolder({ 'typo.yaml': TYPO });
    const coloured = (env: Record<string, string>): boolean =>
      cli(['lint', 'typo.yaml'], { cwd, env }).stdout.includes('\x1b');
    expect(coloured({})).toBe(false);
    expect(coloured({ CI: 'true' })).toBe(false);
    expect(coloured({ FORCE_COLOR: '1' })).toBe(true);
    expect(coloured({ NO_COLOR: '1' })).toBe(false);
  });

  test('names of files and what stands in them cannot steer the terminal', () => {
    const cwd = workFolder({
      'a\x1b[2Jb.yaml': 'scenario: "\\e[31mred"\nclauses: [STATE-DEFAULT]\nsteps:\n  - "\\e]0;x\\a": 1\n',
    });
    const { stdout } = cli(['lint', '.'], { cwd });
    expect(stdout).toContain('a\\x1b[2Jb.yaml:4:5');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
    expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  });
});

describe('json', () => {
  test('every complaint with the keys that tools rely on', () => {
    const cwd = workFolder({ 'a/typo.yaml': TYPO, 'b/suite.yaml': BOTH });
    const { code, stdout, stderr } = cli(['lint', '--json', 'a', 'b'], { cwd });
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    const rows = JSON.parse(stdout) as Record<string, unknown>[];
    expect(rows[0]).toMatchObject({
      file: 'a/typo.yaml',
      line: 4,
      column: 5,
      severity: 'error',
      code: 'unknown-verb',
      message: '"tranistion" is not a verb',
      suggestion: 'transition',
    });
    expect(rows.slice(1).map(({ file }) => file)).toEqual(['b/suite.yaml', 'b/suite.yaml']);
    for (const row of rows)
      expect(Object.keys(row)).toEqual(
        expect.arrayContaining(['file', 'line', 'column', 'code', 'message', 'suggestion']),
      );
  });

  test('nothing to complain of is an empty list', () => {
    expect(cli(['lint', '--json', '.'], { cwd: workFolder({ 'runs.yaml': RUNS }) })).toEqual({
      code: 0,
      stdout: '[]\n',
      stderr: '',
    });
  });

  test('--json and another format exclude each other', () => {
    expect(cli(['lint', '--json', '--format', 'text'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'error: --json and --format text exclude each other\n',
    });
  });
});

test('github: one workflow command for each complaint, escaped', () => {
  const cwd = workFolder({ 'odd, 100%.yaml': TYPO });
  const { code, stdout } = cli(['lint', '--format', 'github', '.'], { cwd });
  expect(code).toBe(2);
  expect(stdout).toMatch(
    /^::error file=odd%2C 100%25\.yaml,line=4,endLine=4,col=5,endColumn=15,title=unknown-verb::"tranistion" is not a verb%0Athe verbs are [^\n]*%0Adid you mean transition \?\n$/,
  );
});

describe('--deep', () => {
  const scenario = (clauses: string, steps: string) => `scenario: S\nclauses: [${clauses}]\nsteps:\n${steps}`;
  const deep = (text: string) => {
    const { code, stdout } = cli(['lint', '--deep', '--json', 'a.yaml'], { cwd: workFolder({ 'a.yaml': text }) });
    const rows = JSON.parse(stdout) as {
      line: number;
      column: number;
      code: string;
      message: string;
      cause?: string;
    }[];
    return { code, said: rows.map((row) => `${row.line}:${row.column} ${row.code} ${row.message}`), rows };
  };

  test('a clause that the scenario never comes to judge, at the clause', () => {
    const { code, said } = deep(scenario('TRANS-RUN-STOP, TRANS-STOP-RUN', '  - transition: stop\n'));
    expect({ code, said }).toEqual({
      code: 0,
      said: ['2:27 never-judged this scenario never comes to judge TRANS-STOP-RUN'],
    });
  });

  test('one that is judged on another kind of device only', () => {
    expect(deep(scenario('ZPCI-BASE', '  - capabilities: {}\n')).said).toEqual([]);
  });

  test('one that a correct driver need never come to', () => {
    expect(deep(scenario('STATE-RESET-FLAG', '  - state: running\n')).said).toEqual([]);
  });

  test('a scenario that a correct device fails, at the step', () => {
    const { said, rows } = deep(
      scenario('STATE-DEFAULT', '  - transition: "running"\n  - read: {field: device_state, is: 0}\n'),
    );
    expect(said).toEqual([
      '5:5 fails-on-reference the reference device, which keeps every clause, fails this on `reference`',
    ]);
    expect(rows[0]?.cause).toContain('0x1');
  });

  test('a scenario that no device can run says why', () => {
    const { said, rows } = deep(
      scenario('SAVE-ACK', '  - state: running\n').replace('steps:', 'needs: [zpci, ccw]\nsteps:'),
    );
    expect(said).toEqual(['2:11 never-judged this scenario never comes to judge SAVE-ACK']);
    expect(rows[0]?.cause).toContain('it was never run to its end');
  });
});
