import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  _IO,
  ALL_LAYOUTS,
  busNames,
  DEVICE_STATE_BITS,
  DEVICE_STATE_NAMES,
  deviceStateName,
  ERRNO,
  ERRNO_NAMES,
  ebcdicToText,
  encodeScalar,
  errnoName,
  errnoNumber,
  IOCTLS,
  type IoctlName,
  ioctlName,
  ioctlNumber,
  isDeviceStateName,
  isIoctlName,
  isKernelInternalErrno,
  readScalar,
  regionTypeName,
  VFIO_DEVICE_STATE_IS_ERROR,
  VFIO_DEVICE_STATE_SET_ERROR,
  VFIO_DEVICE_STATE_VALID,
  writeScalar,
} from '../../runner/abi';

describe('ioctl numbers', () => {
  test('as everywhere, and with the bit that powerpc sets', () => {
    expect(ioctlNumber('VFIO_DEVICE_GET_INFO', 'generic')).toBe(0x3b6b);
    expect(ioctlNumber('VFIO_DEVICE_GET_INFO', 'powerpc')).toBe(0x2000_3b6b);
    expect(ioctlNumber('VFIO_IOMMU_DIRTY_PAGES', 'generic')).toBe(0x3b75);
  });

  test('a number that two kinds of descriptor use is told by the descriptor', () => {
    expect(ioctlName(0x3b70, 'generic', 'container')).toBe('VFIO_IOMMU_GET_INFO');
    expect(ioctlName(0x3b70, 'generic', 'device')).toBe('VFIO_DEVICE_GET_PCI_HOT_RESET_INFO');
    expect(ioctlName(0x3b70, 'generic')).toBe('VFIO_DEVICE_GET_PCI_HOT_RESET_INFO or VFIO_IOMMU_GET_INFO');
    expect(ioctlName(0x2000_3b6f, 'powerpc')).toBe('VFIO_DEVICE_RESET');
    expect(ioctlName(0x3b6f, 'powerpc')).toBe('ioctl 0x3b6f');
    expect(ioctlName(0x5401, 'generic', 'device')).toBe('ioctl 0x5401');
  });

  test('each name gives its number and the number gives the name', () => {
    for (const name of Object.keys(IOCTLS) as IoctlName[]) {
      expect(ioctlName(ioctlNumber(name, 'generic'), 'generic', IOCTLS[name].target)).toBe(name);
    }
    expect([isIoctlName('VFIO_DEVICE_RESET'), isIoctlName('constructor')]).toEqual([true, false]);
  });

  test('_IO refuses what does not fit', () => {
    expect(() => _IO(0x3b, 256, 'generic')).toThrow('_IO: nr takes 0 to 255, not 256');
    expect(() => _IO(-1, 0, 'generic')).toThrow(RangeError);
  });
});

describe('errno', () => {
  test('names and numbers, of either sign', () => {
    expect([errnoName(22), errnoName(-22), errnoName(95), errnoName(-4000)]).toEqual([
      'EINVAL',
      'EINVAL',
      'EOPNOTSUPP',
      'errno 4000',
    ]);
    expect([errnoNumber('ENOTTY'), errnoNumber('EWOULDBLOCK'), errnoNumber('ENOTSUP')]).toEqual([25, ERRNO.EAGAIN, 95]);
    expect([errnoNumber('EBOGUS'), errnoNumber('toString')]).toEqual([undefined, undefined]);
  });

  test('what the kernel keeps to itself has a name and is known as such', () => {
    expect([errnoName(-524), isKernelInternalErrno(-524), isKernelInternalErrno(-95)]).toEqual([
      'ENOTSUPP',
      true,
      false,
    ]);
  });

  test('each number has one name', () => {
    for (const [name, number] of ERRNO_NAMES) {
      expect([name, errnoNumber(errnoName(number))]).toEqual([name, number]);
    }
  });
});

