/**
 * An agent whose kernel and device are the simulated ones: the protocol's other end in TypeScript, so that whole runs go through ssh on a
 * machine without a VFIO device. Its own options: `--device NAME`, and `--cut N --mark FILE --what WHAT`, which ends the connection at its Nth
 * request, once: it leaves FILE behind. WHAT is the ssh `session`, all of `sshd`, the `ssh` at the other end, or this `agent` itself.
 */
import { existsSync, readdirSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { BUSY, MAGIC, OP, PROTOCOL_VERSION, REPLY_HEAD, REQUEST_HEAD } from '../../../../runner/host/agent/protocol';
import { createReferenceHost } from '../../../../runner/host/reference/create-reference-host';
import { type AccessWidth, type HostMemory, HostMisuse } from '../../../../runner/host/vfio-host';

const { values: options } = parseArgs({
  args: process.argv.slice(2),
  options: {
    device: { type: 'string', default: 'reference' },
    cut: { type: 'string' },
    mark: { type: 'string' },
    what: { type: 'string', default: 'session' },
  },
});
const host = createReferenceHost({ device: options.device, hang: 'block' });
/** The first is odd while a request is worked on; the watcher says BUSY when it stays so. */
const turn = new Int32Array(new SharedArrayBuffer(8));
const WATCHER = `
  const { workerData } = require('node:worker_threads');
  const { writeSync } = require('node:fs');
  const beat = Buffer.alloc(${REPLY_HEAD});
  beat.writeUInt32LE(${BUSY}, 4);
  let before = 0;
  let beats = 0;
  setInterval(() => {
    const now = Atomics.load(workerData, 0);
    beats = now % 2 === 1 && now === before ? beats + 1 : 0;
    // Nobody ends a simulated hang but this: nobody listens any more, or the test's deadlines are long over.
    try {
      if (beats > 0) writeSync(1, beat);
    } catch {
      beats = 100;
    }
    if (beats > 30) process.kill(process.pid, 'SIGKILL');
    before = now;
  }, 500);`;
new Worker(WATCHER, { eval: true, workerData: turn });
const memories = new Map<number, HostMemory>();
const descriptors = new Set<number>();
let requests = 0;
let lastTime = performance.now();

interface Answer {
  readonly result: number;
  readonly payload?: Uint8Array;
}

/** The other end may have made the pipe one that does not wait. */
function patiently(move: () => number): number {
  for (;;) {
    try {
      return move();
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'EAGAIN') throw error;
      Atomics.wait(turn, 1, 0, 1);
    }
  }
}

function readExactly(length: number): Buffer | undefined {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; ) {
    const from = at;
    const count = patiently(() => readSync(0, bytes, from, length - from, null));
    if (count === 0) return undefined;
    at += count;
  }
  return bytes;
}

function write(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    const from = at;
    at += patiently(() => writeSync(1, bytes, from));
  }
}

function hello(): Answer {
  const { facts } = host;
  const head = Buffer.alloc(24);
  for (const [n, value] of [
    MAGIC,
    PROTOCOL_VERSION,
    facts.byteOrder === 'big' ? 1 : 0,
    facts.wordBits,
    facts.ioctlEncoding === 'powerpc' ? 2 ** 29 : 0,
    facts.pageSize,
  ].entries())
    head.writeUInt32LE(value, 4 * n);
  release();
  return {
    result: 0,
    payload: Buffer.concat([head, Buffer.from(`${facts.architecture}\0${facts.kernelRelease}\0simulated\0`)]),
  };
}

function release(): void {
  for (const memory of [...memories.values()].reverse()) host.munmap(memory);
  memories.clear();
  for (const fd of [...descriptors].reverse()) host.close(fd);
  descriptors.clear();
}

function opened(fd: number): Answer {
  if (fd >= 0) descriptors.add(fd);
  return { result: fd };
}

function mapped(memory: HostMemory | number): Answer {
  if (typeof memory === 'number') return { result: memory };
  let slot = 0;
  while (memories.has(slot)) slot += 1;
  memories.set(slot, memory);
  return { result: slot, payload: u64(memory.address) };
}

function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

function filled(length: number, read: (into: Uint8Array) => number): Answer {
  const into = new Uint8Array(length);
  const result = read(into);
  return { result, payload: into.subarray(0, Math.max(0, result)) };
}

function text(answer: string | number): Answer {
  return typeof answer === 'number' ? { result: answer } : { result: 0, payload: Buffer.from(answer) };
}

