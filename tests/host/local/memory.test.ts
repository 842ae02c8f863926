/** Mapped memory of LocalHost: what accesses do, and that none of them can end the process. */
import fs from 'node:fs';
import { ERRNO } from '../../../runner/abi';
import { createLocalHost, type LocalHost } from '../../../runner/host/local/local-host';
import { copyIn, copyOut } from '../../../runner/host/local/wordwise-copy';
import { type AccessWidth, type HostMemory, HostMisuse, type Protection } from '../../../runner/host/vfio-host';
import { scratchFile, scratchPath, startChild } from '../support/scratch';

const READ_WRITE: Protection = { read: true, write: true };

let host: LocalHost;
let page: number;
beforeEach(() => {
  host = createLocalHost();
  page = host.facts.pageSize;
});
afterEach(() => host.dispose());

const memoryOf = (answer: HostMemory | number): HostMemory => {
  if (typeof answer === 'number') {
    throw new Error(`no memory: ${answer}`);
  }
  return answer;
};
const map = (name: string, content: Uint8Array, protection = READ_WRITE): HostMemory => {
  const fd = host.open(scratchFile(name, content), 'read-write');
  return memoryOf(host.mmap(fd, content.length, 0n, protection));
};
const fileOf = (name: string): Uint8Array => new Uint8Array(fs.readFileSync(scratchPath(name)));
/** What the kernel says of the mapping at this address. */
const smaps = (memory: HostMemory): string => {
  const start = memory.address.toString(16);
  const all = fs.readFileSync('/proc/self/smaps', 'utf8');
  const from = all.search(new RegExp(`^0*${start}-`, 'm'));
  return from < 0 ? '' : (all.slice(from).split(/^[0-9a-f]+-[0-9a-f]+ .*$/m, 2)[1] ?? '');
};

describe('mmap', () => {
  test('shares the file, at an offset too', () => {
    const content = new Uint8Array(2 * page).fill(7);
    content[page + 5] = 99;
    const fd = host.open(scratchFile('shared', content), 'read-write');
    const memory = memoryOf(host.mmap(fd, page, BigInt(page), READ_WRITE));
    expect(memory.kind).toBe('device');
    expect(memory.length).toBe(page);
    expect(host.load(memory, 5, 1)).toBe(99n);
    host.store(memory, 8, 4, 0x0102_0304n);
    expect([...fileOf('shared').slice(page + 7, page + 13)]).toEqual([7, 4, 3, 2, 1, 7]);
    fs.writeSync(fd, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), 0, 8, page + 16);
    expect(host.load(memory, 16, 8)).toBe(0x0807_0605_0403_0201n);
  });

  test('the kernel`s refusals are answers', () => {
    const fd = host.open(scratchFile('refused', new Uint8Array(page)), 'read-only');
    expect(host.mmap(fd, 0, 0n, READ_WRITE)).toBe(-ERRNO.EINVAL);
    expect(host.mmap(fd, page, 1n, { read: true, write: false })).toBe(-ERRNO.EINVAL);
    expect(host.mmap(fd, page, 0n, READ_WRITE)).toBe(-ERRNO.EACCES);
    expect(host.mmap(host.eventfd(), page, 0n, READ_WRITE)).toBe(-ERRNO.ENODEV);
  });

  test('impossible lengths and offsets are the kit`s mistake', () => {
    const fd = host.open('/dev/zero', 'read-write');
    for (const length of [-1, 0.5, Number.NaN, 2 ** 32 + 1, 2 ** 53]) {
      expect(() => host.mmap(fd, length, 0n, READ_WRITE)).toThrow(HostMisuse);
      expect(() => host.allocate(length)).toThrow(HostMisuse);
    }
    expect(() => host.mmap(fd, page, 2n ** 63n, READ_WRITE)).toThrow(HostMisuse);
  });

  test('the largest mapping can be used to its end', () => {
    const path = scratchFile('large', '');
    fs.truncateSync(path, 2 ** 32);
    const memory = memoryOf(host.mmap(host.open(path, 'read-write'), 2 ** 32, 0n, READ_WRITE));
    host.store(memory, 2 ** 32 - 4, 4, 0xdead_beefn);
    host.store(memory, 2 ** 32 - 16, 8, 2n ** 64n - 2n);
    expect(host.load(memory, 2 ** 32 - 4, 4)).toBe(0xdead_beefn);
    expect(host.load(memory, 2 ** 32 - 16, 8)).toBe(2n ** 64n - 2n);
    expect(() => host.load(memory, 2 ** 32, 1)).toThrow(HostMisuse);
    fs.truncateSync(path, 0);
  });

  test('what is not mapped for reading or writing is refused before the process dies of it', () => {
    const readable = map('readable', new Uint8Array(page).fill(3), { read: true, write: false });
    expect(host.load(readable, 0, 4)).toBe(0x0303_0303n);
    expect(() => host.store(readable, 0, 4, 0n)).toThrow(/not mapped for writing/);
    expect(() => host.poke(readable, 0, new Uint8Array(1))).toThrow(HostMisuse);
    expect(readable.bytes).toBeUndefined();
    const writable = map('writable', new Uint8Array(page), { read: false, write: true });
    host.store(writable, 0, 2, 0xabcdn);
    expect([...fileOf('writable').slice(0, 3)]).toEqual([0xcd, 0xab, 0]);
    expect(() => host.load(writable, 0, 4)).toThrow(/not mapped for reading/);
    expect(() => host.peek(writable, 0, new Uint8Array(1))).toThrow(HostMisuse);
    expect(writable.bytes).toBeUndefined();
  });
});

