import { vfioRegionInfo } from '../../runner/abi/structures/vfio-region-info';
import type { HostMemory } from '../../runner/host/vfio-host';
import { INDEPENDENT_VARIATIONS } from '../../runner/reference/variations/independent';
import { listen, signals, wipe, writing, written } from './support/independent-scenes';
import { type Device, EINVAL, Lab } from './support/reference-lab';

const EIO = -5;
const ENODATA = -61;
const FAULT = -14;

function open(name: string): Lab {
  return new Lab({ device: name });
}

/** The ids of a region's chain and where each capability stands; fails on a chain that leaves the answer or does not end. */
function chainOf(device: Device, index: number): { ids: number[]; places: number[] } {
  const needed = vfioRegionInfo.decode(device.regionInfo(index).call, device.host.facts.byteOrder).argsz;
  const { result, call } = device.regionInfo(index, needed);
  expect(result).toBe(0);
  const view = new DataView(call.buffer, call.byteOffset, call.byteLength);
  const little = device.host.facts.byteOrder === 'little';
  const ids: number[] = [];
  const places: number[] = [];
  for (let at = vfioRegionInfo.decode(call, device.host.facts.byteOrder).cap_offset; at !== 0; ) {
    expect(at + 8).toBeLessThanOrEqual(needed);
    expect(places).not.toContain(at);
    ids.push(view.getUint16(at, little));
    places.push(at);
    at = view.getUint32(at + 4, little);
  }
  return { ids, places };
}

function iterate(device: Device, times: number): { offset: bigint; size: bigint; pending: bigint }[] {
  return Array.from({ length: times }, () => {
    const pending = BigInt(device.field('pending_bytes'));
    return { pending, offset: BigInt(device.field('data_offset')), size: BigInt(device.field('data_size')) };
  });
}

describe.each(
  INDEPENDENT_VARIATIONS.map((variation) => [variation.name, variation] as const),
)('%s', (name, variation) => {
  const devices = ['pci', 'zpci', 'ccw', 'fsl-mc', 'pci,be', 'pci,page=64k', 'pci,size=1m'].flatMap((kind) =>
    (variation.layouts ?? ['trapped', 'mmapped', 'partitioned']).map((layout) => `reference:${kind},layout=${layout}`),
  );

  test.each(devices)('migrates as %s, after a cancelled save, with a device at work', (device) => {
    const { source, destination, host } = open(`${device}+${name}`);
    source.setRegister('scratch', 99);
    source.setRegister('workPeriod', 1);
    expect(source.go(3)).toBe(4);
    source.save(3);
    expect(source.go(1)).toBe(4);
    expect(source.go(3)).toBe(4);
    const early = source.save(4);
    host.sleep(5);
    early.push(...source.save(1));
    expect(source.go(2)).toBe(4);
    const before = `${source.register('scratch')} ${source.register('digest')}`;
    const stream = [...early, ...source.save(100_000)];
    expect(source.field('pending_bytes')).toBe(0n);
    expect(source.go(0)).toBe(4);
    expect(source.state()).toBe(0);
    expect(destination.go(4)).toBe(4);
    expect(destination.resume(stream)).toBe(0);
    expect(destination.go(1)).toBe(4);
    expect(`${destination.register('scratch')} ${destination.register('digest')}`).toBe(before);
  });
});

test('chain-runs-backwards: every capability is there, the first one last', () => {
  const device = 'reference:pci,layout=mmapped';
  const plain = chainOf(open(device).source, 9);
  const { ids, places } = chainOf(open(`${device}+chain-runs-backwards`).source, 9);
  expect(ids).toEqual(plain.ids);
  expect(ids.length).toBe(2);
  expect(places).toEqual([...places].sort((a, b) => b - a));
  expect(places.some((place) => place % 8 !== 0)).toBe(true);
});

test('sparse-areas-with-hole: the hole cannot be mapped, and what stands around it is the buffer', () => {
  const { source, host } = open('reference:pci,layout=mmapped+sparse-areas-with-hole');
  source.go(2);
  source.save(1);
  const [buffer] = iterate(source, 1);
  const offset = buffer?.offset ?? 0n;
  expect(Number(buffer?.size)).toBeGreaterThan(2 * 4096);
  const map = (page: bigint, pages: number): HostMemory | number =>
    host.mmap(source.fd, pages * 4096, (source.region << 40n) + offset + page * 4096n, { read: true, write: true });
  expect([map(1n, 1), map(0n, 2), map(0n, 5), map(1n, 2)]).toEqual([EINVAL, EINVAL, EINVAL, EINVAL]);
  for (const page of [0n, 2n]) {
    const memory = map(page, 1);
    if (typeof memory === 'number') throw new Error(`page ${page}: ${memory}`);
    const bytes = new Uint8Array(4096);
    host.peek(memory, 0, bytes);
    expect(Buffer.from(bytes).equals(source.data(Number(offset + page * 4096n), 4096))).toBe(true);
  }
});

