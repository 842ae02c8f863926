/** WatchedHost: what listeners hear, when, and that the caller sees no difference. */
import { ERRNO } from '../../runner/abi';
import { DeviceHang, type HostMemory, MemoryFault, type VfioHost } from '../../runner/host/vfio-host';
import { type Access, type AccessListener, SENT_LIMIT, WatchedHost } from '../../runner/host/watched-host';
import { StubHost } from './support/stub-host';

const memory: HostMemory = { kind: 'device', address: 4096n, length: 64 };

/** Answers every call in a way that can be told apart. */
class AnsweringHost extends StubHost {
  readonly calls: unknown[][] = [];
  clock = 100;

  override open(...args: Parameters<VfioHost['open']>): number {
    return this.#answer(7, 'open', ...args);
  }
  override close(...args: Parameters<VfioHost['close']>): number {
    return this.#answer(-ERRNO.EBADF, 'close', ...args);
  }
  override ioctl(fd: number, request: number, argument?: Uint8Array | bigint | number): number {
    if (typeof argument === 'object') {
      argument.fill(0xee);
    }
    return this.#answer(3, 'ioctl', fd, request, argument);
  }
  override pread(...args: Parameters<VfioHost['pread']>): number {
    args[1].fill(0xdd);
    return this.#answer(args[1].length, 'pread', ...args);
  }
  override pwrite(...args: Parameters<VfioHost['pwrite']>): number {
    return this.#answer(-ERRNO.EINVAL, 'pwrite', ...args);
  }
  override read(...args: Parameters<VfioHost['read']>): number {
    return this.#answer(8, 'read', ...args);
  }
  override mmap(...args: Parameters<VfioHost['mmap']>): HostMemory | number {
    return this.#answer(args[1] === 64 ? memory : -ERRNO.EINVAL, 'mmap', ...args);
  }
  override allocate(...args: Parameters<VfioHost['allocate']>): HostMemory | number {
    return this.#answer(args[0] === 64 ? memory : -ERRNO.ENOMEM, 'allocate', ...args);
  }
  override munmap(...args: Parameters<VfioHost['munmap']>): number {
    return this.#answer(0, 'munmap', ...args);
  }
  override load(...args: Parameters<VfioHost['load']>): bigint {
    return this.#answer(0x77n, 'load', ...args);
  }
  override store(...args: Parameters<VfioHost['store']>): void {
    this.#answer(0, 'store', ...args);
  }
  override peek(...args: Parameters<VfioHost['peek']>): void {
    args[2].fill(0xcc);
    this.#answer(0, 'peek', ...args);
  }
  override poke(...args: Parameters<VfioHost['poke']>): void {
    this.#answer(0, 'poke', ...args);
  }
  override eventfd(): number {
    return this.#answer(9, 'eventfd');
  }
  override poll(...args: Parameters<VfioHost['poll']>): readonly number[] | number {
    return this.#answer(args[0].length === 0 ? -ERRNO.EINVAL : [args[0][1] ?? 0], 'poll', ...args);
  }
  override now(): number {
    this.clock += 1;
    return this.clock;
  }

  #answer<T>(answer: T, ...call: unknown[]): T {
    this.calls.push(call);
    return answer;
  }
}

/** What was seen, as it was at that time. */
class Notes implements AccessListener {
  readonly seen: (Access & { readonly when: 'before' | 'after' })[] = [];
  before(access: Access): void {
    this.#note('before', access);
  }
  after(access: Access): void {
    this.#note('after', access);
  }
  #note(when: 'before' | 'after', access: Access): void {
    const set = Object.fromEntries(
      Object.entries(access).filter(([, value]) => value !== undefined),
    ) as unknown as Access;
    this.seen.push({ when, ...set, ...(access.data && { data: access.data.slice() }) });
  }
}

let inner: AnsweringHost;
let notes: Notes;
let host: WatchedHost;
beforeEach(() => {
  inner = new AnsweringHost();
  notes = new Notes();
  host = new WatchedHost(inner, [notes]);
});

/** The pair that one call left behind, without what is the same for all. */
const pair = (): [object, object] => {
  const [before, after, ...rest] = notes.seen.splice(0);
  expect(rest).toEqual([]);
  expect(before).toMatchObject({ when: 'before', result: 0 });
  expect(after).toMatchObject({ when: 'after', sequence: before?.sequence, startedMs: before?.startedMs });
  return [before ?? {}, after ?? {}];
};

