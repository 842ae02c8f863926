/** Sessions of frames that no kit would send, each the same for the same seed. */
import {
  MAGIC,
  OP,
  PAYLOAD_MAX,
  PROTOCOL_VERSION,
  REQUEST_HEAD,
  writeRequestHead,
} from '../../runner/host/agent/protocol';

import type { SentRequest } from './memory-model';

export interface Session {
  readonly bytes: Buffer;
  /** The frames that are whole: each must be answered, in this order. */
  readonly requests: readonly SentRequest[];
  /** What stands at the end: frames only; a head that no agent may follow; a frame that never ends. */
  readonly end: 'whole' | 'nonsense' | 'cut';
}

/** mulberry32. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

type Random = (below: number) => number;

const EDGES: readonly bigint[] = [
  ...[0n, 1n, 2n, 3n, 4n, 7n, 8n, 4095n, 4096n, 4097n, 65_536n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn],
  ...[BigInt(PAYLOAD_MAX), BigInt(PAYLOAD_MAX) + 1n, 1n << 33n, (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 1n],
];
const PATHS: readonly string[] = [
  ...['/dev/vfio/vfio', '/dev/vfio/7', '/dev/vfio/devices/vfio0', '/dev/iommu', '/dev/vfio', '/etc/passwd', ''],
  ...[
    '/dev/vfio/../../etc/passwd',
    '/sys/bus/pci/devices/x/class',
    '/sys/bus/pci/devices',
    '/sys/module/../../etc/name',
  ],
  ...['/sys/bus/mdev/devices/u/../driver', '/sys/bus/mdev/devices/', `/sys/module/${'x'.repeat(5000)}/name`, '/'],
];
const OPERATIONS = Object.values(OP);

function one<T>(random: Random, list: readonly T[]): T {
  return list[random(list.length)] as T;
}

/** Most often something that gets past the first check. */
function argument(random: Random): bigint {
  switch (random(4)) {
    case 0:
      return one(random, EDGES);
    case 1:
      return (BigInt(random(2 ** 32)) << 32n) | BigInt(random(2 ** 32));
    default:
      return BigInt(random(24));
  }
}

function payload(random: Random): Buffer {
  switch (random(4)) {
    case 0:
      return Buffer.from(one(random, PATHS));
    case 1: {
      // A structure with argsz, flags and what could be addresses.
      const bytes = Buffer.alloc(8 + 8 * random(10));
      bytes.writeUInt32LE(one(random, [bytes.length, 0, 8, 0xffff_ffff, bytes.length + 1, bytes.length - 1]), 0);
      bytes.writeUInt32LE(random(16), 4);
      for (let at = 8; at < bytes.length; at += 8) bytes.writeBigUInt64LE(argument(random), at);
      return bytes;
    }
    case 2:
      return Buffer.alloc(0);
    default:
      return Buffer.from(Array.from({ length: random(one(random, [8, 64, 20_000])) }, () => random(256)));
  }
}

/** Opened often enough, so that the others have something to work on; greetings and releases, which close everything, are rare. */
function operation(random: Random): number {
  if (random(20) === 0) return random(2 ** 32);
  if (random(5) === 0) return one(random, [OP.open, OP.allocate, OP.mmap]);
  const op = one(random, OPERATIONS);
  return (op === OP.hello || op === OP.release) && random(8) > 0 ? one(random, [OP.peek, OP.poke, OP.ioctl]) : op;
}

/** What a kit might send; the descriptors that the agent gives begin at 3 or a little above. */
function plausible(random: Random, op: number): bigint[] {
  const small = (below: number): bigint => BigInt(random(below));
  const fd = 3n + small(12);
  switch (op) {
    case OP.hello:
      return [BigInt(MAGIC), BigInt(PROTOCOL_VERSION)];
    case OP.ioctl:
      return [fd, 0x3b64n + small(20), small(2), small(5)];
    case OP.mmap:
      return [fd, small(40_000), 4096n * small(3), small(4)];
    case OP.allocate:
      return [small(40_000)];
    case OP.load:
    case OP.store:
      return [small(8), 8n * small(5000), 2n ** small(4), argument(random)];
    case OP.peek:
    case OP.poke:
      return [small(8), small(40_000), small(40_000)];
    case OP.poll:
      return [small(2)];
    default:
      return [op === OP.munmap ? small(8) : op === OP.open ? 1n : fd, small(20_000), small(20_000)];
  }
}