test('empty-pre-copy-rounds: empty and full ones take turns, read as often as one likes', () => {
  const { source } = open('reference+empty-pre-copy-rounds');
  source.go(3);
  const rounds = iterate(source, 6);
  expect(rounds.map(({ size }) => size > 0n)).toEqual([false, true, false, true, false, true]);
  expect(rounds.every(({ pending }) => pending > 0n)).toBe(true);
  source.field('pending_bytes');
  const again = [1, 2, 3].map(() => [source.field('data_offset'), source.field('data_size')]);
  expect(again).toEqual([again[0], again[0], again[0]]);
  source.go(2);
  expect(source.save().every((buffer) => buffer.length > 0)).toBe(true);
});

test('pre-copy-never-drains: pending_bytes falls and rises again in pre-copy, and reaches 0 in stop-and-copy', () => {
  const { source } = open('reference+pre-copy-never-drains');
  source.go(3);
  const pending = iterate(source, 40).map((round) => round.pending);
  expect(pending.every((bytes) => bytes > 0n)).toBe(true);
  expect(pending.some((bytes, at) => bytes > (pending[at - 1] ?? bytes))).toBe(true);
  source.go(2);
  expect(source.save(40).length).toBeLessThan(40);
});

test('data-beyond-four-gigabytes: the data stands there, and nothing before it', () => {
  const { source } = open('reference+data-beyond-four-gigabytes');
  const { size } = vfioRegionInfo.decode(source.regionInfo(9).call, 'little');
  source.go(2);
  const [buffer] = iterate(source, 1);
  expect(buffer?.offset).toBeGreaterThan(1n << 32n);
  expect((buffer?.offset ?? 0n) + (buffer?.size ?? 0n)).toBeLessThanOrEqual(size);
  expect([source.raw(64, 8), source.raw(4096, 8)]).toEqual([FAULT, FAULT]);
});

test('stop-finishes-work-first: everything happens before the write returns, nothing after it', () => {
  const lab = open('reference+stop-finishes-work-first');
  const event = listen(lab, lab.source, 1);
  const memory = writing(lab, lab.source, 0b1_1001);
  lab.source.setRegister('interruptPeriod', 2);
  for (const state of [0, 1, 2]) {
    wipe(lab, memory);
    signals(lab, event);
    lab.source.go(state);
    if (state === 1) continue;
    expect([written(lab, memory), signals(lab, event) > 1]).toEqual([true, true]);
    wipe(lab, memory);
    const counter = lab.source.register('counter');
    lab.host.sleep(100);
    expect([written(lab, memory), signals(lab, event)]).toEqual([false, 0]);
    expect(lab.source.register('counter')).toBe(counter);
  }
});

test('strict-sequence: the fields answer in their place and nowhere else', () => {
  const { source, destination } = open('reference+strict-sequence');
  const both = (device: Device): unknown => [device.field('data_offset'), device.field('data_size')];
  expect(both(source)).toEqual([ENODATA, ENODATA]);
  source.go(2);
  expect(source.field('data_size')).toBe(ENODATA);
  expect(both(source)).toEqual([64n, 48n]);
  expect(both(source)).toEqual([64n, 48n]);
  source.save();
  expect(both(source)).toEqual([ENODATA, ENODATA]);
  destination.go(4);
  expect(both(destination)).toEqual([64n, ENODATA]);
});

test('uneven-buffers: odd places, one byte or a prime number of them, as many as promised', () => {
  const { source } = open('reference+uneven-buffers');
  source.go(2);
  const promised = source.field('pending_bytes');
  let sum = 0n;
  const sizes = new Set<bigint>();
  for (let pending = promised; pending !== 0n; pending = source.field('pending_bytes')) {
    expect(BigInt(source.field('data_offset')) % 2n).toBe(1n);
    const size = BigInt(source.field('data_size'));
    expect(size).toBeGreaterThan(0n);
    sizes.add(size);
    sum += size;
  }
  expect(sum).toBe(promised);
  expect([...sizes]).toEqual(expect.arrayContaining([1n, 2n, 7n, 8191n]));
});

test('refused-arcs-end-in-error: only a reset helps, and then everything is well', () => {
  const { source } = open('reference+refused-arcs-end-in-error');
  for (const [from, to] of [
    [0, 3],
    [0, 4],
    [3, 0],
    [4, 0],
    [2, 3],
  ] as const) {
    expect(source.go(from)).toBe(4);
    expect([source.go(to), source.state(), source.go(1), source.state()]).toEqual([EIO, 6, EIO, 6]);
    expect([source.reset(), source.state()]).toEqual([0, 1]);
  }
  expect([source.go(5), source.state()]).toEqual([EINVAL, 1]);
});

test('first-bitmap-is-full: everything at first, then what was written', () => {
  const lab = open('reference+first-bitmap-is-full');
  const memory = lab.allocate(8 * 4096);
  lab.source.enableDma();
  lab.map(memory, 0n, 4n * 4096n);
  lab.dirty(1);
  lab.map(memory, 64n * 4096n, 2n * 4096n, 3, 4n * 4096n);
  expect(lab.dirtyPages(0n, 128n * 4096n)).toEqual([0, 1, 2, 3, 64, 65]);
  lab.source.fill(2n * 4096n, 8);
  lab.dirty(1);
  expect(lab.dirtyPages(0n, 128n * 4096n)).toEqual([2]);
});
