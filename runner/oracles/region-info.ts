/** Judges VFIO_DEVICE_GET_REGION_INFO and GET_IRQ_INFO: chains, types, the indexes of CCW devices (header diff, lines 37, 44-49, 188-193, 280-283). */
import {
  type Capability,
  decodeSparseMmapAreas,
  VFIO_DEVICE_FLAGS_CCW,
  VFIO_REGION_INFO_CAP_SPARSE_MMAP,
  VFIO_REGION_INFO_CAP_TYPE,
  VFIO_REGION_INFO_FLAG_CAPS,
  VFIO_REGION_TYPE_CCW,
  vfioRegionInfoCapSparseMmap,
  vfioRegionInfoCapType,
} from '../abi';
import { type InfoMemory, type InfoShape, judgeInfoReply } from './info-reply';
import type { Judge } from './judge';
import type { Oracle, OracleFacts, OracleHooks } from './oracle';
import type { DeviceView, InfoExchange } from './views';

const REGION_INFO: InfoShape = {
  name: 'VFIO_DEVICE_GET_REGION_INFO',
  capsBit: VFIO_REGION_INFO_FLAG_CAPS,
  capOffsetAt: 12,
  minimum: 32,
  headSize: 32,
  clauses: { argsz: 'REG-INFO-CHAIN', chain: 'REG-INFO-CHAIN' },
};

const MIGRATION_TYPE = 3;
const KNOWN_CCW_SUBTYPES = 3;

class RegionInfoOracle implements OracleHooks {
  private readonly memories = new Map<DeviceView, Map<number, InfoMemory>>();

  constructor(
    private readonly judge: Judge,
    private readonly facts: OracleFacts,
  ) {}

  regionInfo(device: DeviceView, index: number, exchange: InfoExchange): void {
    const memories = this.memories.get(device) ?? new Map<number, InfoMemory>();
    this.memories.set(device, memories);
    const memory = memories.get(index) ?? { needed: 0 };
    memories.set(index, memory);
    const chain = judgeInfoReply(this.judge, this.facts, exchange, REGION_INFO, memory);
    for (const capability of chain?.capabilities ?? []) this.judgeCapability(capability, index);
    if (exchange.result >= 0 && chain) this.judgeTypes(device, index);
    const isCcw = device.info !== undefined && (device.info.flags & VFIO_DEVICE_FLAGS_CCW) !== 0;
    if (device.info && !isCcw) {
      for (const clause of ['REG-TYPE-CCW', 'IRQ-CCW-INDEX'])
        this.judge.notApplicable(clause, `the device is not a CCW device (flags 0x${device.info.flags.toString(16)})`);
    }
  }

  irqInfo(device: DeviceView, index: number, exchange: InfoExchange): void {
    const isCcw = device.info !== undefined && (device.info.flags & VFIO_DEVICE_FLAGS_CCW) !== 0;
    if (!isCcw || index >= (device.info?.numIrqs ?? 0)) return;
    if (index > 2) {
      this.judge.reported('IRQ-CCW-INDEX', `IRQ index ${index}: the text knows 0 IO, 1 CRW, 2 REQ`);
      return;
    }
    this.judge.check('IRQ-CCW-INDEX', exchange.result >= 0, () => ({
      expected: `IRQ index ${index} of a CCW device, below num_irqs, answers`,
      observed: `errno ${-exchange.result}`,
    }));
  }

  deviceClosed(device: DeviceView): void {
    this.memories.delete(device);
  }

  private judgeCapability(capability: Capability, index: number): void {
    const { bytes } = capability;
    if (capability.id === VFIO_REGION_INFO_CAP_TYPE) {
      this.judge.check('REG-INFO-CHAIN', bytes.length >= vfioRegionInfoCapType.size, () => ({
        expected: `region ${index}: the TYPE capability has its ${vfioRegionInfoCapType.size} bytes`,
        observed: `${bytes.length} bytes up to the next capability or the end`,
      }));
    } else if (capability.id === VFIO_REGION_INFO_CAP_SPARSE_MMAP) {
      const fits =
        bytes.length >= vfioRegionInfoCapSparseMmap.size && decodeSparseMmapAreas(bytes, this.facts.byteOrder).fits;
      this.judge.check('REG-INFO-CHAIN', fits, () => ({
        expected: `region ${index}: the areas that nr_areas counts lie inside the SPARSE_MMAP capability`,
        observed: `${bytes.length} bytes up to the next capability or the end`,
      }));
    }
  }

  private judgeTypes(device: DeviceView, index: number): void {
    const type = device.regions.get(index)?.type;
    if (!type) return;
    const same = [...device.regions.values()].filter(
      (other) => other.type?.type === type.type && other.type.subtype === type.subtype,
    );
    const expected = 'each kind of device-specific region at most once';
    const observed = `regions ${same.map((region) => region.index).join(' and ')} are both type ${type.type}, subtype ${type.subtype}`;
    if (type.type === MIGRATION_TYPE && type.subtype === 1)
      this.judge.check('REG-TYPE-MIG', same.length === 1, () => ({ expected, observed }));
    if (type.type !== VFIO_REGION_TYPE_CCW) return;
    if (type.subtype < 1 || type.subtype > KNOWN_CCW_SUBTYPES) {
      this.judge.reported(
        'REG-TYPE-CCW',
        `region ${index} has CCW subtype ${type.subtype}, which the text does not know`,
      );
      return;
    }
    this.judge.check('REG-TYPE-CCW', same.length === 1 && index >= 1, () => ({
      expected: `${expected}, from index 1 on`,
      observed: same.length === 1 ? `it is region ${index}` : observed,
    }));
  }
}

export const oracle: Oracle = {
  name: 'region-info',
  clauses: ['REG-INFO-CHAIN', 'REG-TYPE-MIG', 'REG-TYPE-CCW', 'IRQ-CCW-INDEX'],
  create: (judge, facts) => new RegionInfoOracle(judge, facts),
};
