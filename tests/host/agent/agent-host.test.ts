/** AgentHost on the real agent, which finds a few files in a folder instead of /dev/vfio and /sys. */
import fs from 'node:fs';
import os from 'node:os';
import { ERRNO, ioctlNumber } from '../../../runner/abi';
import { startAgent } from '../../../runner/host/agent/connect';
import { createLocalHost } from '../../../runner/host/local/local-host';
import { HostLost, type HostMemory, HostMisuse, MemoryFault, type VfioHost } from '../../../runner/host/vfio-host';
import { requirement } from '../../support/requirements';
import { scratchFile, scratchPath } from '../support/scratch';
import { agentProgram } from './support/agent-program';

const { met, test } = requirement('c-compiler');
const BOTH = { read: true, write: true };
let program: string;
let host: VfioHost;

beforeAll(() => {
  if (!met) return;
  program = agentProgram();
  for (const folder of [
    'dev/vfio/devices',
    'sys/bus/pci/devices/0000:00:04.0/driver',
    'sys/kernel/iommu_groups/7',
    'etc',
  ])
    fs.mkdirSync(scratchPath(folder), { recursive: true });
  scratchFile('sys/bus/pci/devices/0000:00:04.0/class', '0x020000\n');
  scratchFile('sys/bus/pci/devices/0000:00:04.0/config', 'secret');
  scratchFile('sys/bus/pci/devices/0000:00:04.0/name', 'x'.repeat(70_000));
  scratchFile('etc/passwd', 'root:x:0:0\n');
  fs.symlinkSync('../../../../kernel/iommu_groups/7', scratchPath('sys/bus/pci/devices/0000:00:04.0/iommu_group'));
  fs.symlinkSync(scratchPath('etc/passwd'), scratchPath('dev/vfio/9'));
});

beforeEach(() => {
  if (!met) return;
  // 7 a group, 8 a group as well, vfio0 a device: plain files, which take reads, writes and mappings.
  scratchFile('dev/vfio/vfio', 'container');
  scratchFile('dev/vfio/7', Buffer.alloc(16_384, 7));
  scratchFile('dev/vfio/devices/vfio0', Buffer.alloc(16_384, 1));
  host = startAgent([program, '--root', scratchPath('')]);
});
afterEach(() => host?.dispose());

function memory(made: HostMemory | number): HostMemory {
  if (typeof made === 'number') throw new Error(`errno ${-made}`);
  return made;
}

test('its facts are those of the machine it runs on', () => {
  const local = createLocalHost();
  expect(host.facts).toEqual({ ...local.facts, kind: 'agent' });
  local.dispose();
});

describe('files', () => {
  test('opens those of VFIO, and no other', () => {
    for (const path of ['/dev/vfio/vfio', '/dev/vfio/7', '/dev/vfio/devices/vfio0'])
      expect(host.open(path, 'read-write')).toBeGreaterThan(2);
    expect(host.open('/dev/vfio/8', 'read-write')).toBe(-ERRNO.ENOENT);
    for (const path of [
      '/etc/passwd',
      '/dev/vfio/../../etc/passwd',
      '/dev/vfio/7/../7',
      '/dev/vfio/',
      '/dev/vfio/7x',
      'dev/vfio/7',
    ])
      expect(host.open(path, 'read-only')).toBe(-ERRNO.EACCES);
    // A link in /dev/vfio leads nowhere.
    expect(host.open('/dev/vfio/9', 'read-only')).toBe(-ERRNO.ELOOP);
  });

  test('reads what the kit reads of sysfs, and no more', () => {
    const device = '/sys/bus/pci/devices/0000:00:04.0';
    expect(host.readText(`${device}/class`)).toBe('0x020000\n');
    expect(host.readText(`${device}/vendor`)).toBe(-ERRNO.ENOENT);
    expect(host.readText(`${device}/name`)).toBe(-ERRNO.EFBIG);
    expect(host.readLink(`${device}/iommu_group`)).toBe('../../../../kernel/iommu_groups/7');
    expect(host.readLink(`${device}/class`)).toBe(-ERRNO.EINVAL);
    expect(host.list('/sys/bus/pci/devices')).toEqual(['0000:00:04.0']);
    expect(host.list(device)).toEqual(['class', 'config', 'driver', 'iommu_group', 'name']);
    expect(host.list('/dev/vfio')).toEqual(['7', '9', 'devices', 'vfio']);
    expect(host.list('/sys/bus/mdev/devices')).toBe(-ERRNO.ENOENT);
    for (const path of [
      `${device}/config`,
      '/etc/passwd',
      '/sys/bus/pci/devices/../../../../etc/name',
      '/sys/kernel/notes',
    ])
      expect(host.readText(path)).toBe(-ERRNO.EACCES);
    expect(host.list('/etc')).toBe(-ERRNO.EACCES);
    expect(host.list(`${device}/..`)).toBe(-ERRNO.EACCES);
    expect(host.readLink('/etc/mtab')).toBe(-ERRNO.EACCES);
    // Where a mediated device's parent is found.
    expect(host.readLink('/sys/bus/mdev/devices/uuid/../driver')).toBe(-ERRNO.ENOENT);
    expect(host.readLink('/sys/bus/mdev/devices/../../driver')).toBe(-ERRNO.EACCES);
  });

  test('reads and writes at an offset, in one piece; a descriptor that was not opened is EBADF', () => {
    const fd = host.open('/dev/vfio/devices/vfio0', 'read-write');
    const bytes = new Uint8Array(8);
    expect(host.pwrite(fd, Uint8Array.of(1, 2, 3), 100n)).toBe(3);
    expect(host.pread(fd, bytes, 99n)).toBe(8);
    expect([...bytes]).toEqual([1, 1, 2, 3, 1, 1, 1, 1]);
    expect(host.pread(fd, bytes, 16_380n)).toBe(4);
    expect(host.pread(fd, bytes, 1n << 40n)).toBe(0);
    expect(host.pread(fd, bytes, -1n)).toBe(-ERRNO.EINVAL);
    expect(() => host.pread(fd, bytes, 1n << 64n)).toThrow(HostMisuse);
    expect(host.close(fd)).toBe(0);
    for (const closed of [fd, 0, 1, 2, -1]) {
      expect(host.pread(closed, bytes, 0n)).toBe(-ERRNO.EBADF);
      expect(host.close(closed)).toBe(-ERRNO.EBADF);
    }
  });

  test('moves a megabyte through one frame', () => {
    const large = Buffer.alloc(3 << 20, 0x5a);
    scratchFile('dev/vfio/7', large);
    const fd = host.open('/dev/vfio/7', 'read-write');
    const into = new Uint8Array(large.length);
    expect(host.pread(fd, into, 0n)).toBe(large.length);
    expect(large.equals(into)).toBe(true);
    into.fill(0xa5);
    expect(host.pwrite(fd, into, 0n)).toBe(large.length);
    expect(fs.readFileSync(scratchPath('dev/vfio/7')).equals(into)).toBe(true);
  });
});

