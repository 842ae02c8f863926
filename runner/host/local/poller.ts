/** poll(2) on struct pollfd {int fd; short events; short revents}, in one buffer that is used again. */
import { constants } from 'node:os';
import { HostMisuse, type SyscallResult } from '../vfio-host';
import type { Libc } from './libc';

const POLLIN = 0x001;
const POLLERR = 0x008;
const POLLHUP = 0x010;
const POLLNVAL = 0x020;

/** What `int` holds: 24 days. */
const LONGEST_MS = 2 ** 31 - 1;

export class Poller {
  #bytes = new Uint8Array(0);
  #fds = new Int32Array(0);
  #events = new Int16Array(0);

  constructor(
    readonly libc: Libc,
    readonly now: () => number,
  ) {}

  /** The descriptors that are ready, in the order given; -EBADF when one of them is not open. */
  poll(fds: readonly number[], timeoutMs: number): readonly number[] | SyscallResult {
    if (!(timeoutMs >= 0 && timeoutMs <= LONGEST_MS)) {
      throw new HostMisuse(`cannot poll for ${timeoutMs} ms: 0 to ${LONGEST_MS}`);
    }
    this.#reserve(fds.length);
    for (const [n, fd] of fds.entries()) {
      this.#fds[n * 2] = fd;
      this.#events[n * 4 + 2] = POLLIN;
      this.#events[n * 4 + 3] = 0;
    }
    const deadline = this.now() + timeoutMs;
    for (;;) {
      // Rounded up, because poll knows whole milliseconds only and must not return before the time.
      const left = Math.min(LONGEST_MS, Math.ceil(Math.max(0, deadline - this.now())));
      const count = this.libc.poll(this.#bytes, fds.length, left);
      if (count >= 0) {
        return count === 0 ? [] : this.#ready(fds);
      }
      const errno = this.libc.errno();
      // Ends: a turn after the deadline waits no more, and an interrupted one before it comes nearer to it.
      if (errno !== constants.errno.EINTR || left === 0) {
        return -errno;
      }
    }
  }

  #ready(fds: readonly number[]): readonly number[] | SyscallResult {
    const revents = (n: number): number => this.#events[n * 4 + 3] ?? 0;
    if (fds.some((_, n) => (revents(n) & POLLNVAL) !== 0)) {
      return -constants.errno.EBADF;
    }
    return fds.filter((_, n) => (revents(n) & (POLLIN | POLLHUP | POLLERR)) !== 0);
  }

  #reserve(count: number): void {
    if (this.#bytes.length < count * 8) {
      const buffer = new ArrayBuffer(Math.max(64, count * 16));
      this.#bytes = new Uint8Array(buffer);
      this.#fds = new Int32Array(buffer);
      this.#events = new Int16Array(buffer);
    }
  }
}