function perform(op: number, a: readonly bigint[], payload: Buffer): Answer {
  const [first = 0n, second = 0n, third = 0n, fourth = 0n] = a;
  const fd = Number(first);
  const memory = (): HostMemory => {
    const found = memories.get(fd);
    if (!found) throw new HostMisuse(`no memory ${fd}`);
    return found;
  };
  switch (op) {
    case OP.hello:
      return hello();
    case OP.release:
      release();
      return { result: 0 };
    case OP.open:
      return opened(host.open(payload.toString(), first === 1n ? 'read-write' : 'read-only'));
    case OP.close:
      descriptors.delete(fd);
      return { result: host.close(fd) };
    case OP.ioctl: {
      const before = new Set(descriptors);
      const result = host.ioctl(fd, Number(second), third === 1n ? payload : fourth);
      // VFIO_GROUP_GET_DEVICE_FD
      if (Number(second) === 0x3b6a && result >= 0 && !before.has(result)) descriptors.add(result);
      return { result, ...(third === 1n ? { payload } : {}) };
    }
    case OP.pread:
      return filled(Number(second), (into) => host.pread(fd, into, BigInt.asIntN(64, third)));
    case OP.pwrite:
      return { result: host.pwrite(fd, payload, BigInt.asIntN(64, third)) };
    case OP.read:
      return filled(Number(second), (into) => host.read(fd, into));
    case OP.mmap:
      return mapped(host.mmap(fd, Number(second), third, { read: (fourth & 1n) !== 0n, write: (fourth & 2n) !== 0n }));
    case OP.allocate:
      return mapped(host.allocate(Number(first)));
    case OP.munmap: {
      const result = host.munmap(memory());
      memories.delete(fd);
      return { result };
    }
    case OP.load:
      return { result: 0, payload: u64(host.load(memory(), Number(second), Number(third) as AccessWidth)) };
    case OP.store:
      host.store(memory(), Number(second), Number(third) as AccessWidth, fourth);
      return { result: 0 };
    case OP.peek:
      return filled(Number(third), (into) => {
        host.peek(memory(), Number(second), into);
        return into.length;
      });
    case OP.poke:
      host.poke(memory(), Number(second), payload);
      return { result: 0 };
    case OP.eventfd:
      return opened(host.eventfd());
    case OP.poll: {
      const fds = Array.from({ length: payload.length / 4 }, (_, n) => payload.readInt32LE(4 * n));
      const ready = host.poll(fds, Number(first));
      if (typeof ready === 'number') return { result: ready };
      const answer = Buffer.alloc(4 * ready.length);
      for (const [n, one] of ready.entries()) answer.writeInt32LE(one, 4 * n);
      return { result: ready.length, payload: answer };
    }
    case OP.text:
      return text(host.readText(payload.toString()));
    case OP.link:
      return text(host.readLink(payload.toString()));
    case OP.list: {
      const names = host.list(payload.toString());
      return text(typeof names === 'number' ? names : names.map((name) => `${name}\0`).join(''));
    }
    default:
      return { result: 0 };
  }
}

function cut(mark: string): void {
  writeFileSync(mark, `${process.pid}\n`);
  const sessions = ancestors().filter((pid) => cat(pid, 'comm').startsWith('sshd'));
  const listener = sessions.findIndex((pid) => cat(pid, 'cmdline').includes(`${dirname(mark)}/sshd_config`));
  const ends: Readonly<Record<string, readonly (number | undefined)[]>> = {
    session: sessions.slice(0, 1),
    // Up to the one that was started for this test: there may be others above it.
    sshd: sessions.slice(0, listener + 1).reverse(),
    ssh: [sshTo(mark)],
    agent: [process.pid],
  };
  const pids = ends[options.what] ?? [];
  if (pids.length === 0) throw new Error(`there is no ${options.what} to end`);
  for (const pid of pids) if (pid !== undefined) process.kill(pid, 'SIGKILL');
}

function cat(pid: number, name: string): string {
  return readFileSync(`/proc/${pid}/${name}`, 'utf8');
}

/** The processes whose child this is, nearest first: a login shell may stand between this one and sshd's session. */
function ancestors(): number[] {
  const pids: number[] = [];
  for (let pid = process.ppid; pid > 1; pid = Number(/^PPid:\s+(\d+)/m.exec(cat(pid, 'status'))?.[1])) pids.push(pid);
  return pids;
}

/** The ssh whose configuration lies in the same folder as the mark. */
function sshTo(mark: string): number | undefined {
  const folder = dirname(mark);
  return readdirSync('/proc')
    .map(Number)
    .find((pid) => {
      try {
        return pid > 0 && cat(pid, 'cmdline').startsWith(`ssh\0-F\0${folder}/`);
      } catch {
        return false;
      }
    });
}

for (;;) {
  const head = readExactly(REQUEST_HEAD);
  if (!head) break;
  const payload = readExactly(head.readUInt32LE(0));
  if (!payload) break;
  const args = Array.from({ length: 6 }, (_, n) => head.readBigUInt64LE(16 + 8 * n));
  requests += 1;
  const { mark } = options;
  if (mark !== undefined && requests === Number(options.cut) && !existsSync(mark)) cut(mark);
  // The simulated clock moves with the real one, and nothing waits for it.
  const time = performance.now();
  host.sleep(time - lastTime);
  lastTime = time;
  Atomics.add(turn, 0, 1);
  const { result, payload: answer = new Uint8Array(0) } = perform(head.readUInt32LE(8), args, payload);
  Atomics.add(turn, 0, 1);
  const reply = Buffer.alloc(REPLY_HEAD);
  reply.writeUInt32LE(answer.length, 0);
  reply.writeUInt32LE(head.readUInt32LE(4), 4);
  reply.writeInt32LE(result, 8);
  write(Buffer.concat([reply, answer]));
}
release();
process.exit(0);
