import { walkCapabilityChain } from '../../runner/abi/capability-chain';
import { readScalar, writeScalar } from '../../runner/abi/scalar';
import { vfioIommuType1Info } from '../../runner/abi/structures/vfio-iommu-type1-info';
import { vfioRegionInfo } from '../../runner/abi/structures/vfio-region-info';
import { createReferenceHost } from '../../runner/host/reference/create-reference-host';
import { HostMisuse } from '../../runner/host/vfio-host';
import { EINVAL, ioctl, Lab } from './support/reference-lab';

const ENOTTY = -25;
const EACCES = -13;
const EBUSY = -16;
const GUARD = 0xa5;

/** Calls an info ioctl with a buffer larger than argsz, filled with guard bytes behind it. */
function infoCall(
  lab: Lab,
  fd: number,
  request: number,
  argsz: number,
  prepare?: (bytes: Uint8Array) => void,
): { result: number; bytes: Uint8Array } {
  const bytes = new Uint8Array(512).fill(GUARD);
  prepare?.(bytes);
  writeScalar(bytes, 0, 4, argsz, lab.host.facts.byteOrder);
  return { result: lab.host.ioctl(fd, request, bytes), bytes };
}

function u32(lab: Lab, bytes: Uint8Array, at: number): number {
  return Number(readScalar(bytes, at, 4, lab.host.facts.byteOrder));
}

function untouchedFrom(bytes: Uint8Array, at: number): boolean {
  return bytes.subarray(at).every((byte) => byte === GUARD);
}

describe('opening', () => {
  test('a container without groups knows the API and refuses the rest', () => {
    const host = createReferenceHost({ device: 'reference' });
    const container = host.open('/dev/vfio/vfio', 'read-write');
    expect(container).toBe(3);
    expect(host.ioctl(container, ioctl('VFIO_GET_API_VERSION'))).toBe(0);
    for (const extension of [1, 3, 6, 9])
      expect(host.ioctl(container, ioctl('VFIO_CHECK_EXTENSION'), extension)).toBe(1);
    for (const extension of [2, 7, 8]) expect(host.ioctl(container, ioctl('VFIO_CHECK_EXTENSION'), extension)).toBe(0);
    expect(host.ioctl(container, ioctl('VFIO_SET_IOMMU'), 3)).toBe(EINVAL);
    const info = new Uint8Array(24);
    writeScalar(info, 0, 4, 24, 'little');
    expect(host.ioctl(container, ioctl('VFIO_IOMMU_GET_INFO'), info)).toBe(EINVAL);
  });

  test('a group is opened once, wants a container, and gives no device before an IOMMU is set', () => {
    const host = createReferenceHost({ device: 'reference' });
    const container = host.open('/dev/vfio/vfio', 'read-write');
    const group = host.open('/dev/vfio/1', 'read-write');
    expect(host.open('/dev/vfio/1', 'read-write')).toBe(EBUSY);
    expect(host.open('/dev/vfio/77', 'read-write')).toBe(-2);
    const names = host.list('/sys/kernel/iommu_groups/1/devices');
    const name = Buffer.from(`${Array.isArray(names) ? names[0] : ''}\0`);
    expect(host.ioctl(group, ioctl('VFIO_GROUP_GET_DEVICE_FD'), name)).toBe(EINVAL);
    const fd = new Uint8Array(4);
    const set = (value: number): number => {
      writeScalar(fd, 0, 4, value >>> 0, 'little');
      return host.ioctl(group, ioctl('VFIO_GROUP_SET_CONTAINER'), fd);
    };
    expect(set(-1)).toBe(EINVAL);
    expect(set(99)).toBe(-9);
    expect(set(group)).toBe(-77);
    expect(set(container)).toBe(0);
    expect(set(container)).toBe(EINVAL);
    expect(host.ioctl(group, ioctl('VFIO_GROUP_GET_DEVICE_FD'), name)).toBe(EINVAL);
    expect(host.ioctl(container, ioctl('VFIO_SET_IOMMU'), 2)).toBe(-19);
    expect(host.ioctl(container, ioctl('VFIO_SET_IOMMU'), 3)).toBe(0);
    expect(host.ioctl(container, ioctl('VFIO_SET_IOMMU'), 3)).toBe(EINVAL);
    expect(host.ioctl(group, ioctl('VFIO_GROUP_GET_DEVICE_FD'), Buffer.from('0000:00:1f.0\0'))).toBe(-19);
    const device = host.ioctl(group, ioctl('VFIO_GROUP_GET_DEVICE_FD'), name);
    expect(device).toBe(5);
    expect(host.ioctl(group, ioctl('VFIO_GROUP_UNSET_CONTAINER'))).toBe(EBUSY);
    host.close(group);
    expect(host.open('/dev/vfio/1', 'read-write')).toBe(EBUSY);
    host.close(device);
    expect(host.open('/dev/vfio/1', 'read-write')).toBe(4);
  });

  test('sysfs leads from the group to the device, its driver and the driver version', () => {
    for (const name of ['reference', 'reference+iommu-backed', 'reference:zpci', 'reference:ccw', 'reference:fsl-mc']) {
      const host = createReferenceHost({ device: name });
      const names = host.list('/sys/kernel/iommu_groups/2/devices');
      const device = Array.isArray(names) ? names[0] : '';
      const base = `/sys/kernel/iommu_groups/2/devices/${device}`;
      expect(host.readLink(`${base}/iommu_group`)).toMatch(/iommu_groups\/2$/);
      expect(host.readLink(`${base}/driver`)).toMatch(/drivers\/vfio_reference$/);
      expect(host.readText(`${base}/driver/module/version`)).toBe('1.0\n');
      expect(host.list('/dev/vfio')).toEqual(['1', '2', 'vfio']);
      expect(host.readText('/sys/nothing')).toBe(-2);
    }
  });
});

