import { EINVAL, Lab, type Stream } from './support/reference-lab';

const NAMES = ['pci', 'zpci', 'ccw', 'fsl-mc', 'pci,be', 'pci,page=64k'].flatMap((personality) =>
  ['trapped', 'mmapped', 'partitioned'].map((layout) => `reference:${personality},layout=${layout}`),
);

function fingerprint(device: Lab['source']): string {
  return `${device.register('scratch')} ${device.register('digest')}`;
}

describe.each(NAMES)('a whole migration of %s', (name) => {
  test('arrives, with pre-copy left early and the device at work', () => {
    const lab = new Lab({ device: name });
    const { source, destination } = lab;
    expect(source.state()).toBe(1);
    source.setRegister('scratch', 0xc0ffee);
    source.setRegister('workPeriod', 1);
    expect(source.go(3)).toBe(4);
    const early = source.save(3);
    expect(early.length).toBe(3);
    lab.host.sleep(5);
    expect(source.go(2)).toBe(4);
    const before = fingerprint(source);
    const rest = source.save();
    expect(source.go(0)).toBe(4);
    expect(source.state()).toBe(0);
    expect(fingerprint(destination)).not.toBe(before);
    expect(destination.go(4)).toBe(4);
    expect(destination.resume([...early, ...rest])).toBe(0);
    expect(destination.go(1)).toBe(4);
    expect(fingerprint(destination)).toBe(before);
  });

  test('a save from running delivers exactly what pending_bytes promised', () => {
    const { source } = new Lab({ device: name });
    expect(source.go(2)).toBe(4);
    const promised = source.field('pending_bytes');
    const delivered = source.save().reduce((sum, buffer) => sum + buffer.length, 0);
    expect(BigInt(delivered)).toBe(promised);
  });

  test('the counter ticks while running and stands still when stopped', () => {
    const { source, host } = new Lab({ device: name });
    const first = source.register('counter');
    expect(source.register('counter')).toBeGreaterThan(first);
    source.go(0);
    const stopped = source.register('counter');
    host.sleep(100);
    expect(source.register('counter')).toBe(stopped);
    source.go(1);
    host.sleep(1);
    expect(source.register('counter')).toBeGreaterThanOrEqual(stopped + 100n);
  });
});

describe('streams that are not whole', () => {
  function saved(): { stream: Stream; other: Stream } {
    const first = new Lab({ device: 'reference' }).source;
    first.go(2);
    const second = new Lab({ device: 'reference', seed: 9 }).source;
    second.go(2);
    return { stream: first.save(), other: second.save() };
  }
  const { stream, other } = saved();
  const flipped = stream.map((buffer, index) => {
    const copy = buffer.slice();
    if (index === 2) copy[100] = (copy[100] ?? 0) ^ 1;
    return copy;
  });
  const cases: [string, Stream][] = [
    ['truncated', stream.slice(0, -1)],
    ['with a short last buffer', [...stream.slice(0, -1), (stream.at(-1) ?? new Uint8Array()).slice(0, -1)]],
    ['corrupt', flipped],
    ['reordered', [...stream.slice(0, 2), ...stream.slice(2, 4).reverse(), ...stream.slice(4)]],
    ['duplicated', [...stream.slice(0, 2), ...stream.slice(1)]],
    ['mixed from two saves', [...stream.slice(0, 3), ...other.slice(3)]],
    ['foreign', [new Uint8Array(64).fill(7)]],
    ['without its beginning', stream.slice(1)],
  ];
  test.each(cases)('a stream that is %s is refused and leaves the device alone', (_what, bad) => {
    const { destination } = new Lab({ device: 'reference' });
    const fresh = fingerprint(destination);
    destination.go(4);
    const given = destination.resume(bad);
    const resumed = destination.go(1);
    expect(Math.min(given, resumed)).toBe(EINVAL);
    expect(destination.state()).toBe(4);
    expect(destination.reset()).toBe(0);
    expect(destination.state()).toBe(1);
    expect(fingerprint(destination)).toBe(fresh);
  });

  test('a buffer that was read but not acknowledged before stop-and-copy may be in the stream or not', () => {
    for (const included of [true, false]) {
      const { source, destination } = new Lab({ device: 'reference' });
      source.go(3);
      const early = source.save(2);
      expect(source.field('pending_bytes')).toBeGreaterThan(0n);
      const offset = Number(source.field('data_offset'));
      const unfinished = source.data(offset, Number(source.field('data_size')));
      source.go(2);
      const rest = source.save();
      const expected = fingerprint(source);
      destination.go(4);
      expect(destination.resume(included ? [...early, unfinished, ...rest] : [...early, ...rest])).toBe(0);
      expect(destination.go(1)).toBe(4);
      expect(fingerprint(destination)).toBe(expected);
    }
  });

  test('a data_size larger than the section is refused', () => {
    const { destination } = new Lab({ device: 'reference' });
    destination.go(4);
    expect(destination.setField('data_size', 1n << 40n)).toBe(EINVAL);
  });
});

test('the same seed gives the same bytes', () => {
  const run = (seed: number): string => {
    const { source } = new Lab({ device: 'reference', seed });
    source.go(3);
    const early = source.save(2);
    source.go(2);
    return Buffer.concat([...early, ...source.save()]).toString('hex');
  };
  expect(run(3)).toBe(run(3));
  expect(run(3)).not.toBe(run(4));
});
