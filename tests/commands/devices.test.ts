import path from 'node:path';
import { cli, removeWorkFolders, workFolder } from './support/cli';

afterAll(removeWorkFolders);

const HEAD = /^DEVICE +BUS +ID +DRIVER +GROUP +STATUS$/m;
const REFERENCE = /^reference +simulated +- +- +- +ready$/m;

describe('devices', () => {
  test('the reference device is always there', () => {
    const { code, stdout, stderr } = cli(['devices']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(HEAD);
    expect(stdout).toMatch(REFERENCE);
  });

  test('as JSON, with the host', () => {
    const { code, stdout } = cli(['devices', '--json']);
    expect(code).toBe(0);
    const found = JSON.parse(stdout) as {
      host: { kind: string };
      devices: { name: string; status: string; todo: string[] }[];
    };
    expect(found.host.kind).toBe('local');
    expect(found.devices.at(-1)).toMatchObject({ name: 'reference', status: 'ready', todo: [] });
    for (const device of found.devices) expect(device.status === 'ready' || device.todo.length > 0).toBe(true);
  });

  test('where koffi does not load, the reference is still there, and it is said why there is nothing else', () => {
    const folder = workFolder({
      'no-koffi.js': `const Module = require('node:module');
const load = Module._load;
Module._load = function (name, ...rest) {
  if (name === 'koffi') throw new Error('koffi has no build for this platform');
  return load.call(this, name, ...rest);
};
`,
    });
    const node = ['--require', path.join(folder, 'no-koffi.js')];
    const { code, stdout, stderr } = cli(['devices'], { node });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(REFERENCE);
    expect(stdout).toMatch(/^The devices of this machine cannot be looked at: .*koffi/m);
    expect(JSON.parse(cli(['devices', '--json'], { node }).stdout)).toMatchObject({
      host: null,
      devices: [{ name: 'reference' }],
    });
    const run = cli(['run', 'smoke', '--device', '0000:00:04.0'], { node, cwd: folder });
    expect(run.code).toBe(3);
    expect(run.stderr).toMatch(/^error: .*koffi/);
  });
});

describe('--host', () => {
  test.each([
    [['devices']],
    [['inspect', '0000:00:04.0']],
    [['run', 'smoke', '-d', '0000:00:04.0']],
  ])('%s: another machine that cannot be reached is told, not replaced by this one', (words) => {
    expect(cli([...words, '--host', 'unix:/nowhere/agent'])).toEqual({
      code: 3,
      stdout: '',
      stderr:
        'error: unix:/nowhere/agent: the socket cannot be connected (ENOENT)\n  The agent, or the virtual machine in which it runs, has to be started first; docs/agent.md shows how.\n',
    });
  });

  test('what is no host', () => {
    expect(cli(['inspect', 'reference', '--host', 'lab'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'error: --host lab: a host is local, ssh:[USER@]HOST or unix:PATH\n',
    });
  });
});
