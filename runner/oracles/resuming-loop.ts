/** Follows the loop of steps a to c in _RESUMING (header diff, lines 227-244). What comes after a provocation is judged by its own clause only. */
import { errnoName, VFIO_DEVICE_STATE_MASK } from '../abi';
import type { Judge } from './judge';
import type { Oracle, OracleFacts, OracleHooks } from './oracle';
import { type Partition, partitionOf } from './partition';
import type { DeviceView, FieldAccess, SectionAccess } from './views';

const RESUMING = 0b100;
const STRUCTURE_SIZE = 32n;

interface Loop {
  /** data_offset of the current buffer. */
  offset: bigint | undefined;
  readonly partition: Partition;
}

class ResumingLoopOracle implements OracleHooks {
  private readonly loops = new Map<DeviceView, Loop>();

  constructor(
    private readonly judge: Judge,
    private readonly facts: OracleFacts,
  ) {}

  fieldRead(device: DeviceView, access: FieldAccess): void {
    if (!isResuming(device) || access.field !== 'data_offset') return;
    if (access.result !== 8) {
      if (access.result < 0) this.reportError('read of data_offset', access.result);
      return;
    }
    const loop = this.loop(device);
    loop.offset = access.value;
    const region = device.migration;
    if (!region || device.provoked.size > 0) return;
    loop.partition.seen(access.value);
    this.judge.check('RES-OFFSET', access.value >= STRUCTURE_SIZE && access.value < region.size, () => ({
      expected: `data_offset in the data section: from ${STRUCTURE_SIZE} to below the region's ${region.size} bytes`,
      observed: `0x${access.value.toString(16)}`,
    }));
    const mappable = region.areas.some((area) => access.value >= area.offset && access.value < area.offset + area.size);
    if (!mappable) return;
    this.judge.check('MIG-MMAP-ALIGN', access.value % BigInt(this.facts.pageSize) === 0n, () => ({
      expected: `data_offset in a mappable area is a multiple of the page size, ${this.facts.pageSize}`,
      observed: `0x${access.value.toString(16)}`,
    }));
  }

  sectionWrite(device: DeviceView, access: SectionAccess): void {
    const offset = this.loops.get(device)?.offset;
    const region = device.migration;
    if (!isResuming(device) || offset === undefined || !region) return;
    if (access.result < 0) this.reportError('write to the data section', access.result);
    const inside = access.offset >= offset && access.offset + BigInt(access.length) <= region.size;
    if (!inside || device.given === 'wrong' || device.provoked.size > 0) return;
    const mappable = region.areas.some(
      (area) => access.offset >= area.offset && access.offset < area.offset + area.size,
    );
    const clause = mappable && access.via === 'read' ? 'MIG-MMAP-OPTIONAL' : 'RES-WRITE';
    this.judge.check(clause, access.result > 0, () => ({
      expected: `a write of ${access.length} bytes at 0x${access.offset.toString(16)} of the data section is taken`,
      observed: access.result === 0 ? 'it returned 0' : `it failed with ${errnoName(-access.result) ?? access.result}`,
    }));
    if (access.result > 0 && clause !== 'RES-WRITE') this.judge.kept('RES-WRITE');
  }

  fieldWrite(device: DeviceView, access: FieldAccess): void {
    if (access.field === 'device_state') this.forget(device);
    if (!isResuming(device) || access.field !== 'data_size') return;
    if (access.result < 0) this.reportError('write of data_size', access.result);
    const offset = this.loops.get(device)?.offset;
    const region = device.migration;
    if (offset === undefined || !region || offset >= region.size) return;
    const room = region.size - offset;
    if (access.value <= room) return;
    this.judge.check('RES-OVERSIZE', access.result < 0, () => ({
      expected: `data_size ${access.value} is more than the ${room} bytes of the section behind data_offset: an error`,
      observed: 'the write succeeded',
    }));
  }

  deviceReset(device: DeviceView): void {
    this.forget(device);
  }

  deviceClosed(device: DeviceView): void {
    this.forget(device);
  }

  private reportError(what: string, result: number): void {
    this.judge.reported('RES-ERR', `${what} failed with ${errnoName(-result) ?? result}`);
  }

  private forget(device: DeviceView): void {
    this.loops.get(device)?.partition.report(this.judge, 'resuming');
    this.loops.delete(device);
  }

  private loop(device: DeviceView): Loop {
    let loop = this.loops.get(device);
    if (!loop) {
      loop = { offset: undefined, partition: partitionOf() };
      this.loops.set(device, loop);
    }
    return loop;
  }
}

function isResuming(device: DeviceView): boolean {
  return device.state !== undefined && (device.state & VFIO_DEVICE_STATE_MASK) === RESUMING;
}

export const oracle: Oracle = {
  name: 'resuming-loop',
  clauses: [
    'RES-OFFSET',
    'RES-WRITE',
    'RES-OVERSIZE',
    'RES-ERR',
    'MIG-MMAP-ALIGN',
    'MIG-MMAP-OPTIONAL',
    'MIG-PARTITION',
  ],
  create: (judge, facts) => new ResumingLoopOracle(judge, facts),
};
