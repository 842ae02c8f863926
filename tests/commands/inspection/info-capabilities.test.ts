/** Capabilities of regions and of the IOMMU that are rare, gone or not known yet: all of them are shown. */
import { createColors } from 'picocolors';
import type { Capability, CapabilityChain } from '../../../runner/abi';
import { collect } from '../../../runner/commands/inspection/collect';
import type { InspectReport } from '../../../runner/commands/inspection/report';
import { inspectText } from '../../../runner/commands/inspection/text';
import { createReferenceHost } from '../../../runner/host/reference/create-reference-host';
import { parseDeviceAddress } from '../../../runner/vfio/device-address';
import { openDevice } from '../../../runner/vfio/open-device';

function capability(id: number, hex: string, offset = 0x40, version = 1): Capability {
  return { id, version, offset, next: 0, bytes: Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex')) };
}

/** The report on a device whose BAR0 and IOMMU show these besides their own. */
function inspect(name: string, ofBar0: readonly Capability[], ofIommu: readonly Capability[]): InspectReport {
  const host = createReferenceHost({ device: name });
  try {
    const address = parseDeviceAddress(name);
    if (!address.ok) throw new Error(address.message);
    const opened = openDevice(host, address.value);
    if (!opened.ok) throw new Error(opened.failure.message);
    const { device, iommu } = opened.value;
    const bar0 = device.regionInfo(0);
    const info = iommu.info();
    if (!bar0.ok || !info.ok) throw new Error('no information');
    const more = (chain: CapabilityChain, capabilities: readonly Capability[]): CapabilityChain => ({
      ...chain,
      capabilities: [...chain.capabilities, ...capabilities],
    });
    const other = { ...bar0.value, chain: more(bar0.value.chain, ofBar0) };
    const regionInfo = device.regionInfo.bind(device);
    jest
      .spyOn(device, 'regionInfo')
      .mockImplementation((index) => (index === 0 ? { ok: true, value: other } : regionInfo(index)));
    jest
      .spyOn(iommu, 'info')
      .mockReturnValue({ ok: true, value: { ...info.value, chain: more(info.value.chain, ofIommu) } });
    return collect(opened.value, name, () => undefined);
  } finally {
    host.dispose();
  }
}

const lines = (report: InspectReport): readonly string[] =>
  inspectText(report, createColors(false))
    .split('\n')
    .filter((line) => /^ +capability /.test(line))
    .map((line) => line.trim());

const MSIX = '0300 0100 00000000';

test.each([
  ['MSIX_MAPPABLE', 3, MSIX, undefined, 'capability 3 (MSIX_MAPPABLE), version 1, at 64: 8 bytes: 0300010000000000'],
  [
    'NVLINK2_SSATGT',
    4,
    '0400 0100 00000000 0000 0000 0100 0000',
    'tgt 0x100000000',
    'capability 4 (NVLINK2_SSATGT), version 1, at 64: tgt 0x100000000; 16 bytes: 04000100000000000000000001000000',
  ],
  [
    'NVLINK2_LNKSPD',
    5,
    '0500 0100 00000000 09000000 00000000',
    'link_speed 0x9',
    'capability 5 (NVLINK2_LNKSPD), version 1, at 64: link_speed 0x9; 16 bytes: 05000100000000000900000000000000',
  ],
  [
    'NVLINK2_LNKSPD',
    5,
    '0500 0100 00000000 0900',
    'cut short, needs 16 bytes',
    'capability 5 (NVLINK2_LNKSPD), version 1, at 64: cut short, needs 16 bytes; 10 bytes: 05000100000000000900',
  ],
  [
    undefined,
    119,
    '7700 0100 00000000 c0ffee',
    undefined,
    'capability 119 (unknown), version 1, at 64: 11 bytes: 7700010000000000c0ffee',
  ],
])('%s of a region', (name, id, hex, decoded, line) => {
  const report = inspect('reference', [capability(id, hex)], []);
  expect(report.regions[0]?.capabilities).toEqual([
    {
      id,
      ...(name === undefined ? {} : { name }),
      version: 1,
      offset: 64,
      size: hex.replaceAll(' ', '').length / 2,
      bytes: hex.replaceAll(' ', ''),
      ...(decoded === undefined ? {} : { decoded }),
    },
  ]);
  expect(lines(report)).toEqual([line]);
});

test('fields are read in the order of the host', () => {
  const report = inspect('reference:ccw', [capability(5, '0005 0001 00000000 00000009 00000000')], []);
  expect(report.regions[0]?.capabilities?.at(-1)).toMatchObject({ name: 'NVLINK2_LNKSPD', decoded: 'link_speed 0x9' });
});

test('one of the IOMMU that nobody knows, behind those that are known', () => {
  const report = inspect('reference', [], [capability(9, '0900 0200 00000000 c0ffee00', 0x60, 2)]);
  expect(report.iommu.capabilities?.map(({ id, name }) => `${id} ${name ?? '-'}`)).toEqual([
    '2 MIGRATION',
    '3 DMA_AVAIL',
    '9 -',
  ]);
  expect(report.iommu.capabilities?.at(-1)).toEqual({
    id: 9,
    version: 2,
    offset: 0x60,
    size: 12,
    bytes: '0900020000000000c0ffee00',
  });
  expect(lines(report)).toEqual(['capability 9 (unknown), version 2, at 96: 12 bytes: 0900020000000000c0ffee00']);
});

test('what is long is cut, and says so', () => {
  const report = inspect('reference', [capability(200, `c800 0100 00000000 ${'ab'.repeat(1000)}`)], []);
  expect(report.regions[0]?.capabilities?.[0]).toMatchObject({ size: 1008 });
  expect(report.regions[0]?.capabilities?.[0]?.bytes).toHaveLength(512);
  expect(lines(report)).toEqual([expect.stringMatching(/: 1008 bytes: c80001[0-9a-f]{506}\.\.\.$/)]);
});
