/** The frames between the kit and an agent; agent/protocol.h is the other half and says what each operation takes and gives. */

export const MAGIC = 0x4f494656;
export const PROTOCOL_VERSION = 1;

export const REQUEST_HEAD = 64;
export const REPLY_HEAD = 16;
export const ARGUMENTS = 6;

/** Bytes of one frame's payload. */
export const PAYLOAD_MAX = 64 << 20;
/** The id of a reply that answers nothing: the request before it is still being worked on. */
export const BUSY = 0xffff_ffff;
/** The longest that the agent waits in one OP.poll, in milliseconds. */
export const POLL_MAX_MS = 1000;
export const TEXT_MAX = 64 * 1024;
export const LIST_MAX = 1024 * 1024;

export const OP = {
  hello: 0,
  release: 1,
  open: 2,
  close: 3,
  ioctl: 4,
  pread: 5,
  pwrite: 6,
  read: 7,
  mmap: 8,
  allocate: 9,
  munmap: 10,
  load: 11,
  store: 12,
  peek: 13,
  poke: 14,
  eventfd: 15,
  poll: 16,
  text: 17,
  link: 18,
  list: 19,
  ping: 20,
} as const;

export type Operation = keyof typeof OP;

/** What a reply's result says beside the kernel's own answers, whose errno is never below -4095. */
export const RESULT = {
  badFrame: -10001,
  badRequest: -10002,
  refused: -10003,
  foreign: -10004,
  version: -10005,
  fault: -10006,
} as const;

export interface RequestHead {
  readonly length: number;
  readonly id: number;
  readonly op: number;
  readonly args: readonly bigint[];
}

/** Writes a request's head; numbers that are negative are passed as two's complement. */
export function writeRequestHead(
  into: DataView,
  length: number,
  id: number,
  op: number,
  args: readonly (number | bigint)[],
): void {
  into.setUint32(0, length, true);
  into.setUint32(4, id, true);
  into.setUint32(8, op, true);
  into.setUint32(12, 0, true);
  for (let n = 0; n < ARGUMENTS; n += 1) {
    const value = args[n] ?? 0;
    const at = 16 + 8 * n;
    if (typeof value === 'number' && value >= 0 && value <= 0xffff_ffff) {
      into.setUint32(at, value, true);
      into.setUint32(at + 4, 0, true);
    } else {
      into.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), true);
    }
  }
}
