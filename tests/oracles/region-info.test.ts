/** VFIO_DEVICE_GET_REGION_INFO and GET_IRQ_INFO as they cross the port: argsz, the chain, types, and CCW devices. */
import { vfioRegionInfo } from '../../runner/abi';
import { oracle } from '../../runner/oracles/region-info';
import { sparseCapability, typeCapability } from '../../runner/reference/device/region';
import { type Answer, EINVAL, InfoTraffic, refused } from './support/info-traffic';

const PCI = 1 << 1;
const CCW = 1 << 4;
const MIGRATION = typeCapability(3, 1, 'little');
const SIZE = vfioRegionInfo.size;
const AMPLE = 4096;

const device = (flags: number) => {
  const traffic = new InfoTraffic(oracle);
  return traffic.device(24, traffic.deviceAnswer(flags));
};
const typed = (type: number, subtype: number): Answer =>
  new InfoTraffic(oracle).regionAnswer(0x1000, [typeCapability(type, subtype, 'little')]);
const plain = new InfoTraffic(oracle).regionAnswer(0x1000);

test('a region that answers by the rules, with every argsz', () => {
  const traffic = device(PCI);
  const answer = traffic.regionAnswer(0x10000, [MIGRATION, sparseCapability([{ offset: 4096, size: 4096 }], 'little')]);
  for (const argsz of [SIZE, SIZE + 8, SIZE + 16, AMPLE]) traffic.region(9, argsz, answer);
  expect(traffic.region(8, SIZE, refused).region(8, AMPLE, refused).said).toEqual([]);
  for (const clause of ['REG-INFO-CHAIN', 'REG-TYPE-MIG'])
    expect([clause, traffic.kept(clause)]).toEqual([clause, true]);
  expect(traffic.judge.inapplicable).toEqual(new Set(['REG-TYPE-CCW', 'IRQ-CCW-INDEX']));
});

describe('argsz', () => {
  test('for whose sake an index is refused that answers with more', () => {
    expect(device(PCI).region(9, SIZE, refused).region(9, AMPLE, typed(3, 1)).said).toEqual(['REG-INFO-CHAIN']);
    expect(device(PCI).region(9, AMPLE, typed(3, 1)).region(9, SIZE, refused).said).toEqual(['REG-INFO-CHAIN']);
  });

  test('past which something is written', () => {
    const over: Answer = (buffer) => {
      const result = typed(3, 1)(buffer);
      buffer.setUint8(SIZE + 2, 0);
      return result;
    };
    expect(device(PCI).region(9, SIZE, over).said).toEqual(['REG-INFO-CHAIN']);
  });

  test('that is not told', () => {
    const kept: Answer = (buffer) => {
      const result = typed(3, 1)(buffer);
      buffer.setUint32(0, SIZE, true);
      return result;
    };
    expect(device(PCI).region(9, SIZE, kept).region(9, AMPLE, typed(3, 1)).said).toEqual(['REG-INFO-CHAIN']);
  });
});

test('a sparse list that says more than there is', () => {
  const answer: Answer = (buffer) => {
    const list = sparseCapability([{ offset: 4096, size: 4096 }], 'little');
    const result = device(PCI).regionAnswer(0x10000, [list])(buffer);
    buffer.setUint32(SIZE + 8, 1000, true);
    return result;
  };
  expect(device(PCI).region(9, AMPLE, answer).said).toEqual(['REG-INFO-CHAIN']);
});

test('two migration regions', () => {
  expect(device(PCI).region(9, AMPLE, typed(3, 1)).region(10, AMPLE, typed(3, 1)).said).toEqual(['REG-TYPE-MIG']);
  expect(device(PCI).region(9, AMPLE, typed(3, 1)).region(10, AMPLE, typed(3, 2)).said).toEqual([]);
});

describe('a CCW device', () => {
  test('by the text, with the migration region among its own', () => {
    const traffic = device(CCW).region(0, AMPLE, plain);
    for (const subtype of [1, 2, 3]) traffic.region(subtype, AMPLE, typed(2, subtype));
    expect(traffic.region(4, AMPLE, typed(3, 1)).said).toEqual([]);
    expect(traffic.kept('REG-TYPE-CCW')).toBe(true);
  });

  test.each([
    ['has no type', plain, ['REG-TYPE-CCW']],
    ['is of type GFX', typed(1, 1), ['REG-TYPE-CCW']],
    ['is of a PCI vendor', typed(0x8000_1234, 1), ['REG-TYPE-CCW']],
    ['is of a type of later', typed(77, 1), ['REG-TYPE-CCW (reported)']],
    ['is of a subtype of later', typed(2, 4), ['REG-TYPE-CCW (reported)']],
  ])('whose region 1 %s', (_what, answer, said) => {
    expect(device(CCW).region(1, AMPLE, answer).said).toEqual(said);
  });

  test('whose region 0 is of type CCW, or one of them is there twice', () => {
    expect(device(CCW).region(0, AMPLE, typed(2, 1)).said).toEqual(['REG-TYPE-CCW']);
    expect(device(CCW).region(1, AMPLE, typed(2, 2)).region(2, AMPLE, typed(2, 2)).said).toEqual(['REG-TYPE-CCW']);
  });

  test('whose chain was not given says nothing of the type', () => {
    expect(device(CCW).region(1, SIZE, typed(2, 1)).said).toEqual([]);
  });

  test('has interrupts IO, CRW and REQ', () => {
    const counted =
      (count: number): Answer =>
      (buffer) => {
        buffer.setUint32(12, count, true);
        return 0;
      };
    const traffic = device(CCW);
    for (const index of [0, 1, 2]) traffic.irq(index, counted(1));
    expect(traffic.said).toEqual([]);
    expect(traffic.kept('IRQ-CCW-INDEX')).toBe(true);
    expect(traffic.irq(3, counted(1)).said).toEqual(['IRQ-CCW-INDEX (reported)']);
    expect(device(CCW).irq(0, counted(0)).said).toEqual(['IRQ-CCW-INDEX']);
    expect(device(CCW).irq(1, () => EINVAL).said).toEqual(['IRQ-CCW-INDEX']);
  });
});
