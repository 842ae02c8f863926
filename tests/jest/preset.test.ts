/** A vendor's own project, with its own jest.config, and suites of its own outside the kit. */
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jestScript } from '../../runner/jest/jest-parts';
import { FIXTURES, freshFolder, PACKAGE, STUB_ENGINE } from './support/plan';
import { allureResults, readLines } from './support/run-suite';

jest.setTimeout(60_000);

function vendorProject(): string {
  const folder = freshFolder('vendor');
  for (const name of ['node_modules', 'suites', 'tests']) mkdirSync(join(folder, name));
  symlinkSync(PACKAGE, join(folder, 'node_modules/vfio-conformance'));
  writeFileSync(join(folder, 'package.json'), '{"name":"vendor"}');
  copyFileSync(join(FIXTURES, 'stub-suite.yaml'), join(folder, 'suites/ours.yaml'));
  writeFileSync(join(folder, 'tests/own.test.js'), "test('a test of theirs', () => expect(1).toBe(1));");
  const options = JSON.stringify({ vfioConformance: { engine: STUB_ENGINE } });
  writeFileSync(
    join(folder, 'jest.config.js'),
    `module.exports = { watchman: false, reporters: ['default'], projects: [
      { displayName: 'vfio', preset: 'vfio-conformance', testEnvironmentOptions: ${options} },
      { displayName: 'own', testMatch: ['**/tests/*.test.js'], transform: {} },
    ] };`,
  );
  return folder;
}

function startJest(
  cwd: string,
  args: readonly string[],
): { child: ChildProcess; said: () => string; ended: Promise<number | null> } {
  const { VFIO_CONFORMANCE_PLAN: _plan, VFIO_CONFORMANCE_DEVICE: _device, ...env } = process.env;
  const child = spawn(process.execPath, [jestScript(), '--no-color', ...args], {
    cwd,
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (more: string) => {
      text += more;
    });
  }
  return { child, said: () => text, ended: new Promise((resolve) => child.on('close', resolve)) };
}

test('preset: vfio-conformance runs YAML beside the tests of the project, and says where the results are', async () => {
  const folder = vendorProject();
  const { said, ended } = startJest(folder, []);
  expect(await ended).toBe(1);
  expect(said()).toMatch(/FAIL vfio suites\/ours\.yaml/);
  expect(said()).toMatch(/PASS own tests\/own\.test\.js/);
  expect(said()).toMatch(/Tests: +3 failed, 2 skipped, 3 passed, 8 total/);
  const [name = ''] = readdirSync(join(folder, 'results'));
  expect(said()).toContain(`The results are in results/${name};`);
  const run = join(folder, 'results', name);
  expect(readLines(join(run, 'results.jsonl'))).toHaveLength(7);
  expect(allureResults(run)).toHaveLength(7);
  expect(JSON.parse(readFileSync(join(run, 'plan.json'), 'utf8'))).toMatchObject({
    devices: [{ device: 'reference' }],
  });
});

test('--watchAll runs a suite again when it has changed', async () => {
  const folder = vendorProject();
  const suite = join(folder, 'suites/ours.yaml');
  const { child, said, ended } = startJest(folder, ['--watchAll', '--selectProjects', 'vfio']);
  const seen = async (expression: RegExp): Promise<void> => {
    const deadline = Date.now() + 20_000;
    while (!expression.test(said())) {
      if (Date.now() > deadline) throw new Error(`${String(expression)} did not come: ${said()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  try {
    await seen(/Tests: +3 failed, 2 skipped, 2 passed/);
    const changed = readFileSync(suite, 'utf8').replace('outcome: broken', 'outcome: passed');
    // Jest drops a change that comes while it is still winding up the round before: change it until it is noticed.
    let round = 0;
    const change = setInterval(() => writeFileSync(suite, `${changed}# ${round++}\n`), 700);
    try {
      await seen(/Tests: +2 failed, 2 skipped, 3 passed/);
    } finally {
      clearInterval(change);
    }
    expect(readdirSync(join(folder, 'results')).length).toBeGreaterThan(1);
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
});

test('a YAML suite in a project without the preset says what is missing', async () => {
  const folder = vendorProject();
  const transformer = join(PACKAGE, 'dist/runner/jest/yaml-transformer.js');
  writeFileSync(
    join(folder, 'jest.config.js'),
    `module.exports = { watchman: false, reporters: ['default'], testMatch: ['**/suites/*.yaml'], moduleFileExtensions: ['yaml', 'js'],
      transform: { '\\\\.yaml$': ${JSON.stringify(transformer)} }, testEnvironment: 'node' };`,
  );
  const { said, ended } = startJest(folder, []);
  expect(await ended).toBe(1);
  expect(said()).toContain("Say preset: 'vfio-conformance' in its configuration");
});