describe('VFIO_DEVICE_GET_INFO', () => {
  test('on zPCI: argsz 8 and 12 refused, 16 without cap_offset, more without the chain, and nothing past argsz', () => {
    const lab = new Lab({ device: 'reference:zpci' });
    const call = (argsz: number): { result: number; bytes: Uint8Array } =>
      infoCall(lab, lab.source.fd, ioctl('VFIO_DEVICE_GET_INFO'), argsz);
    for (const argsz of [0, 8, 12]) {
      const { result, bytes } = call(argsz);
      expect(result).toBe(EINVAL);
      expect(untouchedFrom(bytes, 4)).toBe(true);
    }
    const sixteen = call(16);
    expect(sixteen.result).toBe(0);
    expect(u32(lab, sixteen.bytes, 0)).toBe(208);
    expect(u32(lab, sixteen.bytes, 4)).toBe(0x83);
    expect(untouchedFrom(sixteen.bytes, 16)).toBe(true);
    for (const argsz of [20, 24, 100, 207]) {
      const { result, bytes } = call(argsz);
      expect(result).toBe(0);
      expect([u32(lab, bytes, 0), u32(lab, bytes, 4), u32(lab, bytes, 16)]).toEqual([208, 0x83, 0]);
      expect(untouchedFrom(bytes, 20)).toBe(true);
    }
    const whole = call(208);
    expect([u32(lab, whole.bytes, 0), u32(lab, whole.bytes, 16)]).toEqual([208, 24]);
    expect(untouchedFrom(whole.bytes, 208)).toBe(true);
    const chain = walkCapabilityChain(whole.bytes, 'big', { start: 24, headSize: 20, end: 208 });
    expect(chain.problems).toEqual([]);
    expect(chain.capabilities.map((capability) => [capability.id, capability.version, capability.offset])).toEqual([
      [1, 2, 24],
      [2, 2, 64],
      [3, 1, 112],
      [4, 1, 192],
    ]);
  });

  test('on plain PCI: no capabilities, cap_offset cleared where it fits', () => {
    const lab = new Lab({ device: 'reference' });
    const { result, bytes } = infoCall(lab, lab.source.fd, ioctl('VFIO_DEVICE_GET_INFO'), 24);
    expect(result).toBe(0);
    expect([
      u32(lab, bytes, 0),
      u32(lab, bytes, 4),
      u32(lab, bytes, 8),
      u32(lab, bytes, 12),
      u32(lab, bytes, 16),
    ]).toEqual([24, 3, 10, 5, 0]);
    expect(untouchedFrom(bytes, 20)).toBe(true);
  });

  test.each([
    ['reference:ccw', 0x11, 5, 3],
    ['reference:fsl-mc', 0x41, 2, 1],
  ])('%s names its bus', (name, flags, regions, irqs) => {
    const { source } = new Lab({ device: name });
    const info = source.info();
    expect([info.flags, info.num_regions, info.num_irqs]).toEqual([flags, regions, irqs]);
  });

  test('argsz larger than the buffer is the caller’s mistake', () => {
    const lab = new Lab({ device: 'reference' });
    const bytes = new Uint8Array(24);
    writeScalar(bytes, 0, 4, 64, 'little');
    expect(() => lab.host.ioctl(lab.source.fd, ioctl('VFIO_DEVICE_GET_INFO'), bytes)).toThrow(HostMisuse);
  });
});