describe('memory', () => {
  test('is loaded and stored in exact widths, and copied in bulk', () => {
    const made = memory(host.allocate(8 << 20));
    expect(made).toMatchObject({ kind: 'anonymous', length: 8 << 20 });
    expect(made.address % BigInt(host.facts.pageSize)).toBe(0n);
    expect(made.bytes).toBeUndefined();
    for (const width of [1, 2, 4, 8] as const) {
      const value = 0x8877665544332211n & ((1n << BigInt(8 * width)) - 1n);
      host.store(made, 64, width, value);
      expect(host.load(made, 64, width)).toBe(value);
    }
    const pattern = Uint8Array.from({ length: made.length }, (_, n) => n * 7);
    host.poke(made, 0, pattern);
    const into = new Uint8Array(made.length);
    host.peek(made, 0, into);
    expect(Buffer.from(into).equals(pattern)).toBe(true);
    expect(host.munmap(made)).toBe(0);
    expect(() => host.load(made, 0, 4)).toThrow(/used after munmap/);
  });

  test('of a device is the file itself, and what it refuses is a MemoryFault that costs nothing else', () => {
    const fd = host.open('/dev/vfio/devices/vfio0', 'read-write');
    const made = memory(host.mmap(fd, 8192, 4096n, BOTH));
    host.store(made, 4, 4, 0xdeadbeefn);
    expect(fs.readFileSync(scratchPath('dev/vfio/devices/vfio0')).readUInt32LE(4100)).toBe(0xdeadbeef);
    fs.truncateSync(scratchPath('dev/vfio/devices/vfio0'), 8192);
    expect(() => host.load(made, 4096, 4)).toThrow(new MemoryFault('SIGBUS', 4096, 4));
    expect(() => host.poke(made, 4090, new Uint8Array(20))).toThrow(MemoryFault);
    expect(host.load(made, 4, 4)).toBe(0xdeadbeefn);
    const readOnly = memory(host.mmap(fd, 4096, 0n, { read: true, write: false }));
    expect(() => host.store(readOnly, 0, 4, 0n)).toThrow(HostMisuse);
  });

  test('no access leaves it', () => {
    const made = memory(host.allocate(4096));
    for (const wrong of [
      () => host.load(made, 4096, 1),
      () => host.load(made, 2, 4),
      () => host.peek(made, 4000, new Uint8Array(97)),
      () => host.store(made, 0, 1, 256n),
    ])
      expect(wrong).toThrow(HostMisuse);
    expect(host.allocate(2 ** 32)).toBe(-ERRNO.ENOMEM);
    expect(host.allocate(0)).toBe(-ERRNO.EINVAL);
    const other = startAgent([program]);
    expect(() => other.munmap(made)).toThrow(/another host/);
    other.dispose();
  });
});

