/** What LocalHost lets through to the kernel and what it refuses as the kit's own mistake, on a scripted C library. */
import {
  ERRNO,
  encodeDirtyPagesGet,
  encodeUnmapWithBitmap,
  type IoctlName,
  ioctlNumber,
  VFIO_DMA_MAP_FLAG_READ,
  VFIO_DMA_MAP_FLAG_WRITE,
  VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP,
  VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP,
  vfioDeviceInfo,
  vfioIommuType1DmaMap,
  vfioRegionInfo,
} from '../../../runner/abi';
import { loadLibc } from '../../../runner/host/local/libc';
import { LocalHost } from '../../../runner/host/local/local-host';
import { type HostMemory, HostMisuse } from '../../../runner/host/vfio-host';
import { type FakeLibc, fakeLibc } from '../support/fake-libc';

let libc: FakeLibc;
let host: LocalHost;
let container: number;
let group: number;
let device: number;

const number = (name: IoctlName): number => ioctlNumber(name, host.facts.ioctlEncoding);
const order = 'little';

beforeEach(() => {
  // Memory is real, calls on descriptors are not.
  const real = loadLibc();
  libc = { ...fakeLibc(), mmap: real.mmap, munmap: real.munmap, view: real.view };
  host = new LocalHost(libc);
  container = host.open('/dev/vfio/vfio', 'read-write');
  group = host.open('/dev/vfio/26', 'read-write');
  libc.answers.push(55);
  device = host.ioctl(group, number('VFIO_GROUP_GET_DEVICE_FD'), Buffer.from('0000:06:0d.0\0'));
  libc.calls.length = 0;
});
afterEach(() => host.dispose());

const structure = (length: number, argsz: number): Uint8Array => {
  const bytes = new Uint8Array(length);
  new DataView(bytes.buffer).setUint32(0, argsz, true);
  return bytes;
};

test('the descriptor of VFIO_GROUP_GET_DEVICE_FD is the host`s own and is closed first', () => {
  expect(device).toBe(55);
  expect(host.pread(device, new Uint8Array(4), 0n)).toBe(0);
  libc.calls.length = 0;
  host.dispose();
  expect(libc.calls).toEqual(['close(55)', `close(${group})`, `close(${container})`]);
});

test('a failed VFIO_GROUP_GET_DEVICE_FD opens nothing', () => {
  libc.answers.push({ errno: ERRNO.ENODEV });
  expect(host.ioctl(group, number('VFIO_GROUP_GET_DEVICE_FD'), Buffer.from('x\0'))).toBe(-ERRNO.ENODEV);
  host.dispose();
  expect(libc.calls.filter((call) => call.startsWith('close'))).toHaveLength(3);
});

test('argsz beyond the buffer never reaches the kernel', () => {
  const request = number('VFIO_DEVICE_GET_REGION_INFO');
  expect(() => host.ioctl(device, request, structure(32, 33))).toThrow(/argsz is 33, the buffer has 32/);
  expect(() => host.ioctl(device, request, structure(32, 0xffff_ffff))).toThrow(HostMisuse);
  expect(libc.calls).toEqual([]);
  expect(host.ioctl(device, request, structure(32, 32))).toBe(0);
  expect(host.ioctl(device, request, structure(512, 32))).toBe(0);
  // Too small an argsz is a question to the kernel.
  expect(host.ioctl(device, request, structure(32, 8))).toBe(0);
  expect(libc.calls).toHaveLength(3);
});

test.each<[IoctlName, number]>([
  ['VFIO_DEVICE_GET_INFO', 16],
  ['VFIO_DEVICE_GET_REGION_INFO', vfioRegionInfo.size],
  ['VFIO_DEVICE_GET_IRQ_INFO', 16],
  ['VFIO_DEVICE_SET_IRQS', 20],
  ['VFIO_DEVICE_GET_PCI_HOT_RESET_INFO', 12],
  ['VFIO_IOMMU_GET_INFO', 16],
  ['VFIO_IOMMU_MAP_DMA', 32],
  ['VFIO_IOMMU_UNMAP_DMA', 24],
  ['VFIO_IOMMU_DIRTY_PAGES', 8],
  ['VFIO_GROUP_GET_STATUS', 8],
  ['VFIO_GROUP_SET_CONTAINER', 4],
])('%s reads %d bytes, so that the buffer must have them', (name, minimum) => {
  const fd = name.startsWith('VFIO_IOMMU') ? container : name.startsWith('VFIO_GROUP') ? group : device;
  expect(() => host.ioctl(fd, number(name), new Uint8Array(minimum - 1))).toThrow(HostMisuse);
  expect(host.ioctl(fd, number(name), new Uint8Array(minimum))).toBe(0);
  expect(libc.calls).toHaveLength(1);
});