test('open and close', () => {
  expect(host.open('/dev/vfio/3', 'read-write')).toBe(7);
  const [, after] = pair();
  expect(after).toEqual({
    when: 'after',
    sequence: 1,
    call: 'open',
    startedMs: 101,
    fd: -1,
    path: '/dev/vfio/3',
    length: 0,
    result: 7,
  });
  expect(host.close(4)).toBe(-ERRNO.EBADF);
  expect(pair()[1]).toMatchObject({ call: 'close', sequence: 2, fd: 4, result: -ERRNO.EBADF });
  expect(inner.calls).toEqual([
    ['open', '/dev/vfio/3', 'read-write'],
    ['close', 4],
  ]);
});

test('ioctl: the buffer as it was sent and as it came back', () => {
  const buffer = new Uint8Array(300).fill(1);
  expect(host.ioctl(5, 0x3b6b, buffer)).toBe(3);
  const [before, after] = pair();
  expect(before).toMatchObject({
    call: 'ioctl',
    fd: 5,
    request: 0x3b6b,
    length: 300,
    data: new Uint8Array(300).fill(1),
  });
  expect(after).toMatchObject({
    sent: new Uint8Array(SENT_LIMIT).fill(1),
    data: new Uint8Array(300).fill(0xee),
    result: 3,
  });
  expect(inner.calls[0]?.[3]).toBe(buffer);
});

test('ioctl: a number, or nothing', () => {
  host.ioctl(5, 0x3b66, 3);
  expect(pair()[0]).toMatchObject({ call: 'ioctl', length: 0, value: 3n });
  host.ioctl(5, 0x3b66, 4n);
  expect(pair()[0]).toMatchObject({ value: 4n });
  host.ioctl(5, 0x3b6f);
  const [before] = pair();
  expect(before).not.toHaveProperty('value');
  expect(before).not.toHaveProperty('data');
  expect(before).not.toHaveProperty('sent');
  expect(inner.calls[2]).toEqual(['ioctl', 5, 0x3b6f, undefined]);
});

test('pread, pwrite, read', () => {
  const bytes = new Uint8Array(4);
  expect(host.pread(5, bytes, 9n << 40n)).toBe(4);
  expect(pair()[1]).toMatchObject({
    call: 'pread',
    fd: 5,
    offset: 9n << 40n,
    length: 4,
    data: new Uint8Array(4).fill(0xdd),
    result: 4,
  });
  expect(host.pwrite(5, Uint8Array.of(1, 2), 8n)).toBe(-ERRNO.EINVAL);
  const [before] = pair();
  expect(before).toMatchObject({
    call: 'pwrite',
    offset: 8n,
    length: 2,
    data: Uint8Array.of(1, 2),
  });
  host.pwrite(5, new Uint8Array(1000), 8n);
  expect(pair()[1]).toMatchObject({ length: 1000, data: new Uint8Array(1000) });
  expect(host.read(9, bytes)).toBe(8);
  expect(pair()[1]).toMatchObject({ call: 'read', fd: 9, length: 4, result: 8 });
});

test('what was sent is a copy', () => {
  const kept: Access[] = [];
  const keeper = new WatchedHost(inner, [{ after: (access) => kept.push(access) }]);
  const bytes = Uint8Array.of(1, 2);
  keeper.ioctl(5, 0x3b6b, bytes);
  bytes.fill(9);
  keeper.ioctl(5, 0x3b6b, bytes);
  expect(kept.map(({ sent }) => sent)).toEqual([Uint8Array.of(1, 2), Uint8Array.of(9, 9)]);
  expect(kept.map(({ sequence }) => sequence)).toEqual([1, 2]);
});

test('mmap, allocate, munmap', () => {
  const both = { read: true, write: true };
  expect(host.mmap(5, 64, 4096n, both)).toBe(memory);
  const [before, after] = pair();
  expect(before).not.toHaveProperty('memory');
  expect(after).toMatchObject({ call: 'mmap', fd: 5, offset: 4096n, length: 64, result: 0, memory });
  expect(host.mmap(5, 65, 4096n, both)).toBe(-ERRNO.EINVAL);
  expect(pair()[1]).toMatchObject({ result: -ERRNO.EINVAL });
  expect(host.allocate(64)).toBe(memory);
  expect(pair()[1]).toMatchObject({ call: 'allocate', length: 64, result: 0, memory });
  expect(host.allocate(1)).toBe(-ERRNO.ENOMEM);
  expect(pair()[1]).toMatchObject({ result: -ERRNO.ENOMEM });
  expect(host.munmap(memory)).toBe(0);
  expect(pair()[0]).toMatchObject({ call: 'munmap', memory, length: 64 });
});

