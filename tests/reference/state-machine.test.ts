import { DeviceHang } from '../../runner/host/vfio-host';
import { VirtualClock } from '../../runner/reference/clock';
import { EINVAL, Lab } from './support/reference-lab';

const EIO = -5;
const ARCS: Readonly<Record<number, readonly number[]>> = {
  0: [0, 1, 2],
  1: [0, 1, 2, 3, 4],
  2: [0, 1, 2],
  3: [1, 2, 3],
  4: [1, 4],
};
const PATHS: Readonly<Record<number, readonly number[]>> = { 0: [0], 1: [], 2: [2], 3: [3], 4: [4] };

describe.each([0, 1, 2, 3, 4])('from state %d', (from) => {
  test.each([0, 1, 2, 3, 4, 5, 6, 7])('to %d', (to) => {
    const { source } = new Lab({ device: 'reference' });
    for (const step of PATHS[from] ?? []) source.go(step);
    expect(source.state()).toBe(from);
    const allowed = ARCS[from]?.includes(to) === true;
    expect(source.go(to)).toBe(allowed ? 4 : EINVAL);
    expect(source.state()).toBe(allowed ? to : from);
  });
});

test('reserved bits as read are accepted, others are refused without effect', () => {
  const { source } = new Lab({ device: 'reference' });
  expect(source.go(0x8 | 2)).toBe(EINVAL);
  expect(source.go(0x8000_0000)).toBe(EINVAL);
  expect(source.state()).toBe(1);
});

test('an injected error leads to ERROR, and only reset out of it', () => {
  const { source } = new Lab({ device: 'reference' });
  source.setRegister('inject', 1);
  expect(source.go(2)).toBe(EIO);
  expect(source.state()).toBe(6);
  for (const state of [0, 1, 2, 3, 4, 6]) expect(source.go(state)).toBe(EIO);
  expect(source.reset()).toBe(0);
  expect(source.state()).toBe(1);
  source.setRegister('inject', 2);
  expect(source.go(2)).toBe(EIO);
  expect(source.state()).toBe(1);
  expect(source.go(2)).toBe(4);
  source.setRegister('inject', 3);
  expect(source.field('data_offset')).toBe(EIO);
  expect(source.save().length).toBeGreaterThan(3);
});

test('fields: widths, reserved, read-only ones, the gap and the end of the region', () => {
  const { source } = new Lab({ device: 'reference' });
  for (const [offset, width] of [
    [0, 1],
    [0, 2],
    [0, 8],
    [2, 2],
    [4, 8],
    [8, 4],
    [12, 4],
    [16, 4],
    [24, 1],
    [28, 8],
  ] as const) {
    expect(source.raw(offset, width)).toBe(EINVAL);
    expect(source.rawWrite(offset, new Uint8Array(width))).toBe(EINVAL);
  }
  expect(source.state()).toBe(1);
  expect(source.field('reserved')).toBe(0n);
  expect(source.setField('reserved', 0xffff_ffff)).toBe(4);
  expect(source.field('reserved')).toBe(0n);
  expect(source.setField('pending_bytes', 1n)).toBe(EINVAL);
  expect(source.setField('data_offset', 1n)).toBe(EINVAL);
  expect(source.field('data_offset')).toBe(64n);
});

test('the saving loop repeats the current buffer until pending_bytes is read', () => {
  const { source } = new Lab({ device: 'reference' });
  source.go(2);
  const pending = source.field('pending_bytes');
  expect(source.field('pending_bytes')).toBe(pending);
  const first = [source.field('data_offset'), source.field('data_size')];
  expect([source.field('data_offset'), source.field('data_size')]).toEqual(first);
  const bytes = source.data(Number(first[0]), Number(first[1]));
  expect(source.data(Number(first[0]), Number(first[1]))).toEqual(bytes);
  expect(source.go(2)).toBe(4);
  expect(source.field('pending_bytes')).toBe(Number(first[1]) >= 0 ? BigInt(Number(pending) - bytes.length) : 0n);
});

test('closing and opening again starts in _RUNNING', () => {
  const lab = new Lab({ device: 'reference' });
  lab.source.go(4);
  lab.host.close(lab.source.fd);
  const name = Buffer.from(`${lab.source.name}\0`);
  const fd = lab.host.ioctl(lab.source.group, 0x3b6a, name);
  const bytes = new Uint8Array(4);
  lab.host.pread(fd, bytes, lab.source.region << 40n);
  expect(bytes[0]).toBe(1);
});

test('a call that never returns throws on a virtual clock', () => {
  expect(() => new VirtualClock('virtual').hang('pread')).toThrow(DeviceHang);
});
