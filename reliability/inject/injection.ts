/** What is injected at the VfioHost port, and when: decided by a seed, so that a run that went wrong can be repeated. */
import { ERRNO } from '../../runner/abi/errno';
import { SeededRandom } from '../../runner/reference/random';

/**
 * transparent: what a kernel does to everybody and nobody sees (EINTR, a delay, a short transfer); host: the machine runs short, or the
 * connection to it breaks; driver: what a driver might answer.
 */
export const KINDS = ['transparent', 'host', 'driver'] as const;
export type Kind = (typeof KINDS)[number];

/** Calls of the port, by what can happen to them. */
export type PortCall =
  | 'open'
  | 'close'
  | 'ioctl'
  | 'pread'
  | 'pwrite'
  | 'read'
  | 'mmap'
  | 'allocate'
  | 'munmap'
  | 'load'
  | 'store'
  | 'peek'
  | 'poke'
  | 'eventfd'
  | 'poll'
  | 'sysfs';

export type Injection =
  /** The call takes so long, and is then made. Milliseconds. */
  | { readonly what: 'delay'; readonly ms: number }
  /** The call is not made. */
  | { readonly what: 'errno'; readonly errno: number }
  /** So many bytes only. */
  | { readonly what: 'short'; readonly bytes: number }
  /** The call is made, and what came back is changed: `pattern` over the bytes at `at`. */
  | { readonly what: 'garbage'; readonly at: number; readonly pattern: number }
  /** The connection to the host is gone, for good. */
  | { readonly what: 'lost' }
  /** The memory behind a mapping refuses the access. */
  | { readonly what: 'fault' }
  /** The call does not return. */
  | { readonly what: 'hang' };

/** What the calls of each kind can meet. `length`: bytes of the call's buffer. */
type Choice = (random: Dice, length: number) => Injection | undefined;

const { EINTR, ENOMEM, EMFILE, ENFILE, ENOSPC } = ERRNO;
const DRIVERS: readonly number[] = [
  ERRNO.EIO,
  ERRNO.EINVAL,
  ERRNO.EBUSY,
  ERRNO.EAGAIN,
  ERRNO.EFAULT,
  ERRNO.ENODEV,
  ERRNO.EPERM,
  ERRNO.ENOTTY,
  ERRNO.EINTR,
  ERRNO.ENXIO,
  ERRNO.EACCES,
  ERRNO.ENOENT,
];
/** A register has eight bytes at most, and comes whole or not at all. */
const REGISTER_BYTES = 8;
const LONGEST_DELAY_MS = 5;

const delay: Choice = (dice) => ({ what: 'delay', ms: 1 + dice.below(LONGEST_DELAY_MS) });
const errno = (from: readonly number[]): Choice => {
  return (dice) => ({ what: 'errno', errno: dice.of(from) });
};
const lost: Choice = () => ({ what: 'lost' });
const short: Choice = (dice, length) => (length > 0 ? { what: 'short', bytes: dice.below(length) } : undefined);
const continued: Choice = (dice, length) =>
  length > REGISTER_BYTES ? { what: 'short', bytes: 1 + dice.below(length - 1) } : undefined;
const garbage: Choice = (dice, length) =>
  length > 0
    ? { what: 'garbage', at: dice.below(length), pattern: dice.of([0xff, 0x01, 0x80, 0x00, 0x7f]) }
    : undefined;
const fault: Choice = () => ({ what: 'fault' });
const hang: Choice = () => ({ what: 'hang' });

const CHOICES: Readonly<Record<Kind, Partial<Record<PortCall, readonly Choice[]>>>> = {
  transparent: {
    open: [delay],
    close: [delay],
    ioctl: [delay],
    pread: [delay, errno([EINTR]), continued, continued],
    pwrite: [delay, errno([EINTR]), continued, continued],
    read: [delay],
    mmap: [delay],
    allocate: [delay],
    munmap: [delay],
    load: [delay],
    store: [delay],
    peek: [delay],
    poke: [delay],
    eventfd: [delay],
    poll: [delay],
    sysfs: [delay],
  },
  host: {
    open: [errno([EMFILE, ENFILE, ENOMEM, ENOSPC]), lost],
    ioctl: [errno([ENOMEM, EMFILE]), errno([ENOMEM]), lost],
    pread: [errno([ENOMEM]), lost],
    pwrite: [errno([ENOMEM]), lost],
    read: [errno([ENOMEM]), lost],
    mmap: [errno([ENOMEM, ENFILE]), lost],
    allocate: [errno([ENOMEM, ENOSPC]), lost],
    load: [lost],
    store: [lost],
    peek: [lost],
    poke: [lost],
    eventfd: [errno([EMFILE, ENFILE, ENOMEM]), lost],
    poll: [errno([ENOMEM]), lost],
    sysfs: [lost],
  },
  driver: {
    open: [errno(DRIVERS)],
    ioctl: [errno(DRIVERS), garbage, garbage, hang],
    pread: [errno(DRIVERS), short, garbage, garbage, hang],
    pwrite: [errno(DRIVERS), short, hang],
    mmap: [errno(DRIVERS)],
    load: [garbage, fault],
    store: [fault],
    peek: [garbage, fault],
    poke: [fault],
    poll: [errno(DRIVERS)],
    close: [errno(DRIVERS)],
    munmap: [errno(DRIVERS)],
    read: [errno(DRIVERS), short],
    sysfs: [errno(DRIVERS)],
  },
};

export class Dice {
  private readonly random: SeededRandom;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    return this.random.next() % limit;
  }

  of<T>(from: readonly T[]): T {
    const chosen = from[this.below(from.length)];
    if (chosen === undefined) throw new Error('nothing to choose from');
    return chosen;
  }
}

export interface InjectorOptions {
  readonly kind: Kind;
  readonly seed: number;
  /** One call in so many is hit, on average; 0: none. */
  readonly oneIn: number;
}

/** Decides for each call whether something happens to it, and counts what did. */
export class Injector {
  /** By call and injection, e.g. `pread EINTR`. */
  readonly counts = new Map<string, number>();
  total = 0;
  private readonly dice: Dice;

  constructor(private readonly options: InjectorOptions) {
    this.dice = new Dice(options.seed);
  }

  next(call: PortCall, length = 0): Injection | undefined {
    const { kind, oneIn } = this.options;
    const choices = CHOICES[kind][call];
    if (choices === undefined || oneIn === 0 || this.dice.below(oneIn) !== 0) return undefined;
    return this.dice.of(choices)(this.dice, length);
  }

  /** It was done to a call. */
  done(call: PortCall, injection: Injection): void {
    this.total += 1;
    const name = `${call} ${injection.what === 'errno' ? errnoText(injection.errno) : injection.what}`;
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }
}

function errnoText(value: number): string {
  return Object.entries(ERRNO).find(([, number]) => number === value)?.[0] ?? String(value);
}
