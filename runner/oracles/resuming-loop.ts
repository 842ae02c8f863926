/** Follows the loop of steps a to c in _RESUMING (header diff, lines 227-244). */
import { errnoName, VFIO_DEVICE_STATE_MASK } from '../abi';
import type { Judge } from './judge';
import type { Oracle, OracleFacts, OracleHooks } from './oracle';
import type { DeviceView, FieldAccess, SectionAccess } from './views';

const RESUMING = 0b100;
const STRUCTURE_SIZE = 32n;

class ResumingLoopOracle implements OracleHooks {
  /** data_offset of the current buffer. */
  private readonly offsets = new Map<DeviceView, bigint>();

  constructor(
    private readonly judge: Judge,
    private readonly facts: OracleFacts,
  ) {}

  fieldRead(device: DeviceView, access: FieldAccess): void {
    if (!isResuming(device) || access.field !== 'data_offset') return;
    if (access.result !== 8) {
      if (access.result < 0)
        this.judge.reported('RES-ERR', `read of data_offset failed with ${errnoName(-access.result) ?? access.result}`);
      return;
    }
    this.offsets.set(device, access.value);
    const region = device.migration;
    if (!region) return;
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
    const offset = this.offsets.get(device);
    const region = device.migration;
    if (!isResuming(device) || offset === undefined || !region) return;
    if (access.offset < offset || access.offset + BigInt(access.length) > region.size || device.given === 'wrong')
      return;
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
    if (access.field === 'device_state') this.offsets.delete(device);
    if (!isResuming(device) || access.field !== 'data_size') return;
    const offset = this.offsets.get(device);
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
    this.offsets.delete(device);
  }

  deviceClosed(device: DeviceView): void {
    this.offsets.delete(device);
  }
}

function isResuming(device: DeviceView): boolean {
  return device.state !== undefined && (device.state & VFIO_DEVICE_STATE_MASK) === RESUMING;
}

export const oracle: Oracle = {
  name: 'resuming-loop',
  clauses: ['RES-OFFSET', 'RES-WRITE', 'RES-OVERSIZE', 'RES-ERR', 'MIG-MMAP-ALIGN', 'MIG-MMAP-OPTIONAL'],
  create: (judge, facts) => new ResumingLoopOracle(judge, facts),
};
