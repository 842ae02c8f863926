/** VFIO_DEVICE_GET_INFO as it crosses the port: argsz, the chain, the flags and the counts. */
import { vfioDeviceInfo } from '../../runner/abi';
import { oracle } from '../../runner/oracles/device-info';
import type { Capability } from '../../runner/reference/kernel/info-chain';
import { type Answer, InfoTraffic, refused } from './support/info-traffic';

const RESET = 1 << 0;
const PCI = 1 << 1;
const PLATFORM = 1 << 2;
const FSL_MC = 1 << 6;
const CAPS = 1 << 7;
const CHAIN: readonly Capability[] = [
  { id: 0x7777, version: 1, body: new Uint8Array(8) },
  { id: 0x7778, version: 1, body: new Uint8Array(13) },
];
const FIRST = vfioDeviceInfo.size;
/** The first capability takes 16 bytes, the last 24. */
const LAST = FIRST + 16;
const NEEDED = LAST + 24;

const traffic = () => new InfoTraffic(oracle);
const changed =
  (answer: Answer, change: (buffer: DataView) => void): Answer =>
  (buffer) => {
    const result = answer(buffer);
    change(buffer);
    return result;
  };

describe.each(['little', 'big'] as const)('%s endian', (order) => {
  test('a device that answers by the rules', () => {
    const said = new InfoTraffic(oracle, { order });
    for (const argsz of [16, 20, 24, NEEDED - 1, NEEDED, 4096])
      said.device(argsz, said.deviceAnswer(PCI | RESET, CHAIN));
    expect(said.said).toEqual([]);
    for (const clause of ['DEV-INFO-ARGSZ', 'DEV-INFO-CAPS', 'DEV-INFO-CHAIN', 'DEV-INFO-FLAGS'])
      expect([clause, said.kept(clause)]).toEqual([clause, true]);
  });
});

describe('argsz', () => {
  const whole = traffic().deviceAnswer(PCI, CHAIN);

  test('that is refused', () => {
    expect(traffic().device(24, refused).said).toEqual(['DEV-INFO-ARGSZ']);
    expect(traffic().device(12, refused).said).toEqual([]);
  });

  test('past which something is written, also where it is less than the structure', () => {
    for (const argsz of [8, 16, 24, NEEDED])
      expect(
        traffic().device(
          argsz,
          changed(whole, (buffer) => buffer.setUint8(argsz + 3, 0)),
        ).said,
      ).toEqual(['DEV-INFO-ARGSZ']);
  });

  test('that is too small, with a cap_offset', () => {
    expect(
      traffic().device(
        24,
        changed(whole, (buffer) => buffer.setUint32(16, FIRST, true)),
      ).said,
    ).toEqual(['DEV-INFO-ARGSZ']);
  });

  test('that was asked for and is too small again', () => {
    const more = changed(whole, (buffer) => buffer.setUint32(0, 80, true));
    const never = changed(more, (buffer) => buffer.setUint32(0, 88, true));
    expect(
      traffic()
        .device(24, more)
        .device(
          80,
          changed(never, (buffer) => buffer.setUint32(16, 0, true)),
        ).said,
    ).toEqual(['DEV-INFO-ARGSZ']);
  });

  test('that is not told, as soon as the chain shows with more room', () => {
    const kept = changed(whole, (buffer) => buffer.setUint32(0, 24, true));
    expect(traffic().device(24, kept).said).toEqual([]);
    expect(traffic().device(24, kept).device(4096, whole).said).toEqual(['DEV-INFO-ARGSZ']);
    expect(traffic().device(4096, whole).device(24, kept).said).toEqual(['DEV-INFO-ARGSZ']);
  });
});

test('CAPS without a chain, whatever the room', () => {
  const nothing = traffic().deviceAnswer(PCI | CAPS);
  const zeroed = changed(nothing, (buffer) => buffer.setUint32(16, 0, true));
  expect(traffic().device(24, zeroed).said).toEqual([]);
  expect(traffic().device(24, zeroed).device(4096, zeroed).said).toEqual(['DEV-INFO-CAPS']);
});

test.each([8, 16, NEEDED - 4, NEEDED + 8])('cap_offset %i is not the place of a capability', (offset) => {
  const answer = changed(traffic().deviceAnswer(PCI, CHAIN), (buffer) => buffer.setUint32(16, offset, true));
  expect(traffic().device(NEEDED, answer).said).toEqual(['DEV-INFO-CAPS']);
});

test.each([
  ['loops', FIRST],
  ['leaves argsz', 4096],
  ['is cut', NEEDED - 4],
  ['points into the structure', 8],
])('a chain that %s', (_what, next) => {
  const answer = changed(traffic().deviceAnswer(PCI, CHAIN), (buffer) => buffer.setUint32(LAST + 4, next, true));
  expect(traffic().device(NEEDED, answer).said).toEqual(['DEV-INFO-CHAIN']);
});

test.each([
  ['no bus', 0, ['DEV-INFO-FLAGS']],
  ['two buses', PCI | PLATFORM, ['DEV-INFO-FLAGS']],
  ['a bus of later', 1 << 20, []],
  ['FSL_MC', FSL_MC, []],
  ['a bus and a flag of later', PCI | (1 << 20), []],
])('flags that name %s', (_what, flags, said) => {
  expect(traffic().device(24, traffic().deviceAnswer(flags)).said).toEqual(said);
});

describe('a reset', () => {
  test('that was promised and does not work', () => {
    expect(
      traffic()
        .device(24, traffic().deviceAnswer(PCI | RESET))
        .reset(-25).said,
    ).toEqual(['DEV-INFO-FLAGS']);
    expect(
      traffic()
        .device(24, traffic().deviceAnswer(PCI | RESET))
        .reset(-11).said,
    ).toEqual([]);
  });

  test.each([0, -25])('that was not promised: %i', (result) => {
    expect(traffic().device(24, traffic().deviceAnswer(PCI)).reset(result).said).toEqual([]);
  });
});

test('indexes at and past the counts', () => {
  const known = traffic().device(24, traffic().deviceAnswer(PCI));
  expect(known.region(8, 32, refused).region(10, 32, refused).irq(5, refused).said).toEqual([]);
  expect(known.kept('DEV-INFO-COUNTS')).toBe(true);
  expect(known.region(10, 32, () => 0).said).toEqual(['DEV-INFO-COUNTS']);
  const other = traffic().device(24, traffic().deviceAnswer(PCI));
  expect(other.irq(0xffff_ffff, () => 0).said).toEqual(['DEV-INFO-COUNTS']);
});

test('no capabilities are no excuse where they are claimed', () => {
  const evidence = (claims: readonly string[]) => {
    const said = new InfoTraffic(oracle, { claims });
    return said.device(24, said.deviceAnswer(PCI)).judge.inapplicable;
  };
  expect(evidence([])).toEqual(new Set(['DEV-INFO-CAPS', 'DEV-INFO-CHAIN']));
  expect(evidence(['zpci'])).toEqual(new Set());
});
