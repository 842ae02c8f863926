/** `--host unix:`: every command on a simulated machine behind a socket, as a virtual machine's serial port is one; and sockets that lie. */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { cli, removeWorkFolders, workFolder } from '../../commands/support/cli';
import { scratchFile, scratchPath } from '../support/scratch';

const SOCKET_AGENT = path.join(__dirname, 'support/socket-agent.js');
const REFERENCE_AGENT = path.join(__dirname, 'support/reference-agent.js');
const PROFILE = path.join(__dirname, '../../../../devices/reference-zpci.yaml');
const ADDRESS = '0007:00:00.0';
const SECOND = '0008:00:00.0';
const running: ChildProcess[] = [];
let sockets = 0;

afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});
afterAll(removeWorkFolders);

/** The path of a socket at which each connection gets a program of its own. */
async function socketTo(...words: readonly string[]): Promise<string> {
  sockets += 1;
  const at = scratchPath(`socket-${sockets}`);
  const child = spawn(process.execPath, [SOCKET_AGENT, at, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  running.push(child);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return at;
}

function simulated(device: string): Promise<string> {
  return socketTo(process.execPath, REFERENCE_AGENT, '--device', device);
}

test('devices, inspect, run and explore', async () => {
  const host = ['--host', `unix:${await simulated('reference:zpci')}`];
  const cwd = workFolder();
  const devices = cli(['devices', ...host, '--json'], { cwd });
  expect({ code: devices.code, stderr: devices.stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(devices.stdout)).toMatchObject({
    host: { kind: 'agent', byteOrder: 'big' },
    devices: expect.arrayContaining([expect.objectContaining({ name: ADDRESS, status: 'ready' })]),
  });
  const inspected = cli(['inspect', ADDRESS, ...host, '--json'], { cwd });
  expect(JSON.parse(inspected.stdout)).toMatchObject({ host: { kind: 'agent' } });
  const device = ['--device', ADDRESS, '--destination', SECOND, '--profile', PROFILE, ...host];
  const run = cli(['run', 'smoke', ...device, '--no-report'], { cwd });
  expect(run.stdout).toMatch(/^verdict: conformant/m);
  expect(run.code).toBe(0);
  const explored = cli(['explore', ...device, '--runs', '3'], { cwd });
  expect(explored.stdout).toMatch(/nothing found \(seed 1, 3 walks/);
  expect(explored.code).toBe(0);
}, 180_000);

test.each<[string, () => Promise<string>, RegExp]>([
  ['that is not there', async () => scratchPath('nobody'), /the socket cannot be connected \(ENOENT\)/],
  [
    'that is a file',
    async () => scratchFile('plain', 'no socket'),
    /the socket cannot be connected \((ECONNREFUSED|ENOTSOCK)\)/,
  ],
  ['that closes at once', () => socketTo('true'), /is lost: the connection (was closed|broke)/],
  [
    'that speaks of other things',
    () => socketTo('yes', 'hello'),
    /what answers there is no agent; it said "(hello|ello)/,
  ],
  ['that never speaks', () => socketTo('sleep', '60'), /is lost: nothing was heard for 2 s/],
])(
  'a socket %s',
  async (_what, at, said) => {
    const began = Date.now();
    const { code, stdout, stderr } = cli(['devices', '--host', `unix:${await at()}`]);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(said);
    // Twenty seconds of greeting, and what it takes to start on a busy machine.
    expect(Date.now() - began).toBeLessThan(50_000);
  },
  120_000,
);

test('a machine that is named to confuse a terminal is shown without it', async () => {
  const greeting = Buffer.alloc(24);
  for (const [n, value] of [0x4f494656, 1, 0, 64, 0, 4096].entries()) greeting.writeUInt32LE(value, 4 * n);
  const answers = [
    Buffer.concat([greeting, Buffer.from('x86_64\0\x1b[2J6.12\0\x1b]0;owned\x07lab\0')]),
    Buffer.from('\x1b[2J0000:00:04.0\0'),
  ].map((bytes) => bytes.toString('hex'));
  const at = scratchPath('confusing');
  const script = `
    require('node:net').createServer((socket) => socket.on('data', (head) => {
      const op = head.readUInt32LE(8);
      const payload = Buffer.from({ 0: '${answers[0]}', 19: '${answers[1]}' }[op] ?? '', 'hex');
      const reply = Buffer.alloc(16);
      reply.writeUInt32LE(payload.length, 0);
      reply.writeUInt32LE(head.readUInt32LE(4), 4);
      reply.writeInt32LE(payload.length > 0 || op === 1 ? 0 : -2, 8);
      socket.write(Buffer.concat([reply, payload]));
    }).on('error', () => undefined)).listen(${JSON.stringify(at)}, () => console.log('listening'));`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  running.push(child);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const { code, stdout, stderr } = cli(['devices', '--host', `unix:${at}`]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('0000:00:04.0');
  expect(stdout.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
}, 60_000);
