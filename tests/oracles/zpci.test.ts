/** The zPCI capabilities as they cross the port, in both byte orders and all versions. */

import { vfioDeviceInfo } from '../../runner/abi';
import { oracle } from '../../runner/oracles/zpci';
import { zpciCapabilities } from '../../runner/reference/device/personality-zpci';
import { type Capability, chainSize } from '../../runner/reference/kernel/info-chain';
import { InfoTraffic } from './support/info-traffic';

const PCI = 1 << 1;
const CAPS = 1 << 7;
const AP = 1 << 5;
const BASE = 1;
const GROUP = 2;
const UTIL = 3;
const PFIP = 4;
const ALL = zpciCapabilities('big');

const onS390 = (claims: readonly string[] = ['zpci']) =>
  new InfoTraffic(oracle, { order: 'big', architecture: 's390x', claims });
const show = (traffic: InfoTraffic, chain: readonly Capability[], flags = PCI) =>
  traffic.device(vfioDeviceInfo.size + chainSize(chain), traffic.deviceAnswer(flags, chain));
/** A chain in which one capability is changed. */
const changed = (id: number, change: (capability: Capability) => Capability) =>
  ALL.map((capability) => (capability.id === id ? change(capability) : capability));
const edited = (id: number, edit: (body: DataView) => void) =>
  changed(id, (capability) => {
    const body = capability.body.slice();
    edit(new DataView(body.buffer));
    return { ...capability, body };
  });

describe.each(['little', 'big'] as const)('%s endian', (order) => {
  test('what a real function shows', () => {
    const traffic = new InfoTraffic(oracle, { order, architecture: 's390x', claims: ['zpci'] });
    show(show(traffic, zpciCapabilities(order)), [...zpciCapabilities(order)].reverse());
    expect(traffic.said).toEqual([]);
    for (const clause of oracle.clauses) expect([clause, traffic.kept(clause)]).toEqual([clause, true]);
    expect(traffic.judge.inapplicable).toEqual(new Set());
  });
});

test.each([
  [
    'version 1',
    ALL.map((one) =>
      one.version === 2 ? { ...one, version: 1, body: one.body.subarray(0, one.id === BASE ? 24 : 32) } : one,
    ),
  ],
  [
    'a version of later',
    changed(BASE, (one) => ({ ...one, version: 9, body: new Uint8Array([...one.body, ...new Uint8Array(40)]) })),
  ],
  ['unknown capabilities among them', [{ id: 0x7777, version: 1, body: new Uint8Array(5) }, ...ALL]],
])('%s', (_what, chain) => {
  expect(show(onS390(), chain).said).toEqual([]);
});

describe('BASE and GROUP missing', () => {
  test('is the device’s failure under the claim, said once', () => {
    const without = ALL.filter(({ id }) => id !== GROUP);
    const traffic = show(show(onS390(), without), without);
    expect(traffic.said).toEqual(['ZPCI-PRESENT']);
    expect(traffic.judge.observations).toHaveLength(1);
    expect(traffic.judge.inapplicable.has('ZPCI-GROUP')).toBe(false);
    const nothing = show(onS390(), []);
    expect(nothing.said).toEqual(['ZPCI-PRESENT']);
    expect(nothing.judge.inapplicable).toEqual(new Set());
  });

  test('is no failure where nobody claims them', () => {
    const traffic = show(new InfoTraffic(oracle), []);
    expect(traffic.said).toEqual([]);
    expect(traffic.judge.inapplicable).toEqual(new Set(oracle.clauses));
  });

  test('cannot be told where a chain is announced and not given', () => {
    const traffic = onS390();
    expect(traffic.device(20, traffic.deviceAnswer(PCI | CAPS)).said).toEqual([]);
  });
});

test('UTIL and PFIP may be missing', () => {
  const traffic = show(
    onS390(),
    ALL.filter(({ id }) => id < UTIL),
  );
  expect(traffic.said).toEqual([]);
  expect(traffic.judge.inapplicable).toEqual(new Set(['ZPCI-UTIL', 'ZPCI-PFIP']));
});

test.each([
  ['on another architecture', new InfoTraffic(oracle, { order: 'big' }), ALL, PCI],
  ['on another bus', onS390([]), ALL, AP],
  ['twice', onS390(), [...ALL, ...ALL.slice(0, 1)], PCI],
])('ids 1 to 4 %s', (_what, traffic, chain, flags) => {
  expect(show(traffic, chain, flags).said).toEqual(['ZPCI-UNIQUE']);
});

test.each([
  [
    'ZPCI-BASE',
    'without the fh that its version has',
    changed(BASE, (one) => ({ ...one, body: one.body.subarray(0, 24) })),
  ],
  ['ZPCI-BASE', 'with a range that ends before it begins', edited(BASE, (body) => body.setBigUint64(0, 1n << 62n))],
  ['ZPCI-BASE', 'of version 0', changed(BASE, (one) => ({ ...one, version: 0 }))],
  ['ZPCI-GROUP', 'cut short', changed(GROUP, (one) => ({ ...one, body: one.body.subarray(0, 24) }))],
  ['ZPCI-GROUP-RESERVED', 'with an unknown flag', edited(GROUP, (body) => body.setBigUint64(16, 3n))],
  ['ZPCI-UTIL', 'with a wild size', edited(UTIL, (body) => body.setUint32(0, 0xffff_ffff))],
  ['ZPCI-UTIL', 'without its size', changed(UTIL, (one) => ({ ...one, body: new Uint8Array(0) }))],
  ['ZPCI-PFIP', 'with a byte more than there is', edited(PFIP, (body) => body.setUint32(0, 5))],
])('%s %s', (clause, _what, chain) => {
  expect(show(onS390(), chain).said).toEqual([clause]);
});

describe('on another call', () => {
  test('a capability that changed, or is gone', () => {
    const other = edited(BASE, (body) => body.setUint16(20, 7));
    expect(show(show(onS390(), ALL), other).said).toEqual(['ZPCI-STABLE']);
    expect(show(show(onS390(), ALL), ALL.slice(0, 2)).said).toEqual(['ZPCI-STABLE']);
    expect(show(show(onS390(), ALL), []).said).toEqual(['ZPCI-STABLE']);
  });

  test('fh may be another one', () => {
    expect(
      show(
        show(onS390(), ALL),
        edited(BASE, (body) => body.setUint32(24, 7)),
      ).said,
    ).toEqual([]);
  });

  test('with more room than was asked for, what lies behind the last one is nobody’s', () => {
    const chain = edited(PFIP, (body) => body.setUint32(0, 5));
    const traffic = onS390();
    const answer = traffic.deviceAnswer(PCI, chain);
    expect(traffic.device(20, answer).device(4096, answer).said).toEqual([]);
  });
});
