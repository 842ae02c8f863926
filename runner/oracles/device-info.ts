/** Judges VFIO_DEVICE_GET_INFO, VFIO_DEVICE_RESET against its flag, and indexes past the counts (header diff, lines 6-14). */
import { busNames, errnoName, VFIO_DEVICE_FLAGS_CAPS, VFIO_DEVICE_FLAGS_RESET } from '../abi';
import { type InfoMemory, type InfoShape, judgeInfoReply, u32 } from './info-reply';
import type { Judge } from './judge';
import type { Oracle, OracleFacts, OracleHooks } from './oracle';
import type { DeviceView, InfoExchange } from './views';

export const DEVICE_INFO: InfoShape = {
  name: 'VFIO_DEVICE_GET_INFO',
  capsBit: VFIO_DEVICE_FLAGS_CAPS,
  capOffsetAt: 16,
  minimum: 16,
  headSize: 20,
  clauses: { argsz: 'DEV-INFO-ARGSZ', caps: 'DEV-INFO-CAPS', chain: 'DEV-INFO-CHAIN' },
};

/** Bits that no bus type of today has; a device of a later bus type may set only these. */
const UNKNOWN_BITS = ~0x1ff;

class DeviceInfoOracle implements OracleHooks {
  private readonly memories = new Map<DeviceView, InfoMemory>();

  constructor(
    private readonly judge: Judge,
    private readonly facts: OracleFacts,
  ) {}

  deviceInfo(device: DeviceView, exchange: InfoExchange): void {
    const memory = this.memories.get(device) ?? { needed: 0 };
    this.memories.set(device, memory);
    const given = u32(exchange.sent, 0, this.facts) ?? 0;
    if (given >= DEVICE_INFO.minimum && exchange.result < 0) {
      this.judge.broken('DEV-INFO-ARGSZ', {
        expected: `VFIO_DEVICE_GET_INFO with argsz ${given} succeeds`,
        observed: errnoName(-exchange.result),
      });
    }
    judgeInfoReply(this.judge, this.facts, exchange, DEVICE_INFO, memory);
    if (given < DEVICE_INFO.minimum || exchange.result < 0) return;
    const flags = u32(exchange.answer, 4, this.facts) ?? 0;
    const buses = busNames(flags);
    const one = buses.length === 1 || (buses.length === 0 && (flags & UNKNOWN_BITS) !== 0);
    this.judge.check('DEV-INFO-FLAGS', one, () => ({
      expected: 'flags name one bus type',
      observed: `flags 0x${flags.toString(16)}: ${buses.length === 0 ? 'none' : buses.join(', ')}`,
    }));
    // Under the claim that it has capabilities, that there are none is no excuse.
    if ((flags & VFIO_DEVICE_FLAGS_CAPS) !== 0 || this.facts.claims?.includes('zpci') === true) return;
    for (const clause of ['DEV-INFO-CAPS', 'DEV-INFO-CHAIN'] as const) {
      this.judge.notApplicable(clause, `the device info has no VFIO_DEVICE_FLAGS_CAPS (flags 0x${flags.toString(16)})`);
    }
  }

  deviceReset(device: DeviceView, result: number): void {
    if (!device.info || result === -11) return;
    // Without the flag either answer is allowed: kernel samples reset all the same.
    if ((device.info.flags & VFIO_DEVICE_FLAGS_RESET) === 0) return;
    // What a reset comes to in the middle of a migration is RES-RESET's and STATE-RESET's to say.
    const inMigration =
      device.migration !== undefined && (device.state === undefined || (device.state & 0b111) !== 0b001);
    if (inMigration) return;
    this.judge.check('DEV-INFO-FLAGS', result >= 0, () => ({
      expected: 'VFIO_DEVICE_RESET works: the flags have VFIO_DEVICE_FLAGS_RESET',
      observed: errnoName(-result),
    }));
  }

  regionInfo(device: DeviceView, index: number, exchange: InfoExchange): void {
    if (device.info) this.judgeIndex('region', index, device.info.numRegions, exchange);
  }

  irqInfo(device: DeviceView, index: number, exchange: InfoExchange): void {
    if (device.info) this.judgeIndex('IRQ', index, device.info.numIrqs, exchange);
  }

  deviceClosed(device: DeviceView): void {
    this.memories.delete(device);
  }

  /** Below the count an index may be refused too; at or past it nothing else will do. */
  private judgeIndex(what: string, index: number, count: number, exchange: InfoExchange): void {
    if (index < count) return;
    this.judge.check('DEV-INFO-COUNTS', exchange.result < 0, () => ({
      expected: `${what} index ${index} is refused: the device has ${count}`,
      observed: 'the call succeeded',
    }));
  }
}

export const oracle: Oracle = {
  name: 'device-info',
  clauses: ['DEV-INFO-ARGSZ', 'DEV-INFO-CAPS', 'DEV-INFO-CHAIN', 'DEV-INFO-FLAGS', 'DEV-INFO-COUNTS'],
  create: (judge, facts) => new DeviceInfoOracle(judge, facts),
};
