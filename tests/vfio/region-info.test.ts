import { encodeSparseMmap, vfioRegionInfo, vfioRegionInfoCapSparseMmap, vfioRegionInfoCapType } from '../../runner/abi';
import { readIommuInfo } from '../../runner/vfio/iommu-info';
import { DEFAULT_LIMITS } from '../../runner/vfio/limits';
import { onIoctl } from '../support/scripted-host';
import { open, value } from './support';

const HEAD = vfioRegionInfo.size;

/** A driver whose region has this chain; each part is placed at its offset. */
const region = (flags: number, parts: readonly (readonly [at: number, bytes: Uint8Array])[], index?: number) =>
  onIoctl('VFIO_DEVICE_GET_REGION_INFO', 'device', (buffer) => {
    const end = Math.max(HEAD, ...parts.map(([at, bytes]) => at + bytes.length));
    const enough = vfioRegionInfo.getField(buffer, 'argsz', 'little') >= end;
    const cap_offset = enough ? (parts[0]?.[0] ?? 0) : 0;
    vfioRegionInfo.encodeInto(buffer, { argsz: end, flags, size: 0x8000n, cap_offset }, 'little');
    if (index !== undefined) {
      vfioRegionInfo.setField(buffer, 'index', index, 'little');
    }
    if (enough) {
      for (const [at, bytes] of parts) {
        buffer.set(bytes, at);
      }
    }
    return 0;
  });

const type = (next: number): Uint8Array =>
  vfioRegionInfoCapType.encode({ header: { id: 2, version: 1, next }, type: 3, subtype: 1 }, 'little');
const areas = [{ offset: 0x1000n, size: 0x1000n }];
const ask = (script: ReturnType<typeof region>) => value(open('reference', script).opened.device.regionInfo(9));

test('type and areas are decoded, whatever the order of the chain', () => {
  const info = ask(
    region(0xf, [
      [32, encodeSparseMmap(1, 64, areas, 'little')],
      [64, type(0)],
    ]),
  );
  expect(info).toMatchObject({ type: { type: 3, subtype: 1 }, sparseAreas: areas, mappableAreas: areas, problems: [] });
});

test('a mappable region without areas is mappable as a whole, and areas without the flag mean nothing', () => {
  expect(ask(region(0x7, [])).mappableAreas).toEqual([{ offset: 0n, size: 0x8000n }]);
  const unmappable = ask(region(0xb, [[32, encodeSparseMmap(1, 0, areas, 'little')]]));
  expect([unmappable.sparseAreas, unmappable.mappableAreas]).toEqual([areas, []]);
});

test('what makes no sense comes along as a problem', () => {
  const lying = encodeSparseMmap(1, 0, areas, 'little');
  vfioRegionInfoCapSparseMmap.setField(lying, 'nr_areas', 1_000_000, 'little');
  const kinds = (script: ReturnType<typeof region>): string[] => ask(script).problems.map(({ kind }) => kind);
  expect(kinds(region(0xf, [[32, lying]]))).toEqual(['areas-outside']);
  expect(kinds(region(0xf, [[32, type(0).subarray(0, 12)]]))).toEqual(['truncated-capability']);
  expect(
    kinds(
      region(0xf, [
        [32, type(48)],
        [48, type(0)],
      ]),
    ),
  ).toEqual(['repeated-capability']);
  expect(kinds(region(0x3, [], 4))).toEqual(['index-changed']);
});

test('a region whose TYPE cannot be read is no migration region', () => {
  const { opened } = open('reference', region(0xf, [[32, type(0).subarray(0, 12)]]));
  expect(opened.device.migrationRegion()).toMatchObject({ ok: false, kind: 'unavailable' });
});

test.each([
  'reference',
  'reference:zpci',
  'reference:ccw',
  'reference:fsl-mc',
  'reference,be',
  'reference,page=64k',
])('%s: one migration region, and an IOMMU whose information has no problems', (name) => {
  const { opened, host } = open(name);
  const regions = value(opened.device.listRegions());
  const found = regions.filter(({ outcome }) => outcome.ok && outcome.value.type?.type === 3);
  expect(found).toHaveLength(1);
  expect(value(opened.device.migrationRegion()).region.info.index).toBe(found[0]?.index);
  const info = value(readIommuInfo(host, opened.container.fd, DEFAULT_LIMITS));
  expect(info.problems).toEqual([]);
  expect(info.dirtyLogging).toMatchObject({ version: 1, maxBitmapBytes: 1n << 28n });
  expect(info.pageSizes & BigInt(host.facts.pageSize)).toBe(BigInt(host.facts.pageSize));
});