describe('regions', () => {
  test('VGA is refused below num_regions, unimplemented BARs have size 0, an index past the end is refused', () => {
    const { source } = new Lab({ device: 'reference' });
    expect(source.regionInfo(8).result).toBe(EINVAL);
    expect(source.regionInfo(10).result).toBe(EINVAL);
    expect(vfioRegionInfo.decode(source.regionInfo(3).call, 'little')).toMatchObject({
      flags: 0,
      size: 0n,
      offset: 3n << 40n,
    });
    expect(source.regionInfo(9, 31).result).toBe(EINVAL);
  });

  test('the migration region’s chain comes only when argsz has room for all of it', () => {
    const lab = new Lab({ device: 'reference:pci,layout=mmapped' });
    const call = (argsz: number): Uint8Array => {
      const prepare = (bytes: Uint8Array): void => writeScalar(bytes, 8, 4, 9, 'little');
      const { result, bytes } = infoCall(lab, lab.source.fd, ioctl('VFIO_DEVICE_GET_REGION_INFO'), argsz, prepare);
      expect(result).toBe(0);
      return bytes;
    };
    const small = call(79);
    expect([u32(lab, small, 0), u32(lab, small, 4), u32(lab, small, 12)]).toEqual([80, 0xf, 0]);
    expect(untouchedFrom(small, 32)).toBe(true);
    const whole = call(80);
    expect([u32(lab, whole, 0), u32(lab, whole, 12)]).toEqual([80, 32]);
    const chain = walkCapabilityChain(whole, 'little', { start: 32, headSize: 32, end: 80 });
    expect(chain.problems).toEqual([]);
    expect(chain.capabilities.map((capability) => capability.id)).toEqual([2, 1]);
  });

  test('an area that is not advertised cannot be mapped, and one that is holds the same bytes as read()', () => {
    const lab = new Lab({ device: 'reference:pci,layout=mmapped' });
    const base = lab.source.region << 40n;
    const protection = { read: true, write: true };
    expect(lab.host.mmap(lab.source.fd, 4096, base, protection)).toBe(EINVAL);
    expect(lab.host.mmap(lab.source.fd, 4096, base + 1n, protection)).toBe(EINVAL);
    const memory = lab.host.mmap(lab.source.fd, 8192, base + 4096n, protection);
    if (typeof memory === 'number') throw new Error(`mmap: ${memory}`);
    lab.host.store(memory, 8, 8, 0x0102_0304_0506_0708n);
    expect(lab.source.data(4096 + 8, 4)).toEqual(Uint8Array.of(8, 7, 6, 5));
    lab.source.rawWrite(4096 + 12, Uint8Array.of(0xff));
    expect(lab.host.load(memory, 12, 4)).toBe(0x0102_03ffn);
    expect(() => lab.host.load(memory, 6, 4)).toThrow(HostMisuse);
    lab.host.munmap(memory);
    expect(() => lab.host.load(memory, 0, 4)).toThrow(HostMisuse);
  });
});

