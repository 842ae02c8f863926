/** What becomes of the channel: hangs, silence, other versions, strangers, and a kit that is killed. */
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Channel } from '../../../runner/host/agent/channel';
import { startAgent } from '../../../runner/host/agent/connect';
import { connectUnix, startProgram } from '../../../runner/host/agent/connections';
import { greet } from '../../../runner/host/agent/greeting';
import { parseHostName } from '../../../runner/host/agent/host-name';
import { BUSY, MAGIC, PROTOCOL_VERSION, RESULT } from '../../../runner/host/agent/protocol';
import { HostUnavailable } from '../../../runner/host/host-unavailable';
import { HostLost } from '../../../runner/host/vfio-host';
import { requirement } from '../../support/requirements';
import { scratchPath } from '../support/scratch';
import { agentProgram } from './support/agent-program';

const { met, test } = requirement('c-compiler');
let program: string;

beforeAll(() => {
  if (!met) return;
  program = agentProgram();
  fs.mkdirSync(scratchPath('dev/vfio'), { recursive: true });
  // A plain read of it never returns: nobody writes.
  execFileSync('mkfifo', [scratchPath('dev/vfio/7')]);
});

function open(...options: readonly string[]): Channel {
  return new Channel(startProgram('agent', [program, '--root', scratchPath(''), ...options]));
}

/** A peer in JavaScript: `request` is each request's head as it comes. */
function peer(body: string): readonly string[] {
  const script = `
    const fs = require('node:fs');
    const head = Buffer.alloc(64);
    const reply = (id, result, payload = Buffer.alloc(0)) => {
      const answer = Buffer.alloc(16);
      answer.writeUInt32LE(payload.length, 0); answer.writeUInt32LE(id, 4); answer.writeInt32LE(result, 8);
      fs.writeSync(1, Buffer.concat([answer, payload]));
    };
    while (fs.readSync(0, head) === 64) { const id = head.readUInt32LE(4); const op = head.readUInt32LE(8);
      const rest = Buffer.alloc(head.readUInt32LE(0)); if (rest.length > 0) fs.readSync(0, rest); ${body} }`;
  return [process.execPath, '-e', script];
}

/** Processes of the agent in this file's folder. */
function agents(): number[] {
  return fs
    .readdirSync('/proc')
    .filter((pid) => {
      try {
        return (
          /^\d+$/.test(pid) &&
          fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(`${program}\0--root\0${scratchPath('')}`)
        );
      } catch {
        return false;
      }
    })
    .map(Number);
}

async function allGone(withinMs: number): Promise<boolean> {
  for (
    const deadline = Date.now() + withinMs;
    Date.now() < deadline;
    await new Promise((resolve) => setTimeout(resolve, 50))
  )
    if (agents().length === 0) return true;
  return false;
}

/** One receive waits a quarter of a second at most, and the machine may be busy. */
function received(channel: Channel, into: Uint8Array): number | 'nothing' {
  let count: number | 'nothing' = 'nothing';
  for (let turn = 0; turn < 40 && count === 'nothing'; turn += 1) count = channel.connection.socket.receive(into);
  return count;
}

function thrown(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

test('a call that does not return is told apart from a machine that is gone, and is ended with the channel', async () => {
  const channel = open();
  greet(channel, 5000);
  channel.longestCallMs = 1500;
  const fd = channel.exchange('open', [1], { payload: Buffer.from('/dev/vfio/7') }).result;
  const began = Date.now();
  const error = thrown(() => channel.exchange('read', [fd, 8], { limit: 8, silenceMs: 1200 }));
  expect(error).toEqual(new HostLost('agent is lost: a call there (read) did not return within 1.5 s'));
  expect(Date.now() - began).toBeLessThan(4000);
  expect(channel.lost).toBe(true);
  expect(() => channel.exchange('eventfd', [])).toThrow(HostLost);
  // The worker sits in the read: the watcher ends it.
  expect(await allGone(6000)).toBe(true);
}, 20_000);

test('a machine that says nothing is lost', async () => {
  const channel = open();
  greet(channel, 5000);
  for (const pid of agents()) process.kill(pid, 'SIGSTOP');
  expect(thrown(() => channel.exchange('eventfd', [], { silenceMs: 700 }))).toEqual(
    new HostLost('agent is lost: nothing was heard for 0.7 s'),
  );
  for (const pid of agents()) process.kill(pid, 'SIGCONT');
  expect(await allGone(6000)).toBe(true);
}, 20_000);

test('pings are no sign of life of a machine that says nothing', () => {
  const channel = new Channel(startProgram('mute', ['sleep', '30']));
  const began = Date.now();
  expect(thrown(() => channel.exchange('hello', [], { silenceMs: 2500 }))).toEqual(
    new HostLost('mute is lost: nothing was heard for 2.5 s'),
  );
  expect(Date.now() - began).toBeLessThan(10_000);
}, 30_000);

test('a kit that is killed leaves nothing behind', async () => {
  const script = `
    const { startAgent } = require(${JSON.stringify(path.resolve(__dirname, '../../../runner/host/agent/connect.js'))});
    const host = startAgent(${JSON.stringify([program, '--root', scratchPath('')])});
    const fd = host.open('/dev/vfio/7', 'read-write');
    console.log('open');
    host.read(fd, new Uint8Array(8));`;
  const kit = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => kit.stdout.once('data', resolve));
  expect(agents()).toHaveLength(2);
  kit.kill('SIGKILL');
  expect(await allGone(6000)).toBe(true);
}, 20_000);

