import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { BIN, cli, PACKAGE, removeWorkFolders, workFolder } from './support/cli';

afterAll(removeWorkFolders);

const COMMANDS = ['run', 'devices', 'inspect', 'lint', 'clauses', 'explain', 'faults', 'report'];

describe('help', () => {
  test('names every command and the exit codes', () => {
    const { code, stdout, stderr } = cli(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const name of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${name} +\\w`, 'm'));
    expect(stdout).toContain('3 incomplete or broken, or a device that is missing, busy or forbidden.');
  });

  test('loads nothing that it does not need, so that it answers at once', () => {
    const script = `process.on('exit', () => console.error(JSON.stringify(Object.keys(require.cache))));
      process.argv = [process.argv[0], 'vfio-conformance', '--help'];
      require(${JSON.stringify(BIN)});`;
    const { stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    const loaded = (JSON.parse(stderr) as string[]).map((file) => path.relative(PACKAGE, file));
    const outside = loaded.filter(
      (file) => !/^(bin|dist\/runner\/commands|node_modules\/(commander|picocolors))\//.test(file),
    );
    expect(outside).toEqual([]);
    expect(loaded.length).toBeLessThan(25);
  });

  test.each(COMMANDS)('%s --help tells its options', (name) => {
    const { code, stdout, stderr } = cli([name, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^Usage: vfio-conformance ${name} `));
    expect(stdout).toMatch(/-h, --help/);
  });

  test('help COMMAND is COMMAND --help', () => {
    expect(cli(['help', 'lint']).stdout).toBe(cli(['lint', '--help']).stdout);
  });

  test("the version is the package's", () => {
    const { version } = require(path.join(PACKAGE, 'package.json')) as { version: string };
    expect(cli(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});

describe('wrong usage', () => {
  test('no command: the help, on the error output', () => {
    const { code, stdout, stderr } = cli([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^Usage: vfio-conformance \[options\] \[command\]/);
  });

  test('an unknown command', () => {
    expect(cli(['rnu'])).toEqual({
      code: 2,
      stdout: '',
      stderr: "error: unknown command 'rnu'\n(Did you mean run?)\n(`vfio-conformance --help` tells more)\n",
    });
  });

  test('a suite for the self-test that there is not', () => {
    const { code, stdout, stderr } = cli(['selftest', 'chain-loops', '--suite', 'nosuch']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(
      /^error: --suite "nosuch": there is no such suite\n {2}The suites are certify, .*smoke\.\n$/,
    );
  });

  test('an unknown option', () => {
    expect(cli(['run', '--devcie', 'reference'])).toEqual({
      code: 2,
      stdout: '',
      stderr:
        "error: unknown option '--devcie'\n(Did you mean --device?)\n(`vfio-conformance run --help` tells more)\n",
    });
  });

  test('a word that would steer the terminal is shown harmlessly', () => {
    expect(cli(['r\x1b[31mun\u202e']).stderr).toContain("unknown command 'r\\x1b[31mun\\u202e'");
  });
});

test('a package that is not built says how to build it', () => {
  const folder = workFolder();
  mkdirSync(path.join(folder, 'bin'));
  cpSync(BIN, path.join(folder, 'bin/vfio-conformance.js'));
  const { status, stderr } = spawnSync(process.execPath, [path.join(folder, 'bin/vfio-conformance.js'), '--help'], {
    encoding: 'utf8',
  });
  expect(status).toBe(2);
  expect(stderr).toBe(
    'vfio-conformance is not built: run `npm run build` in its folder (`npm ci` does so by itself).\n',
  );
});

test('who reads the output may stop reading', () => {
  const { status, stdout, stderr } = spawnSync(
    '/bin/sh',
    ['-c', `"${process.execPath}" "${BIN}" clauses --json | head -c 10`],
    { encoding: 'utf8' },
  );
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '[\n  {\n    ', stderr: '' });
});