describe('ioctls', () => {
  const DIRTY_PAGES = ioctlNumber('VFIO_IOMMU_DIRTY_PAGES', 'generic');
  const MAP_DMA = ioctlNumber('VFIO_IOMMU_MAP_DMA', 'generic');

  test('of VFIO are made; the kernel answers', () => {
    const fd = host.open('/dev/vfio/vfio', 'read-write');
    expect(host.ioctl(fd, ioctlNumber('VFIO_GET_API_VERSION', 'generic'))).toBe(-ERRNO.ENOTTY);
    expect(host.ioctl(fd, MAP_DMA, mapping(0n))).toBe(-ERRNO.ENOTTY);
    expect(host.ioctl(fd, MAP_DMA, mapping(memory(host.allocate(4096)).address))).toBe(-ERRNO.ENOTTY);
  });

  test('an address that is not memory of the agent is refused, by the kit and by the agent', () => {
    const fd = host.open('/dev/vfio/vfio', 'read-write');
    const made = memory(host.allocate(4096));
    expect(() => host.ioctl(fd, MAP_DMA, mapping(made.address + 1n))).toThrow(/vfio_iommu_type1_dma_map.vaddr/);
    // As a number the kit lets it through: the agent does not.
    expect(() => host.ioctl(fd, DIRTY_PAGES, made.address)).toThrow(/not memory of this host/);
  });

  test('any other takes an agent that was started for it', () => {
    const FIONREAD = 0x541b;
    const path = '/dev/vfio/devices/vfio0';
    expect(() => host.ioctl(host.open(path, 'read-only'), FIONREAD, new Uint8Array(4))).toThrow(/--raw-ioctl/);
    const free = startAgent([program, '--raw-ioctl', '--root', scratchPath('')]);
    const answer = new Uint8Array(4);
    expect(free.ioctl(free.open(path, 'read-only'), FIONREAD, answer)).toBe(0);
    expect(new DataView(answer.buffer).getUint32(0, os.endianness() === 'LE')).toBe(16_384);
    free.dispose();
  });

  function mapping(vaddr: bigint): Uint8Array {
    const view = new DataView(new ArrayBuffer(32));
    view.setUint32(0, 32, true);
    view.setUint32(4, 3, true);
    view.setBigUint64(8, vaddr, true);
    view.setBigUint64(24, 4096n, true);
    return new Uint8Array(view.buffer);
  }
});

test('eventfds count and are polled', () => {
  const fd = host.eventfd();
  const other = host.eventfd();
  const began = host.now();
  expect(host.poll([fd, other], 30)).toEqual([]);
  expect(host.now() - began).toBeGreaterThanOrEqual(30);
  const bytes = new Uint8Array(8);
  expect(host.read(fd, bytes)).toBe(-ERRNO.EAGAIN);
  expect(host.poll([fd, 99], 0)).toBe(-ERRNO.EBADF);
});

test('a register access takes less than 60 us, a megabyte less than 5 ms: medians, on whatever else the machine does', () => {
  scratchFile('dev/vfio/7', Buffer.alloc(1 << 20));
  const fd = host.open('/dev/vfio/7', 'read-write');
  const made = memory(host.mmap(fd, 4096, 0n, BOTH));
  const register = new Uint8Array(8);
  const large = new Uint8Array(1 << 20);
  const median = (count: number, act: () => void): number => {
    const times = Array.from({ length: count }, () => {
      const began = host.now();
      act();
      return host.now() - began;
    }).sort((a, b) => a - b);
    return times[count >> 1] ?? Number.NaN;
  };
  expect(median(3000, () => host.pread(fd, register, 16n))).toBeLessThan(0.06);
  expect(median(3000, () => host.load(made, 16, 4))).toBeLessThan(0.06);
  expect(median(50, () => host.pread(fd, large, 0n))).toBeLessThan(5);
});

test('dispose closes everything, twice is fine, and the process is gone', async () => {
  const before = agents();
  const one = startAgent([program, '--root', scratchPath('')]);
  one.open('/dev/vfio/7', 'read-write');
  expect(agents()).toBe(before + 2);
  one.dispose();
  one.dispose();
  expect(() => one.eventfd()).toThrow(HostLost);
  for (let turn = 0; turn < 100 && agents() > before; turn += 1)
    await new Promise((resolve) => setTimeout(resolve, 20));
  expect(agents()).toBe(before);
});

/** Living processes of this very program; a zombie is none. */
function agents(): number {
  return fs.readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && fs.readlinkSync(`/proc/${pid}/exe`) === program && ofThisFile(pid);
    } catch {
      return false;
    }
  }).length;
}

function ofThisFile(pid: string): boolean {
  return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(scratchPath(''));
}
