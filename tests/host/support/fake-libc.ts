/** A C library whose calls are scripted: for what a real kernel does not do on request, such as EINTR, or VFIO without a device. */
import type { Libc } from '../../../runner/host/local/libc';

export interface FakeLibc extends Libc {
  /** Calls made, as `name(args)`. */
  readonly calls: string[];
  /** The answers of the next calls: a result, or an errno to fail with. When it is empty, calls succeed with 0. */
  readonly answers: (number | { readonly errno: number })[];
}

export function fakeLibc(): FakeLibc {
  const calls: string[] = [];
  const answers: FakeLibc['answers'] = [];
  let errno = 0;
  let nextFd = 100;
  const made = (name: string, ...args: unknown[]): number => {
    calls.push(
      `${name}(${args.map((arg) => (arg instanceof Uint8Array ? `[${arg.length}]` : String(arg))).join(', ')})`,
    );
    const answer = answers.shift() ?? 0;
    if (typeof answer === 'number') {
      return answer;
    }
    errno = answer.errno;
    return -1;
  };
  const opened = (name: string, ...args: unknown[]): number => {
    const result = made(name, ...args);
    if (result !== 0) {
      return result;
    }
    nextFd += 1;
    return nextFd;
  };
  return {
    calls,
    answers,
    open: (path, flags) => opened('open', path, flags),
    close: (fd) => made('close', fd),
    ioctl: (fd, request, argument) => made('ioctl', fd, request, argument),
    ioctlImmediate: (fd, request, argument) => made('ioctlImmediate', fd, request, argument),
    pread: (fd, into, count, offset) => made('pread', fd, into, count, offset),
    pwrite: (fd, from, count, offset) => made('pwrite', fd, from, count, offset),
    read: (fd, into, count) => made('read', fd, into, count),
    mmap: () => {
      throw new Error('not scripted');
    },
    munmap: () => made('munmap'),
    madvise: () => made('madvise'),
    eventfd: (initial, flags) => opened('eventfd', initial, flags),
    poll: (_fds, count, timeoutMs) => made('poll', count, timeoutMs),
    sysconf: () => 4096,
    errno: () => errno,
    view: () => {
      throw new Error('not scripted');
    },
  };
}