describe('device_state', () => {
  test('names follow the diagram of the interface text', () => {
    expect(DEVICE_STATE_NAMES.map((name) => [DEVICE_STATE_BITS[name].toString(2).padStart(3, '0'), name])).toEqual([
      ['000', 'stop'],
      ['001', 'running'],
      ['010', 'stop-and-copy'],
      ['011', 'pre-copy'],
      ['100', 'resuming'],
      ['101', 'invalid-101'],
      ['110', 'error'],
      ['111', 'invalid-111'],
    ]);
    expect(DEVICE_STATE_NAMES.map((name) => deviceStateName(DEVICE_STATE_BITS[name]))).toEqual(DEVICE_STATE_NAMES);
    expect([isDeviceStateName('pre-copy'), isDeviceStateName('precopy')]).toEqual([true, false]);
  });

  test('reserved bits change neither name, validity nor error', () => {
    const states = DEVICE_STATE_NAMES.map((name) => (DEVICE_STATE_BITS[name] | 0xffff_fff8) >>> 0);
    expect(states.map(deviceStateName)).toEqual(DEVICE_STATE_NAMES);
    expect(states.map(VFIO_DEVICE_STATE_VALID)).toEqual([true, true, true, true, true, false, false, false]);
    expect(states.map(VFIO_DEVICE_STATE_IS_ERROR)).toEqual([false, false, false, false, false, false, true, false]);
  });

  test('SET_ERROR keeps the reserved bits, as an unsigned number', () => {
    expect(VFIO_DEVICE_STATE_SET_ERROR(0x8000_0011)).toBe(0x8000_0016);
  });
});

test('EBCDIC is shown as text, what cannot be printed as dots', () => {
  expect(ebcdicToText(Uint8Array.of(0xe5, 0xc6, 0xc9, 0xd6, 0x40, 0xa9, 0xd7, 0xc3, 0xc9, 0x60, 0xf2))).toBe(
    'VFIO zPCI-2',
  );
  expect(ebcdicToText(Uint8Array.of(0x00, 0x3f, 0x41, 0xff, 0xe0, 0x7d))).toBe("....\\'");
  const all = ebcdicToText(Uint8Array.from({ length: 256 }, (_, n) => n));
  expect(all).toHaveLength(256);
  expect([...all].filter((char) => !/[\x20-\x7e\xa1-\xff]/.test(char))).toEqual([]);
});

test('region types and buses have names where they are known', () => {
  expect([regionTypeName(3, 1), regionTypeName(2, 2), regionTypeName(2, 9), regionTypeName(7, 1)]).toEqual([
    'migration/migration',
    'ccw/schib',
    'ccw/9',
    '7/1',
  ]);
  expect(regionTypeName(0x8000_8086, 1)).toBe('pci-vendor 8086/1');
  expect([busNames(0x83), busNames(0x50), busNames(0x8000_0000)]).toEqual([['pci'], ['ccw', 'fsl-mc'], []]);
});

test('scalars are exact, and refuse what does not fit', () => {
  expect([...encodeScalar(4, 0x01020304, 'big')]).toEqual([1, 2, 3, 4]);
  expect(readScalar(encodeScalar(8, 2n ** 64n - 1n, 'little'), 0, 8, 'big')).toBe(2n ** 64n - 1n);
  expect(() => encodeScalar(2, 0x10000, 'big')).toThrow('65536 does not fit into 2 unsigned bytes');
  expect(() => encodeScalar(1, -1n, 'big')).toThrow(RangeError);
  expect(() => encodeScalar(4, 0.5, 'big')).toThrow('0.5 is not an integer');
  expect(() => readScalar(new Uint8Array(7), 0, 8, 'big')).toThrow(
    '8 bytes at offset 0 do not fit into a buffer of 7 bytes',
  );
  expect(() => writeScalar(new Uint8Array(8), 1, 8, 0, 'big')).toThrow(RangeError);
});

test('every structure file is in the registry, under its own name', () => {
  const folder = join(__dirname, '..', '..', 'runner', 'abi', 'structures');
  const files = readdirSync(folder).flatMap((name) => (name.endsWith('.js') ? [name.replace(/\.js$/, '')] : []));
  const names = new Set(ALL_LAYOUTS.map((layout) => layout.name.replaceAll('_', '-')));
  expect(files.filter((file) => file !== 'vfio-extensions' && !names.has(file))).toEqual([]);
  expect([...names].filter((name) => !files.includes(name))).toEqual([]);
});
