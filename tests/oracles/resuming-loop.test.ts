/** The resuming loop as it crosses the port. */
import { oracle } from '../../runner/oracles/resuming-loop';
import { EINVAL, LoopTraffic, type TrafficOptions } from './support/loop-traffic';

const RESUMING = 0b100;
const AREA = { areas: [{ offset: 0x1000n, size: 0x4000n }] };

const resuming = (options?: TrafficOptions) => new LoopTraffic(oracle, options).go(RESUMING);

test('a loop by the text breaks nothing', () => {
  const traffic = resuming();
  for (let n = 0; n < 3; n += 1) traffic.read('data_offset', 64).give(64, 100).write('data_size', 100);
  expect(traffic.go(0b001).said).toEqual([]);
  expect(traffic.kept('RES-OFFSET')).toBe(3);
  expect(traffic.kept('RES-WRITE')).toBe(3);
  expect(traffic.judge.notes).toEqual(['resuming: data_offset is the same for all buffers']);
});

test.each([
  ['0', 0],
  ['inside the structure', 31],
  ["at the region's end", 0x10000],
])('data_offset %s', (_what, offset) => {
  expect(resuming().read('data_offset', offset).said).toEqual(['RES-OFFSET']);
});

test('data_offset within a mappable area is a multiple of the page', () => {
  expect(resuming(AREA).read('data_offset', 0x1010).said).toEqual(['MIG-MMAP-ALIGN']);
});

test('data that is not taken', () => {
  expect(resuming().read('data_offset', 64).give(64, 100, { result: EINVAL }).said).toEqual([
    'RES-ERR (reported)',
    'RES-WRITE',
  ]);
  expect(resuming().read('data_offset', 64).give(64, 100, { result: 0 }).said).toEqual(['RES-WRITE']);
});

test('data that is not taken by write() where it can be mapped', () => {
  const traffic = resuming(AREA).read('data_offset', 0x1000).give(0x1000, 100, { result: EINVAL });
  expect(traffic.said).toEqual(['RES-ERR (reported)', 'MIG-MMAP-OPTIONAL']);
});

test('a short write is no finding', () => {
  expect(resuming().read('data_offset', 64).give(64, 100, { result: 60 }).give(124, 40).said).toEqual([]);
});

test.each([0x10000n - 64n + 1n, 1n << 32n, (1n << 64n) - 1n])('data_size %d is refused', (size) => {
  const provoked = () => resuming().read('data_offset', 64).provoke('RES-SEQUENCE-USER');
  expect(provoked().write('data_size', size).said).toEqual(['RES-OVERSIZE']);
  const refused = provoked().write('data_size', size, EINVAL);
  expect(refused.said).toEqual(['RES-ERR (reported)']);
  expect(refused.kept('RES-OVERSIZE')).toBe(1);
});

test('what just fits is not oversize', () => {
  const traffic = resuming()
    .read('data_offset', 64)
    .give(64, 0x10000 - 64)
    .write('data_size', 0x10000 - 64);
  expect(traffic.said).toEqual([]);
  expect(traffic.kept('RES-OVERSIZE')).toBe(0);
});

test('bad data may be refused wherever the driver likes', () => {
  const traffic = resuming().provoke('RES-ORDER');
  traffic.device.given = 'wrong';
  traffic.read('data_offset', 64).give(64, 100, { result: EINVAL }).look().read('data_offset', 0);
  expect(traffic.said).toEqual(['RES-ERR (reported)']);
});

test('outside of resuming nothing of it is judged', () => {
  const traffic = new LoopTraffic(oracle).read('data_offset', 0).give(64, 8, { result: EINVAL });
  expect(traffic.said).toEqual([]);
});