describe('allocate', () => {
  test('gives zeroed, page-aligned memory that is there at once and stays out of children', () => {
    const memory = memoryOf(host.allocate(64 * page));
    expect(memory.kind).toBe('anonymous');
    expect(memory.address % BigInt(page)).toBe(0n);
    const bytes = new Uint8Array(memory.length).fill(1);
    host.peek(memory, 0, bytes);
    expect(bytes.every((byte) => byte === 0)).toBe(true);
    const untouched = memoryOf(host.allocate(64 * page));
    const said = smaps(untouched);
    expect(said).toMatch(new RegExp(`^Rss:\\s+${(64 * page) / 1024} kB$`, 'm'));
    expect(said).toMatch(/^VmFlags:.* dc( |$)/m);
    expect(said).not.toMatch(/^VmFlags:.* sh( |$)/m);
  });

  test('takes lengths that are no whole pages or words, and 0 as the kernel does', () => {
    const memory = memoryOf(host.allocate(page + 3));
    expect(memory.length).toBe(page + 3);
    host.store(memory, page + 2, 1, 5n);
    expect(host.load(memory, page, 2)).toBe(0n);
    expect(() => host.load(memory, page, 4)).toThrow(HostMisuse);
    expect(host.allocate(0)).toBe(-ERRNO.EINVAL);
  });

  test('a system call may be given its bytes', () => {
    const memory = memoryOf(host.allocate(page));
    const fd = host.open(scratchFile('source', 'hello'), 'read-only');
    const target = memory.bytes?.subarray(16, 21) ?? new Uint8Array(0);
    expect(host.pread(fd, target, 0n)).toBe(5);
    expect(host.load(memory, 16, 1)).toBe(BigInt('h'.charCodeAt(0)));
  });
});

describe('accesses', () => {
  test.each<[AccessWidth, bigint]>([
    [1, 0x11n],
    [2, 0x2211n],
    [4, 0x4433_2211n],
    [8, 0x8877_6655_4433_2211n],
  ])('of %d bytes change just these', (width, expected) => {
    const memory = memoryOf(host.allocate(page));
    host.poke(memory, 16, Uint8Array.of(0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88));
    expect(host.load(memory, 16, width)).toBe(expected);
    const largest = (1n << BigInt(8 * width)) - 1n;
    host.store(memory, 32, width, largest);
    const around = new Uint8Array(24);
    host.peek(memory, 24, around);
    const touched = [...around.keys()].filter((n) => around[n] !== 0);
    expect(touched).toEqual(Array.from({ length: width }, (_, n) => 8 + n));
    host.store(memory, 32, width, 0n);
    expect(host.load(memory, 32, 8)).toBe(0n);
    expect(() => host.store(memory, 32, width, largest + 1n)).toThrow(HostMisuse);
    expect(() => host.store(memory, 32, width, -1n)).toThrow(HostMisuse);
  });

  test('outside, unaligned or of another width are refused', () => {
    const memory = memoryOf(host.allocate(page));
    const wrong: [number, number][] = [
      [-8, 8],
      [page, 1],
      [page - 4, 8],
      [1, 2],
      [2, 4],
      [4, 8],
      [0.5, 1],
      [Number.NaN, 1],
      [Number.POSITIVE_INFINITY, 4],
      [2 ** 53, 8],
      [0, 3],
      [0, 0],
      [0, 16],
    ];
    for (const [at, width] of wrong) {
      expect(() => host.load(memory, at, width as AccessWidth)).toThrow(HostMisuse);
      expect(() => host.store(memory, at, width as AccessWidth, 0n)).toThrow(HostMisuse);
    }
    const two = new Uint8Array(2);
    for (const at of [-1, page - 1, 0.5, Number.NaN]) {
      expect(() => host.peek(memory, at, two)).toThrow(HostMisuse);
      expect(() => host.poke(memory, at, two)).toThrow(HostMisuse);
    }
    host.peek(memory, page, new Uint8Array(0));
    host.poke(memory, page, new Uint8Array(0));
  });
});