function body(random: Random, op: number): Buffer {
  if (op === OP.open && random(2) === 0) return Buffer.from(PATHS[random(4)] ?? '');
  if (op === OP.poke) return Buffer.alloc(random(20_000), 0xa5);
  if (op !== OP.poll || random(2) === 0) return payload(random);
  const fds = Buffer.alloc(4 * random(6));
  for (let at = 0; at < fds.length; at += 4) fds.writeInt32LE(3 + random(12), at);
  return fds;
}

function frame(random: Random, id: number): Buffer {
  const op = operation(random);
  const args = plausible(random, op);
  // One argument in three is made hostile, in half of the frames.
  if (random(2) === 0 && (op !== OP.hello || random(10) === 0))
    for (let n = 0; n < 6; n += 1) if (random(3) === 0) args[n] = argument(random);
  // Real memory, as much of it as is asked for: not gigabytes. Nor is there time to wait in poll.
  if (op === OP.allocate && (args[0] ?? 0n) > 200_000n) args[0] = 2n ** 33n;
  if (op === OP.poll && (args[0] ?? 0n) < 1001n) args[0] = (args[0] ?? 0n) % 2n;
  const content = op === OP.hello ? Buffer.alloc(0) : body(random, op);
  const head = Buffer.alloc(REQUEST_HEAD);
  writeRequestHead(new DataView(head.buffer, head.byteOffset, head.length), content.length, id, op, args);
  return Buffer.concat([head, content]);
}

/** A greeting, `count` hostile frames, and one of the three ends. */
export function hostileSession(seed: number, count: number): Session {
  const random = randomNumbers(seed);
  const head = Buffer.alloc(REQUEST_HEAD);
  writeRequestHead(new DataView(head.buffer, head.byteOffset, head.length), 0, 0, OP.hello, [MAGIC, PROTOCOL_VERSION]);
  const frames: Buffer[] = [head];
  const requests = [sent(head)];
  for (let id = 1; id <= count; id += 1) {
    const next = frame(random, id);
    frames.push(next);
    requests.push(sent(next));
    // Another version ends the session by right: nothing follows.
    if (isGreeting(next) && !isOurs(next)) return { bytes: Buffer.concat(frames), requests, end: 'whole' };
  }
  const end = one(random, ['whole', 'nonsense', 'cut'] as const);
  if (end === 'nonsense') {
    const last = frame(random, count + 1).subarray(0, REQUEST_HEAD);
    if (random(2) === 0) last.writeUInt32LE(PAYLOAD_MAX + 1 + random(2 ** 31), 0);
    else last.writeUInt32LE(1 + random(2 ** 31), 12);
    frames.push(last);
  } else if (end === 'cut') {
    const last = frame(random, count + 1);
    last.writeUInt32LE(last.length + 1 + random(PAYLOAD_MAX / 2), 0);
    frames.push(last.subarray(0, random(last.length)));
  }
  return { bytes: Buffer.concat(frames), requests, end };
}

function sent(frame: Buffer): SentRequest {
  const args = [0, 1, 2, 3, 4, 5].map((n) => frame.readBigUInt64LE(16 + 8 * n));
  return { id: frame.readUInt32LE(4), op: frame.readUInt32LE(8), args, length: frame.readUInt32LE(0) };
}

function isGreeting(bytes: Buffer): boolean {
  return bytes.readUInt32LE(8) === OP.hello;
}

function isOurs(bytes: Buffer): boolean {
  return bytes.readBigUInt64LE(16) === BigInt(MAGIC) && bytes.readBigUInt64LE(24) === BigInt(PROTOCOL_VERSION);
}
