/** LocalHost against the running kernel: files, FIFOs, eventfds; no VFIO is needed. */
import fs from 'node:fs';
import os from 'node:os';
import { ERRNO } from '../../../runner/abi';
import { createLocalHost, type LocalHost } from '../../../runner/host/local/local-host';
import { HostMisuse } from '../../../runner/host/vfio-host';
import { scratchFifo, scratchFile, scratchPath } from '../support/scratch';

const FIONREAD = 0x541b;

let host: LocalHost;
beforeEach(() => {
  host = createLocalHost();
});
afterEach(() => {
  host.dispose();
});

describe('facts', () => {
  test('are those of this machine', () => {
    expect(host.facts).toEqual({
      kind: 'local',
      name: os.hostname(),
      architecture: os.machine(),
      kernelRelease: os.release(),
      byteOrder: os.endianness() === 'LE' ? 'little' : 'big',
      pageSize: expect.any(Number),
      wordBits: 64,
      ioctlEncoding: expect.stringMatching(/^(generic|powerpc)$/),
    });
    const auxiliary = /KernelPageSize:\s+(\d+) kB/.exec(fs.readFileSync('/proc/self/smaps', 'utf8'));
    expect(host.facts.pageSize).toBe(Number(auxiliary?.[1]) * 1024);
  });
});