test('load, store, peek, poke', () => {
  expect(host.load(memory, 8, 4)).toBe(0x77n);
  const [before, after] = pair();
  expect(before).toMatchObject({ call: 'load', memory, at: 8, width: 4, length: 4 });
  expect(before).not.toHaveProperty('value');
  expect(after).toMatchObject({ value: 0x77n });
  host.store(memory, 16, 2, 5n);
  expect(pair()[0]).toMatchObject({ call: 'store', memory, at: 16, width: 2, length: 2, value: 5n });
  const bytes = new Uint8Array(3);
  host.peek(memory, 1, bytes);
  expect(pair()[1]).toMatchObject({ call: 'peek', memory, at: 1, length: 3, data: new Uint8Array(3).fill(0xcc) });
  host.poke(memory, 2, bytes);
  expect(pair()[0]).toMatchObject({ call: 'poke', memory, at: 2, length: 3, data: new Uint8Array(3).fill(0xcc) });
});

test('eventfd and poll', () => {
  expect(host.eventfd()).toBe(9);
  expect(pair()[1]).toMatchObject({ call: 'eventfd', result: 9 });
  expect(host.poll([4, 6], 10)).toEqual([6]);
  expect(pair()[1]).toMatchObject({ call: 'poll', fd: 4, length: 2, result: 1, readyFds: [6] });
  expect(host.poll([], 10)).toBe(-ERRNO.EINVAL);
  expect(pair()[1]).toMatchObject({ fd: -1, length: 0, result: -ERRNO.EINVAL });
});

test.each<[string, Error, () => unknown]>([
  ['load', new MemoryFault('SIGBUS', 8, 4), () => host.load(memory, 8, 4)],
  ['pread', new DeviceHang('pread'), () => host.pread(5, new Uint8Array(1), 0n)],
  ['ioctl', new DeviceHang('ioctl'), () => host.ioctl(5, 1)],
  ['poll', new DeviceHang('poll'), () => host.poll([1], 0)],
  ['allocate', new Error('lost'), () => host.allocate(64)],
  ['store', new MemoryFault('SIGILL', 8, 4), () => host.store(memory, 8, 4, 1n)],
])('what %s throws is told and passed on', (call, error, run) => {
  jest.spyOn(inner, call as 'load').mockImplementation(() => {
    throw error;
  });
  expect(run).toThrow(error);
  expect(pair()[1]).toMatchObject({ call, thrown: error, result: -ERRNO.EIO });
});

test('listeners are told in order, and one without `before` is fine', () => {
  const order: string[] = [];
  const listener = (name: string): AccessListener => ({
    before: () => order.push(`${name} before`),
    after: () => order.push(`${name} after`),
  });
  const several = new WatchedHost(inner, [listener('a'), { after: () => order.push('b after') }, listener('c')]);
  jest.spyOn(inner, 'close').mockImplementation(() => {
    order.push('close');
    return 0;
  });
  several.close(1);
  expect(order).toEqual(['a before', 'c before', 'close', 'a after', 'b after', 'c after']);
});

test('a listener may use the host itself', () => {
  const sequences: number[] = [];
  const nested: WatchedHost = new WatchedHost(inner, [
    {
      after(access) {
        sequences.push(access.sequence);
        if (access.call === 'pwrite') {
          nested.pread(5, new Uint8Array(4), 0n);
        }
      },
    },
  ]);
  nested.pwrite(5, new Uint8Array(4), 0n);
  nested.close(5);
  expect(sequences).toEqual([1, 2, 3]);
});

test('without listeners every call goes through, and the clock is not read', () => {
  const quiet = new WatchedHost(inner, []);
  expect(quiet.pread(5, new Uint8Array(4), 1n)).toBe(4);
  expect(quiet.load(memory, 8, 4)).toBe(0x77n);
  expect(quiet.poll([4, 6], 1)).toEqual([6]);
  expect(inner.calls.map(([name]) => name)).toEqual(['pread', 'load', 'poll']);
  expect(inner.clock).toBe(100);
  expect(quiet.facts).toBe(inner.facts);
});

test('time and system files go through unwatched', () => {
  const answers = { readText: 'text', readLink: 'link', list: ['a'], sleep: undefined, dispose: undefined };
  for (const [name, answer] of Object.entries(answers)) {
    jest.spyOn(inner, name as 'readText').mockReturnValue(answer as string);
  }
  expect([host.readText('/x'), host.readLink('/y'), host.list('/z')]).toEqual(['text', 'link', ['a']]);
  host.sleep(3);
  host.dispose();
  expect(inner.sleep).toHaveBeenCalledWith(3);
  expect(inner.dispose).toHaveBeenCalledTimes(1);
  expect(host.now()).toBe(101);
  expect(notes.seen).toEqual([]);
});
