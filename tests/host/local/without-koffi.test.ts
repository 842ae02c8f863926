/** createLocalHost where koffi is missing or does not run: a copy of the compiled host, away from the packages. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { scratchPath } from '../support/scratch';

const RUNNER = resolve(__dirname, '..', '..', '..', 'runner');

interface Outcome {
  readonly name: string;
  readonly reason: string;
  readonly remedy: string;
  readonly message: string;
  readonly flightMapped: boolean;
}

let home: string;
beforeAll(() => {
  home = scratchPath('without-koffi');
  for (const part of ['abi', 'host']) {
    fs.cpSync(join(RUNNER, part), join(home, 'runner', part), { recursive: true });
  }
});

/** What a fresh process says, after `before` was done to it. */
function outcome(before: string, flags: readonly string[] = []): Outcome {
  const script = `
    ${before};
    const { FlightRecorderWriter } = require(${JSON.stringify(join(home, 'runner/host/flight-recorder.js'))});
    const path = ${JSON.stringify(scratchPath('flight'))};
    const flightMapped = new FlightRecorderWriter(path).mapped;
    require('node:fs').rmSync(path);
    try {
      require(${JSON.stringify(join(home, 'runner/host/local/local-host.js'))}).createLocalHost();
      throw new Error('it works');
    } catch ({ name, message, reason, remedy }) {
      console.log(JSON.stringify({ name, message, reason, remedy, flightMapped }));
    }`;
  return JSON.parse(execFileSync(process.execPath, [...flags, '-e', script], { encoding: 'utf8' })) as Outcome;
}

const on = (name: 'platform' | 'arch', value: string): string =>
  `Object.defineProperty(process, ${JSON.stringify(name)}, { value: ${JSON.stringify(value)} })`;

test('not installed: says what to run', () => {
  const said = outcome('');
  expect(said).toMatchObject({ name: 'HostUnavailable', flightMapped: false });
  expect(said.reason).toMatch(/koffi.* is not installed/);
  expect(said.remedy).toMatch(/npm ci/);
  expect(said.message).toBe(`${said.reason}. ${said.remedy}`);
});

describe('installed without its binary', () => {
  beforeAll(() => {
    const modules = join(home, 'node_modules');
    fs.mkdirSync(modules);
    fs.symlinkSync(dirname(require.resolve('koffi')), join(modules, 'koffi'));
  });
  // So that koffi looks for its binary beside the link, where there is none.
  const flags = ['--preserve-symlinks'];

  test('says that the optional packages are needed', () => {
    const said = outcome('', flags);
    expect(said).toMatchObject({ name: 'HostUnavailable', flightMapped: false });
    expect(said.reason).toMatch(/does not load/);
    expect(said.remedy).toMatch(new RegExp(`linux-${process.arch}.*--omit=optional`));
  });

  test.each(['s390x', 'mips64el'])('%s: says to run the kit elsewhere', (arch) => {
    const said = outcome(on('arch', arch), flags);
    expect(said).toMatchObject({ name: 'HostUnavailable', flightMapped: false });
    expect(said.reason).toContain(`no build for linux-${arch}`);
    expect(said.remedy).toMatch(/--host ssh:HOST/);
  });

  test('another operating system: says that VFIO is Linux`s', () => {
    const said = outcome(on('platform', 'darwin'), flags);
    expect(said).toMatchObject({ name: 'HostUnavailable', flightMapped: false });
    expect(said.reason).toMatch(/Linux only.*darwin/);
    expect(said.remedy).toMatch(/reference/);
  });
});