describe('after munmap', () => {
  const everyUse = (memory: HostMemory): (() => unknown)[] => [
    () => host.load(memory, 0, 4),
    () => host.store(memory, 0, 4, 1n),
    () => host.peek(memory, 0, new Uint8Array(4)),
    () => host.poke(memory, 0, new Uint8Array(4)),
    () => host.peek(memory, 0, new Uint8Array(0)),
    () => host.munmap(memory),
    () => memory.bytes,
  ];

  test('every use is refused', () => {
    for (const memory of [memoryOf(host.allocate(page)), map('gone', new Uint8Array(page))]) {
      expect(host.munmap(memory)).toBe(0);
      expect(smaps(memory)).toBe('');
      for (const use of everyUse(memory)) {
        expect(use).toThrow(HostMisuse);
      }
    }
  });

  test('so it is after dispose', () => {
    const memory = memoryOf(host.allocate(page));
    host.dispose();
    for (const use of everyUse(memory)) {
      expect(use).toThrow(HostMisuse);
    }
  });

  test('bytes that were lent before touch neither the file nor what is mapped next', () => {
    const memory = map('lent', new Uint8Array(page).fill(1));
    const stale = memory.bytes ?? new Uint8Array(0);
    expect(stale[3]).toBe(1);
    expect(host.munmap(memory)).toBe(0);
    const next = Array.from({ length: 8 }, () => memoryOf(host.allocate(page)));
    expect(stale[3]).toBe(0);
    stale.fill(9);
    expect(fileOf('lent').every((byte) => byte === 1)).toBe(true);
    for (const other of next) {
      expect(host.load(other, 0, 8)).toBe(0n);
    }
  });

  test('memory of another host, or none of a host`s, is refused', () => {
    const other = createLocalHost();
    const memory = memoryOf(other.allocate(page));
    const forged: HostMemory = { kind: 'anonymous', address: memory.address, length: page };
    for (const wrong of [memory, forged]) {
      expect(() => host.load(wrong, 0, 4)).toThrow(/another host/);
      expect(() => host.munmap(wrong)).toThrow(HostMisuse);
    }
    other.dispose();
  });
});

test('a copy in words moves the same bytes as any other, for every start and length', () => {
  const buffer = new ArrayBuffer(40);
  const words = { u8: new Uint8Array(buffer), u32: new Uint32Array(buffer) };
  for (let at = 0; at < 12; at += 1) {
    for (let length = 0; length <= 20; length += 1) {
      const from = Uint8Array.from({ length }, (_, n) => n + 1);
      words.u8.fill(0xff);
      copyIn(words, at, from);
      const expected = new Uint8Array(40).fill(0xff);
      expected.set(from, at);
      expect(words.u8).toEqual(expected);
      const into = new Uint8Array(length);
      copyOut(words, at, into);
      expect(into).toEqual(from);
    }
  }
});

test('a load past the end of a file that became shorter is a SIGBUS, which ends the process', async () => {
  const path = scratchFile('shrinking', new Uint8Array(page));
  const { ended } = startChild('child-sigbus', [path]);
  expect(await ended).toMatchObject({ signal: 'SIGBUS', message: 'before the shrinking: 0' });
});

test('no sequence of calls on memory, right or wrong, ends the process', async () => {
  const { ended } = startChild('child-memory-fuzz', ['200', '20260101']);
  const { code, signal, message, errors } = await ended;
  expect({ code, signal, errors }).toEqual({ code: 0, signal: null, errors: '' });
  expect(message).toMatchObject({ accepted: expect.any(Number), refused: expect.any(Number) });
  const { accepted, refused } = message as { accepted: number; refused: number };
  expect(accepted).toBeGreaterThan(1000);
  expect(refused).toBeGreaterThan(1000);
}, 60_000);
