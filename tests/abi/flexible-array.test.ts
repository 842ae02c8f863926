import {
  decodeIovaRanges,
  decodeSizedBytes,
  decodeSparseMmapAreas,
  decodeZpciPfip,
  decodeZpciUtil,
  encodeDirtyPagesGet,
  encodeIovaRanges,
  encodeIrqSetEventfds,
  encodeSparseMmap,
  encodeUnmapWithBitmap,
  vfioBitmap,
  vfioDeviceInfoCapZpciUtil,
  vfioIommuType1DirtyBitmapGet,
  vfioIrqSet,
  vfioRegionInfoCapSparseMmap,
} from '../../runner/abi';

test.each(['little', 'big'] as const)('sparse areas and IOVA ranges survive the way there and back (%s)', (order) => {
  const areas = [
    { offset: 0x1000n, size: 0x2000n },
    { offset: 2n ** 63n, size: 1n },
  ];
  expect(decodeSparseMmapAreas(encodeSparseMmap(1, 0, areas, order), order)).toEqual({
    count: 2,
    elements: areas,
    fits: true,
  });
  const ranges = [
    { start: 0n, end: 0xfedf_ffffn },
    { start: 0xfef0_0000n, end: 2n ** 64n - 1n },
  ];
  expect(decodeIovaRanges(encodeIovaRanges(1, 64, ranges, order), order)).toEqual({
    count: 2,
    elements: ranges,
    fits: true,
  });
});

test('a count that promises more than there is gives what there is and says so', () => {
  const bytes = encodeSparseMmap(1, 0, [{ offset: 1n, size: 2n }], 'little');
  vfioRegionInfoCapSparseMmap.setField(bytes, 'nr_areas', 0xffff_ffff, 'little');
  const areas = decodeSparseMmapAreas(bytes.subarray(0, bytes.length - 1), 'little');
  expect(areas).toEqual({ count: 0xffff_ffff, elements: [], fits: false });
  expect(decodeSparseMmapAreas(bytes, 'little').elements).toHaveLength(1);
});

test('zPCI strings are cut at the buffer, and say so', () => {
  const bytes = new Uint8Array(20);
  vfioDeviceInfoCapZpciUtil.encodeInto(bytes, { size: 8 }, 'big');
  bytes.fill(0xc1, 12);
  expect(decodeZpciUtil(bytes, 'big')).toEqual({ size: 8, bytes: new Uint8Array(8).fill(0xc1), fits: true });
  expect(decodeZpciPfip(bytes.subarray(0, 16), 'big')).toMatchObject({ size: 8, fits: false });
  expect(decodeSizedBytes(0, bytes, 20)).toEqual({ size: 0, bytes: new Uint8Array(0), fits: true });
});

test('SET_IRQS carries its eventfds, -1 for none, and refuses what is no descriptor', () => {
  const set = encodeIrqSetEventfds({ flags: 0x24, index: 2, start: 1, eventfds: [7, -1] }, 'big');
  expect(vfioIrqSet.decode(set, 'big')).toEqual({ argsz: 28, flags: 0x24, index: 2, start: 1, count: 2 });
  expect([...set.subarray(20)]).toEqual([0, 0, 0, 7, 255, 255, 255, 255]);
  expect(() => encodeIrqSetEventfds({ flags: 0, index: 0, start: 0, eventfds: [-2] }, 'big')).toThrow(RangeError);
});

test('calls with a bitmap cover both structures, and not the bitmap, with argsz', () => {
  const bitmap = { pgsize: 4096n, size: 8n, data: 0x7fff_0000_0000n };
  const get = { iova: 0x1000n, size: 0x40000n, bitmap };
  const call = encodeDirtyPagesGet({ flags: 4, get }, 'little');
  expect([call.length, call[0]]).toEqual([48, 48]);
  expect(vfioIommuType1DirtyBitmapGet.decode(call, 'little', 8)).toEqual(get);
  const unmap = encodeUnmapWithBitmap({ flags: 1, iova: 0n, size: 0x1000n, bitmap }, 'little');
  expect([unmap.length, unmap[0]]).toEqual([48, 48]);
  expect(vfioBitmap.decode(unmap, 'little', 24)).toEqual(bitmap);
});