test('the same number means another structure on another kind of descriptor', () => {
  expect(number('VFIO_IOMMU_GET_INFO')).toBe(number('VFIO_DEVICE_GET_PCI_HOT_RESET_INFO'));
  const twelve = structure(12, 12);
  expect(host.ioctl(device, number('VFIO_DEVICE_GET_PCI_HOT_RESET_INFO'), twelve)).toBe(0);
  expect(() => host.ioctl(container, number('VFIO_IOMMU_GET_INFO'), twelve)).toThrow(HostMisuse);
});

test('a device name must end inside its buffer', () => {
  expect(() => host.ioctl(group, number('VFIO_GROUP_GET_DEVICE_FD'), Buffer.from('0000:06:0d.0'))).toThrow(HostMisuse);
});

test('numbers go to the kernel as they are, also where a structure is meant', () => {
  libc.answers.push(1, { errno: ERRNO.EFAULT });
  expect(host.ioctl(container, number('VFIO_CHECK_EXTENSION'), 3)).toBe(1);
  expect(host.ioctl(device, number('VFIO_DEVICE_GET_INFO'), 0n)).toBe(-ERRNO.EFAULT);
  expect(libc.calls).toEqual([
    `ioctlImmediate(${container}, ${number('VFIO_CHECK_EXTENSION')}, 3)`,
    `ioctlImmediate(${device}, ${number('VFIO_DEVICE_GET_INFO')}, 0)`,
  ]);
});

test('a short form of vfio_device_info from before cap_offset is let through', () => {
  expect(vfioDeviceInfo.size).toBeGreaterThan(16);
  expect(host.ioctl(device, number('VFIO_DEVICE_GET_INFO'), structure(16, 16))).toBe(0);
});

describe('addresses inside structures', () => {
  let memory: HostMemory;
  beforeEach(() => {
    const answer = host.allocate(2 * host.facts.pageSize);
    if (typeof answer === 'number') {
      throw new Error(`allocate: ${answer}`);
    }
    memory = answer;
    libc.calls.length = 0;
  });

  const map = (vaddr: bigint, size: bigint, flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE): number =>
    host.ioctl(
      container,
      number('VFIO_IOMMU_MAP_DMA'),
      vfioIommuType1DmaMap.encode({ argsz: 32, flags, vaddr, iova: 0x10_0000n, size }, order),
    );
  const get = (data: bigint, size: bigint): number =>
    host.ioctl(
      container,
      number('VFIO_IOMMU_DIRTY_PAGES'),
      encodeDirtyPagesGet(
        {
          flags: VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP,
          get: { iova: 0n, size: 4096n, bitmap: { pgsize: 4096n, size, data } },
        },
        order,
      ),
    );
  const unmap = (flags: number, data: bigint, size: bigint): number =>
    host.ioctl(
      container,
      number('VFIO_IOMMU_UNMAP_DMA'),
      encodeUnmapWithBitmap({ flags, iova: 0n, size: 4096n, bitmap: { pgsize: 4096n, size, data } }, order),
    );

  test('memory of this host may be mapped, in part too', () => {
    expect(map(memory.address, BigInt(memory.length))).toBe(0);
    expect(map(memory.address + 4096n, 4096n)).toBe(0);
    expect(get(memory.address + 8n, 8n)).toBe(0);
    expect(unmap(VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP, memory.address, 8n)).toBe(0);
  });

  test('anything else in this process is refused', () => {
    const end = memory.address + BigInt(memory.length);
    expect(() => map(memory.address, BigInt(memory.length) + 1n)).toThrow(/vfio_iommu_type1_dma_map.vaddr/);
    expect(() => map(memory.address - 4096n, 8192n)).toThrow(HostMisuse);
    expect(() => get(end - 4n, 8n)).toThrow(/vfio_bitmap.data/);
    expect(() => unmap(VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP, end, 8n)).toThrow(HostMisuse);
    expect(libc.calls).toEqual([]);
    expect(host.munmap(memory)).toBe(0);
    expect(() => map(memory.address, 4096n)).toThrow(HostMisuse);
  });

  test('what the kernel refuses by itself is left to it', () => {
    expect(map(0n, 4096n)).toBe(0);
    expect(map(memory.address, 0n)).toBe(0);
    expect(map(memory.address, 2n ** 64n - 1n)).toBe(0);
    expect(map(1n << 63n, 4096n)).toBe(0);
    expect(map(memory.address - 4096n, 4096n, 0)).toBe(0);
    expect(get(0n, 8n)).toBe(0);
    expect(unmap(0, memory.address - 64n, 8n)).toBe(0);
    const shortGet = structure(16, 16);
    shortGet[4] = VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP;
    expect(host.ioctl(container, number('VFIO_IOMMU_DIRTY_PAGES'), shortGet)).toBe(0);
  });
});