describe('descriptors', () => {
  test('open answers a close-on-exec descriptor, or -errno', () => {
    const fd = host.open('/dev/zero', 'read-only');
    expect(fd).toBeGreaterThanOrEqual(0);
    expect(fs.readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')).toMatch(/flags:\s+0*2[0-7]{6}$/m);
    expect(host.open(scratchPath('missing'), 'read-only')).toBe(-ERRNO.ENOENT);
    expect(host.open('/proc/self', 'read-write')).toBe(-ERRNO.EISDIR);
    expect(() => host.open('/dev/ze\0ro', 'read-only')).toThrow(HostMisuse);
    expect(() => host.open('', 'read-only')).toThrow(HostMisuse);
  });

  test('only those opened here are open; a foreign one is EBADF and stays open', () => {
    const foreign = fs.openSync('/dev/zero', 'r');
    const bytes = new Uint8Array(8);
    for (const fd of [foreign, -1, 1 << 20, Number.NaN]) {
      expect(host.close(fd)).toBe(-ERRNO.EBADF);
      expect(host.pread(fd, bytes, 0n)).toBe(-ERRNO.EBADF);
      expect(host.pwrite(fd, bytes, 0n)).toBe(-ERRNO.EBADF);
      expect(host.read(fd, bytes)).toBe(-ERRNO.EBADF);
      expect(host.ioctl(fd, FIONREAD, bytes)).toBe(-ERRNO.EBADF);
      expect(host.mmap(fd, 4096, 0n, { read: true, write: true })).toBe(-ERRNO.EBADF);
      expect(host.poll([fd], 0)).toBe(-ERRNO.EBADF);
    }
    expect(fs.readSync(foreign, bytes)).toBe(8);
    fs.closeSync(foreign);
  });

  test('a closed one is EBADF, also a second time', () => {
    const fd = host.open('/dev/zero', 'read-only');
    expect(host.close(fd)).toBe(0);
    expect(host.close(fd)).toBe(-ERRNO.EBADF);
    expect(host.pread(fd, new Uint8Array(1), 0n)).toBe(-ERRNO.EBADF);
  });

  test('dispose closes what is left, and is safe twice', () => {
    const fds = [host.open('/dev/zero', 'read-only'), host.eventfd()];
    const links = (): unknown[] => fds.map((fd) => fs.existsSync(`/proc/self/fd/${fd}`));
    expect(links()).toEqual([true, true]);
    host.dispose();
    expect(links()).toEqual([false, false]);
    host.dispose();
  });
});

describe('pread and pwrite', () => {
  test('move bytes at offsets, into the middle of a larger buffer too', () => {
    const fd = host.open(scratchFile('plain', '0123456789'), 'read-write');
    const large = new Uint8Array(16);
    expect(host.pread(fd, large.subarray(3, 7), 2n)).toBe(4);
    expect(Buffer.from(large).toString('latin1')).toBe('\0\0\x002345\0\0\0\0\0\0\0\0\0');
    expect(host.pwrite(fd, Buffer.from('xyz'), 8n)).toBe(3);
    expect(fs.readFileSync(scratchPath('plain'), 'latin1')).toBe('01234567xyz');
    expect(host.pread(fd, large, 8n)).toBe(3);
    expect(host.pread(fd, large, 100n)).toBe(0);
  });

  test('take offsets that a double cannot hold', () => {
    const path = scratchFile('sparse', '');
    const fd = host.open(path, 'read-write');
    // Region 9 of a VFIO device, one byte off an even number.
    const offset = (9n << 40n) + 1n;
    expect(host.pwrite(fd, Buffer.from('far'), offset)).toBe(3);
    const back = new Uint8Array(3);
    expect(host.pread(fd, back, offset)).toBe(3);
    expect(Buffer.from(back).toString()).toBe('far');
    fs.truncateSync(path, 0);
    const mem = host.open('/proc/self/mem', 'read-only');
    expect(host.pread(mem, back, 2n ** 63n - 4096n)).toBe(-ERRNO.EIO);
    expect(host.pread(fd, back, -1n)).toBe(-ERRNO.EINVAL);
    expect(() => host.pread(fd, back, 2n ** 63n)).toThrow(HostMisuse);
    expect(() => host.pwrite(fd, back, -(2n ** 63n) - 1n)).toThrow(HostMisuse);
  });

  test('nothing to move is 0, and still asks the kernel', () => {
    const fd = host.open(scratchFile('empty', 'abc'), 'read-only');
    const none = new Uint8Array(0);
    expect(host.pread(fd, none, 0n)).toBe(0);
    expect(host.pwrite(fd, none, 0n)).toBe(-ERRNO.EBADF);
    expect(host.pread(fd, none, -1n)).toBe(-ERRNO.EINVAL);
  });

  test('the errno is that of the call', () => {
    const fd = host.open(scratchFifo('unseekable'), 'read-write');
    expect(host.pread(fd, new Uint8Array(4), 0n)).toBe(-ERRNO.ESPIPE);
    const writeOnly = host.open('/dev/full', 'read-write');
    expect(host.pwrite(writeOnly, new Uint8Array(4), 0n)).toBe(-ERRNO.ENOSPC);
  });
});

describe('ioctl', () => {
  test('a buffer is argument and answer', () => {
    const fd = host.open(scratchFifo('counted'), 'read-write');
    fs.writeSync(fd, 'abcde');
    const count = new Uint32Array(1);
    expect(host.ioctl(fd, FIONREAD, new Uint8Array(count.buffer))).toBe(0);
    expect(count[0]).toBe(5);
  });

  test('an unknown ioctl that writes more than the buffer holds does not reach what stands behind it', () => {
    const fd = host.open(scratchFifo('short'), 'read-write');
    fs.writeSync(fd, 'abcde');
    const memory = new Uint8Array(8).fill(0xaa);
    expect(host.ioctl(fd, FIONREAD, memory.subarray(0, 1))).toBe(0);
    expect([...memory]).toEqual([5, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa]);
  });

  test('a number is passed as it is', () => {
    const fd = host.open(scratchFifo('flags'), 'read-write');
    expect(host.ioctl(fd, FIONREAD, 1)).toBe(-ERRNO.EFAULT);
    expect(host.ioctl(fd, FIONREAD, -1)).toBe(-ERRNO.EFAULT);
    expect(host.ioctl(fd, FIONREAD, 2n ** 64n - 1n)).toBe(-ERRNO.EFAULT);
    expect(host.ioctl(fd, FIONREAD)).toBe(-ERRNO.EFAULT);
    // FIOCLEX needs no argument.
    expect(host.ioctl(fd, 0x5451)).toBe(0);
    expect(host.ioctl(fd, 0xffff_ffff, 0)).toBe(-ERRNO.ENOTTY);
    expect(() => host.ioctl(fd, FIONREAD, 2n ** 64n)).toThrow(HostMisuse);
    expect(() => host.ioctl(fd, FIONREAD, 0.5)).toThrow(HostMisuse);
    expect(() => host.ioctl(fd, 2 ** 32, 0)).toThrow(HostMisuse);
    expect(() => host.ioctl(fd, -1, 0)).toThrow(HostMisuse);
  });
});

describe('eventfd and poll', () => {
  const one = new Uint8Array(new BigUint64Array([1n]).buffer);

  test('an eventfd starts at 0 and does not block', () => {
    const fd = host.eventfd();
    const value = new BigUint64Array(1);
    const bytes = new Uint8Array(value.buffer);
    expect(host.read(fd, bytes)).toBe(-ERRNO.EAGAIN);
    fs.writeSync(fd, one);
    fs.writeSync(fd, one);
    expect(host.read(fd, bytes)).toBe(8);
    expect(value[0]).toBe(2n);
    expect(host.read(fd, bytes)).toBe(-ERRNO.EAGAIN);
    expect(host.read(fd, new Uint8Array(4))).toBe(-ERRNO.EINVAL);
    expect(fs.readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')).toMatch(/flags:\s+0*2[0-7]{6}$/m);
  });

  test('poll says which are ready, in the order given', () => {
    const fds = Array.from({ length: 40 }, () => host.eventfd());
    expect(host.poll(fds, 0)).toEqual([]);
    const signalled = fds.filter((_, n) => n % 7 === 3);
    for (const fd of signalled) {
      fs.writeSync(fd, one);
    }
    expect(host.poll(fds, 1000)).toEqual(signalled);
    expect(host.poll([...fds].reverse(), 0)).toEqual([...signalled].reverse());
    expect(host.poll(fds.slice(0, 3), 0)).toEqual([]);
    expect(host.poll([], 0)).toEqual([]);
  });

  test('poll waits as long as it is told, fractions included', () => {
    const fd = host.eventfd();
    const start = host.now();
    expect(host.poll([fd], 20.5)).toEqual([]);
    expect(host.now() - start).toBeGreaterThanOrEqual(20.5);
    for (const never of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => host.poll([fd], never)).toThrow(HostMisuse);
    }
  });

  test('a FIFO whose writers are gone is ready', () => {
    const path = scratchFifo('abandoned');
    const writer = fs.openSync(path, 'r+');
    const fd = host.open(path, 'read-only');
    expect(host.poll([fd], 0)).toEqual([]);
    fs.closeSync(writer);
    expect(host.poll([fd], 0)).toEqual([fd]);
    expect(host.read(fd, new Uint8Array(1))).toBe(0);
  });
});

describe('time', () => {
  test('sleep takes the time it is given', () => {
    const start = host.now();
    host.sleep(15.5);
    const took = host.now() - start;
    expect(took).toBeGreaterThanOrEqual(15);
    expect(took).toBeLessThan(2000);
    host.sleep(0);
    expect(() => host.sleep(-1)).toThrow(HostMisuse);
    expect(() => host.sleep(Number.POSITIVE_INFINITY)).toThrow(HostMisuse);
  });
});

describe('system files', () => {
  test('text, whatever size the file claims to have', () => {
    expect(host.readText('/proc/self/comm')).toBe(fs.readFileSync('/proc/self/comm', 'utf8'));
    expect(host.readText(scratchFile('umlaut', 'grün\n'))).toBe('grün\n');
    expect(host.readText(scratchFile('nothing', ''))).toBe('');
    expect(host.readText(scratchPath('nowhere'))).toBe(-ERRNO.ENOENT);
    expect(host.readText('/proc')).toBe(-ERRNO.EISDIR);
  });

  test('at most 64 KiB, and never a text cut short', () => {
    expect(host.readText(scratchFile('full', 'x'.repeat(65536)))).toHaveLength(65536);
    expect(host.readText(scratchFile('over', 'x'.repeat(65537)))).toBe(-ERRNO.EFBIG);
    expect(host.readText('/dev/zero')).toBe(-ERRNO.EFBIG);
  });

  test('a FIFO that nobody writes to does not hang', () => {
    expect(host.readText(scratchFifo('silent'))).toBe('');
  });

  test('links and directories', () => {
    expect(host.readLink('/proc/self/exe')).toBe(fs.readlinkSync('/proc/self/exe'));
    expect(host.readLink('/proc/self/comm')).toBe(-ERRNO.EINVAL);
    expect(host.list('/proc/self/fdinfo')).toEqual(expect.arrayContaining(['0', '1', '2']));
    const names = host.list('/proc/self');
    expect(names).toEqual([...(names as string[])].sort());
    expect(host.list('/proc/self/comm')).toBe(-ERRNO.ENOTDIR);
    expect(host.list(scratchPath('no-folder'))).toBe(-ERRNO.ENOENT);
    expect(() => host.list('/proc\0')).toThrow(HostMisuse);
  });
});