test('an agent of another version is refused, and so is a kit', () => {
  const hello = `const p = Buffer.alloc(27); [${MAGIC}, 99, 0, 64, 0, 4096].forEach((v, n) => p.writeUInt32LE(v, 4 * n)); reply(id, ${RESULT.version}, p);`;
  const error = thrown(() => startAgent(peer(hello)));
  expect(error).toBeInstanceOf(HostUnavailable);
  expect(String(error)).toMatch(
    /speaks version 99 of the protocol, and this vfio-conformance version 1.*agent install/,
  );

  const channel = open();
  const { result, payload } = channel.exchange('hello', [MAGIC, PROTOCOL_VERSION + 1], { limit: 4096 });
  expect(result).toBe(RESULT.version);
  expect(Buffer.from(payload).readUInt32LE(4)).toBe(PROTOCOL_VERSION);
  expect(() => channel.exchange('eventfd', [])).toThrow(/the connection (was closed|broke)/);
});

test('nothing is done before the greeting, and after nonsense the agent ends', () => {
  const channel = open();
  expect(channel.exchange('eventfd', []).result).toBe(RESULT.badRequest);
  greet(channel, 5000);
  const frame = Buffer.alloc(64);
  frame.writeUInt32LE(0xffff_fff0, 0);
  frame.writeUInt32LE(7, 4);
  channel.connection.socket.send(frame);
  const answer = Buffer.alloc(64);
  expect(received(channel, answer)).toBe(16);
  expect(answer.readInt32LE(8)).toBe(RESULT.badFrame);
  expect(received(channel, answer)).toBe(0);
  channel.close();
});

describe('a peer that cannot be trusted', () => {
  const GREETED = `if (op === 0) { const p = Buffer.alloc(30); [${MAGIC}, 1, 0, 64, 0, 4096].forEach((v, n) => p.writeUInt32LE(v, 4 * n)); reply(id, 0, p); continue; }`;
  const lies: readonly (readonly [string, string, RegExp])[] = [
    ['answers to another request', 'reply(id + 1, 0);', /no agent/],
    ['sends more than was asked for', 'reply(id, 9, Buffer.alloc(9));', /no agent/],
    ['counts other than it sends', 'reply(id, 8, Buffer.alloc(4));', /said 8 and sent 4 bytes/],
    ['answers what no kernel answers', 'reply(id, -5000);', /answered with -5000/],
    ['ends', 'process.exit(0);', /the connection (was closed|broke)/],
  ];
  for (const [name, body, expected] of lies)
    test(name, () => {
      const host = startAgent(
        peer(GREETED + (name === 'ends' ? body : `if (op === 2) { reply(id, 3); continue; } ${body}`)),
      );
      const error = thrown(() => host.pread(host.open('/dev/vfio/7', 'read-only'), new Uint8Array(8), 0n));
      expect(error).toBeInstanceOf(HostLost);
      expect(String(error)).toMatch(expected);
      host.dispose();
    });

  test('a stale answer on a port is passed over by the greeting; BUSY and pings are no answers', () => {
    const host = startAgent(
      peer(
        `if (op === 20) { reply(${BUSY}, 0); continue; } if (op === 0) reply(5, 0, Buffer.alloc(30)); ${GREETED} reply(${BUSY}, 0); reply(id, 41);`,
      ),
    );
    expect(host.open('/dev/vfio/7', 'read-only')).toBe(41);
    host.dispose();
  });
});

test('names of hosts', () => {
  expect(parseHostName('local')).toEqual({ kind: 'local' });
  expect(parseHostName('ssh:me@lab-7.example')).toEqual({ kind: 'ssh', target: 'me@lab-7.example' });
  expect(parseHostName('unix:/run/lab.sock')).toEqual({ kind: 'unix', path: '/run/lab.sock' });
  for (const wrong of ['', 'lab', 'ssh:', 'ssh:-oProxyCommand=x', 'ssh:me@-o', 'ssh:a b', 'unix:'])
    expect(parseHostName(wrong)).toBeUndefined();
});

test('a socket whose path is too long, or that nobody listens at', () => {
  expect(() => connectUnix('unix:x', `/${'x'.repeat(200)}`)).toThrow(/ENAMETOOLONG/);
  expect(() => connectUnix('unix:x', scratchPath('nobody'))).toThrow(/ENOENT/);
  expect(() => startProgram('x', [scratchPath('no-such-program')])).toThrow(/cannot be started/);
});
