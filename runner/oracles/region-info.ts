/** Judges VFIO_DEVICE_GET_REGION_INFO and GET_IRQ_INFO: chains, types, the indexes of CCW devices (header diff, lines 37, 44-49, 188-193, 280-283). */
import {
  type Capability,
  type CapabilityChain,
  decodeSparseMmapAreas,
  errnoName,
  VFIO_DEVICE_FLAGS_CCW,
  VFIO_REGION_INFO_CAP_SPARSE_MMAP,
  VFIO_REGION_INFO_CAP_TYPE,
  VFIO_REGION_INFO_FLAG_CAPS,
  VFIO_REGION_SUBTYPE_MIGRATION,
  VFIO_REGION_TYPE_CCW,
  VFIO_REGION_TYPE_GFX,
  VFIO_REGION_TYPE_MIGRATION,
  VFIO_REGION_TYPE_PCI_VENDOR_TYPE,
  vfioIrqInfo,
  vfioRegionInfoCapSparseMmap,
  vfioRegionInfoCapType,
} from '../abi';
import type { ClauseId } from '../language/scenario';
import { type InfoMemory, type InfoShape, judgeInfoReply, u32 } from './info-reply';
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

const KNOWN_CCW_SUBTYPES = 3;
const CCW_IRQS = ['IO', 'CRW', 'REQ'];

class RegionInfoOracle implements OracleHooks {
  private readonly memories = new Map<DeviceView, Map<number, RegionMemory>>();

  constructor(
    private readonly judge: Judge,
    private readonly facts: OracleFacts,
  ) {}

  regionInfo(device: DeviceView, index: number, exchange: InfoExchange): void {
    const memories = this.memories.get(device) ?? new Map<number, RegionMemory>();
    this.memories.set(device, memories);
    const memory = memories.get(index) ?? { needed: 0 };
    memories.set(index, memory);
    this.judgeRefusal(index, exchange, memory);
    const chain = judgeInfoReply(this.judge, this.facts, exchange, REGION_INFO, memory);
    for (const capability of chain?.capabilities ?? []) this.judgeCapability(capability, index);
    if (exchange.result >= 0 && chain && chain.problems.length === 0) this.judgeUnique(device, index);
    if (!device.info) return;
    if (isCcw(device)) this.judgeCcw(device, index, exchange, chain);
    else
      for (const clause of ['REG-TYPE-CCW', 'IRQ-CCW-INDEX'])
        this.judge.notApplicable(clause, `the device is not a CCW device (flags 0x${device.info.flags.toString(16)})`);
  }

  irqInfo(device: DeviceView, index: number, exchange: InfoExchange): void {
    if (!isCcw(device) || index >= (device.info?.numIrqs ?? 0)) return;
    const name = CCW_IRQS[index];
    if (name === undefined) {
      this.judge.reported('IRQ-CCW-INDEX', `IRQ index ${index}: the text knows 0 IO, 1 CRW, 2 REQ`);
      return;
    }
    const count = exchange.result < 0 ? 0 : (u32(exchange.answer, vfioIrqInfo.fields.count.offset, this.facts) ?? 0);
    this.judge.check('IRQ-CCW-INDEX', count > 0, () => ({
      expected: `IRQ index ${index} (${name}) of a CCW device, below num_irqs, has an interrupt`,
      observed: exchange.result < 0 ? errnoName(-exchange.result) : 'its count is 0',
    }));
  }

  deviceClosed(device: DeviceView): void {
    this.memories.delete(device);
  }