describe('VFIO_DEVICE_FEATURE', () => {
  test('answers ENOTTY for what is not supported, EINVAL for what makes no sense', () => {
    const { source, host } = new Lab({ device: 'reference' });
    const call = (argsz: number, flags: number): number => {
      const bytes = new Uint8Array(16);
      writeScalar(bytes, 0, 4, argsz, 'little');
      writeScalar(bytes, 4, 4, flags, 'little');
      return host.ioctl(source.fd, ioctl('VFIO_DEVICE_FEATURE'), bytes);
    };
    expect(call(16, (1 << 16) | 1)).toBe(ENOTTY);
    expect(call(8, (1 << 18) | 2)).toBe(ENOTTY);
    expect(call(4, 1 << 16)).toBe(EINVAL);
    expect(call(8, 1 << 20)).toBe(EINVAL);
    expect(call(8, (1 << 16) | (1 << 17))).toBe(EINVAL);
  });
});

describe('VFIO_IOMMU_GET_INFO', () => {
  function info(name: string): { lab: Lab; needed: number; pgsizes: bigint; ids: number[] } {
    const lab = new Lab({ device: name });
    const { bytes, result } = infoCall(lab, lab.container, ioctl('VFIO_IOMMU_GET_INFO'), 256);
    expect(result).toBe(0);
    const decoded = vfioIommuType1Info.decode(bytes, lab.host.facts.byteOrder);
    const chain = walkCapabilityChain(bytes, lab.host.facts.byteOrder, {
      start: decoded.cap_offset,
      headSize: 20,
      end: 256,
    });
    const small = infoCall(lab, lab.container, ioctl('VFIO_IOMMU_GET_INFO'), 24);
    const needed = u32(lab, small.bytes, 0);
    return { lab, needed, pgsizes: decoded.iova_pgsizes, ids: chain.capabilities.map((capability) => capability.id) };
  }

  test('mediated devices alone: 72 bytes, every page size, no IOVA_RANGE', () => {
    expect(info('reference')).toMatchObject({ needed: 72, pgsizes: 0xffff_ffff_ffff_f000n, ids: [2, 3] });
    expect(info('reference:pci,page=64k')).toMatchObject({ needed: 72, pgsizes: 0xffff_ffff_ffff_0000n });
  });

  test('behind an Intel IOMMU: 120 bytes, MIGRATION, DMA_AVAIL, IOVA_RANGE', () => {
    expect(info('reference+iommu-backed')).toMatchObject({ needed: 120, pgsizes: 0x4020_1000n, ids: [2, 3, 1] });
  });

  test('zPCI: 104 bytes', () => {
    expect(info('reference:zpci')).toMatchObject({ needed: 104, pgsizes: 0x1000n, ids: [2, 3, 1] });
  });

  test('argsz below 16 is refused; 16 leaves cap_offset alone', () => {
    const { lab } = info('reference');
    expect(infoCall(lab, lab.container, ioctl('VFIO_IOMMU_GET_INFO'), 12).result).toBe(EINVAL);
    const { bytes, result } = infoCall(lab, lab.container, ioctl('VFIO_IOMMU_GET_INFO'), 16);
    expect(result).toBe(0);
    expect(untouchedFrom(bytes, 16)).toBe(true);
  });
});