  /** An index may be refused for good; what is refused for the sake of argsz is not. */
  private judgeRefusal(index: number, exchange: InfoExchange, memory: RegionMemory): void {
    const given = u32(exchange.sent, 0, this.facts) ?? 0;
    if (given < REGION_INFO.minimum) return;
    if (exchange.result < 0) memory.refused ??= { argsz: given, result: exchange.result };
    else memory.answered ??= given;
    const { refused, answered } = memory;
    if (!refused || answered === undefined || memory.told) return;
    memory.told = true;
    this.judge.broken('REG-INFO-CHAIN', {
      expected: `region ${index}: an argsz of ${refused.argsz}, at least the structure's own size, is answered, and the argsz that is needed is told`,
      observed: `${errnoName(-refused.result)}; with argsz ${answered} the call succeeds`,
    });
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

  /** Each kind of device-specific region stands for one thing. */
  private judgeUnique(device: DeviceView, index: number): void {
    const type = device.regions.get(index)?.type;
    const clause = type && clauseOfType(type);
    if (!clause) return;
    const same = [...device.regions.values()].filter(
      (other) => other.type?.type === type.type && other.type.subtype === type.subtype,
    );
    this.judge.check(clause, same.length === 1, () => ({
      expected: 'each kind of device-specific region at most once',
      observed: `regions ${same.map((region) => region.index).join(' and ')} are both type ${type.type}, subtype ${type.subtype}`,
    }));
  }

  /** Region 0 is CONFIG and has no capability; every other one says what it is. */
  private judgeCcw(
    device: DeviceView,
    index: number,
    exchange: InfoExchange,
    chain: CapabilityChain | undefined,
  ): void {
    const region = device.regions.get(index);
    const flags = exchange.result < 0 ? 0 : (u32(exchange.answer, 4, this.facts) ?? 0);
    const announced = (flags & VFIO_REGION_INFO_FLAG_CAPS) !== 0;
    // Without the whole chain nothing can be said of what is in it.
    if (exchange.result < 0 || !region || (announced && (!chain || chain.problems.length > 0))) return;
    const { type } = region;
    if (index === 0 || region.size === 0n) {
      this.judge.check('REG-TYPE-CCW', type?.type !== VFIO_REGION_TYPE_CCW, () => ({
        expected: 'regions of type CCW from index 1 on',
        observed: `region ${index} (${region.size} bytes) is of type CCW, subtype ${type?.subtype}`,
      }));
      return;
    }
    const expected = `region ${index} of a CCW device says by a TYPE capability that it is of type 2 (CCW)`;
    if (!type) {
      this.judge.broken('REG-TYPE-CCW', { expected, observed: 'it has no TYPE capability' });
      return;
    }
    // The migration region may be any of them; what else may be added one day is not known.
    if (type.type === VFIO_REGION_TYPE_MIGRATION) return;
    const foreign = type.type === VFIO_REGION_TYPE_GFX || (type.type & VFIO_REGION_TYPE_PCI_VENDOR_TYPE) !== 0;
    if (foreign)
      this.judge.broken('REG-TYPE-CCW', { expected, observed: `type ${type.type}, subtype ${type.subtype}` });
    else if (type.type !== VFIO_REGION_TYPE_CCW || type.subtype < 1 || type.subtype > KNOWN_CCW_SUBTYPES)
      this.judge.reported('REG-TYPE-CCW', `region ${index} has type ${type.type}, subtype ${type.subtype}`);
  }
}

interface RegionMemory extends InfoMemory {
  refused?: { readonly argsz: number; readonly result: number };
  answered?: number;
  told?: boolean;
}

function isCcw(device: DeviceView): boolean {
  return device.info !== undefined && (device.info.flags & VFIO_DEVICE_FLAGS_CCW) !== 0;
}

/** The clause that says of this type that there is one such region. */
function clauseOfType({ type, subtype }: { readonly type: number; readonly subtype: number }): ClauseId | undefined {
  if (type === VFIO_REGION_TYPE_MIGRATION && subtype === VFIO_REGION_SUBTYPE_MIGRATION) return 'REG-TYPE-MIG';
  return type === VFIO_REGION_TYPE_CCW && subtype >= 1 && subtype <= KNOWN_CCW_SUBTYPES ? 'REG-TYPE-CCW' : undefined;
}

export const oracle: Oracle = {
  name: 'region-info',
  clauses: ['REG-INFO-CHAIN', 'REG-TYPE-MIG', 'REG-TYPE-CCW', 'IRQ-CCW-INDEX'],
  create: (judge, facts) => new RegionInfoOracle(judge, facts),
};