describe('mappings', () => {
  test('duplicates, unaligned ones, the MSI window, and the end of DMA_AVAIL', () => {
    const lab = new Lab({ device: 'reference+iommu-backed', dmaEntryLimit: 2 });
    const memory = lab.allocate(8192);
    expect(lab.map(memory, 0x10000n)).toBe(0);
    expect(lab.map(memory, 0x11000n, 4096n)).toBe(-17);
    expect(lab.map(memory, 0x20001n, 4096n)).toBe(EINVAL);
    expect(lab.map(memory, 0x20000n, 4095n)).toBe(EINVAL);
    expect(lab.map(memory, 0x20000n, 4096n, 0)).toBe(EINVAL);
    expect(lab.map(memory, 0x20000n, 4096n, 8)).toBe(EINVAL);
    expect(lab.map(memory, 0xfee0_0000n, 4096n)).toBe(EINVAL);
    expect(lab.map(memory, 0x20000n, 1n << 20n)).toBe(-14);
    expect(lab.map(memory, 0x30000n)).toBe(0);
    expect(lab.map(memory, 0x40000n)).toBe(-28);
    expect(lab.unmap(0x10000n, 4096n)).toBe(EINVAL);
    expect(lab.unmap(0x10000n, 8192n)).toBe(8192n);
    expect(lab.unmap(0x10000n, 8192n)).toBe(0n);
    expect(lab.map(memory, 0x40000n)).toBe(0);
    expect(lab.unmap(0x0n, 0x100000n)).toBe(16384n);
  });

  test('a mediated device accepts the MSI window', () => {
    const lab = new Lab({ device: 'reference' });
    expect(lab.map(lab.allocate(4096), 0xfee0_0000n)).toBe(0);
  });

  test('IOVA 0 is not mappable on zPCI', () => {
    const lab = new Lab({ device: 'reference:zpci' });
    const memory = lab.allocate(4096);
    expect(lab.map(memory, 0n)).toBe(EINVAL);
    expect(lab.map(memory, 0x1_0000_0000n)).toBe(0);
  });

  test('VFIO_TYPE1_IOMMU knows no dirty pages', () => {
    const lab = new Lab({ device: 'reference' }, 1);
    expect(lab.dirty(1)).toBe(EACCES);
    expect(lab.dirty(9, 4)).toBe(EACCES);
  });

  test('a container loses its mappings with its last group', () => {
    const lab = new Lab({ device: 'reference' });
    const memory = lab.allocate(4096);
    lab.map(memory, 0n);
    lab.host.close(lab.source.fd);
    expect(lab.host.ioctl(lab.source.group, ioctl('VFIO_GROUP_UNSET_CONTAINER'))).toBe(0);
    expect(lab.map(memory, 0n)).toBe(EINVAL);
  });
});

describe('interrupts', () => {
  function irqSet(lab: Lab, flags: number, index: number, start: number, count: number, fds: number[] = []): number {
    const bytes = new Uint8Array(20 + 4 * fds.length);
    [bytes.length, flags, index, start, count, ...fds].forEach((value, at) => {
      writeScalar(bytes, at * 4, 4, value >>> 0, lab.host.facts.byteOrder);
    });
    return lab.host.ioctl(lab.source.fd, ioctl('VFIO_DEVICE_SET_IRQS'), bytes);
  }

  test('an eventfd is signalled, drained, and masks itself on INTx', () => {
    const lab = new Lab({ device: 'reference' });
    const { host, source } = lab;
    const event = host.eventfd();
    expect(irqSet(lab, 0x24, 0, 0, 1, [event])).toBe(0);
    const count = new Uint8Array(8);
    expect(host.read(event, count)).toBe(-11);
    source.setRegister('interruptRaise', 1);
    source.setRegister('interruptRaise', 1);
    expect(host.poll([event], 0)).toEqual([event]);
    expect(host.read(event, count)).toBe(8);
    expect(count[0]).toBe(1);
    expect(irqSet(lab, 0x11, 0, 0, 1)).toBe(0);
    expect(host.read(event, count)).toBe(8);
  });

  test('poll waits in virtual time for the timer’s interrupt, and not for one of a stopped device', () => {
    const lab = new Lab({ device: 'reference' });
    const { host, source } = lab;
    const event = host.eventfd();
    expect(irqSet(lab, 0x24, 1, 0, 1, [event])).toBe(0);
    source.setRegister('interruptPeriod', 10);
    const start = host.now();
    expect(host.poll([event], 1000)).toEqual([event]);
    expect(host.now() - start).toBeGreaterThan(9);
    source.go(0);
    host.read(event, new Uint8Array(8));
    expect(host.poll([event], 1000)).toEqual([]);
  });

  test('what makes no sense is refused', () => {
    const lab = new Lab({ device: 'reference' });
    expect(irqSet(lab, 0x24, 5, 0, 1, [-1])).toBe(EINVAL);
    expect(irqSet(lab, 0x24, 0, 1, 1, [-1])).toBe(EINVAL);
    expect(irqSet(lab, 0x24, 0, 0, 2, [-1, -1])).toBe(EINVAL);
    expect(irqSet(lab, 0x40, 0, 0, 1)).toBe(EINVAL);
    expect(irqSet(lab, 0x24, 1, 0, 1, [77])).toBe(-9);
    expect(irqSet(lab, 0x24, 1, 0, 1, [lab.container])).toBe(EINVAL);
    expect(irqSet(lab, 0x09, 1, 0, 1)).toBe(ENOTTY);
  });
});
