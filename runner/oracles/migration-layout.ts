/** Judges the migration region's structure, its data section's place and what may be mapped (header diff, lines 52-56, 159-197, 247-273). */
import {
  errnoName,
  VFIO_DEVICE_STATE_MASK,
  VFIO_REGION_INFO_FLAG_MMAP,
  VFIO_REGION_INFO_FLAG_READ,
  VFIO_REGION_INFO_FLAG_WRITE,
  vfioDeviceMigrationInfo,
} from '../abi';
import { InertWrites } from './inert-writes';
import type { Judge } from './judge';
import type { Oracle, OracleFacts, OracleHooks } from './oracle';
import type { DeviceView, FieldAccess, InfoExchange, RegionView, StrayAccess } from './views';

const STRUCTURE_SIZE = BigInt(vfioDeviceMigrationInfo.size);
const SWAPPED_RUNNING = 0x0100_0000;

interface Memory {
  readonly inert: InertWrites;
  /** reserved was written since it was last known to be clean. */
  reservedWritten: boolean;
  /** device_state was not read yet. */
  fresh: boolean;
}

class MigrationLayoutOracle implements OracleHooks {
  private readonly memories = new Map<DeviceView, Memory>();

  constructor(
    private readonly judge: Judge,
    private readonly facts: OracleFacts,
  ) {}

  regionInfo(device: DeviceView, index: number, exchange: InfoExchange): void {
    const region = device.migration;
    if (region?.index !== index || exchange.result < 0) return;
    const wanted = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
    const whole = (region.flags & wanted) === wanted && region.size >= STRUCTURE_SIZE;
    this.judge.check('MIG-LAYOUT', whole, () => ({
      expected: `the migration region is readable and writable and holds at least the structure of ${STRUCTURE_SIZE} bytes`,
      observed: `flags 0x${region.flags.toString(16)}, ${region.size} bytes`,
    }));
    this.judgeAreas(region);
  }

  private judgeAreas(region: RegionView): void {
    if ((region.flags & VFIO_REGION_INFO_FLAG_MMAP) === 0) return;
    const expected =
      'mappable areas are whole pages of the data section, inside the region, and the structure at offset 0 stays trapped';
    if (region.areas.length === 0) {
      this.judge.broken('MIG-MMAP-SPARSE', {
        expected,
        observed: 'the region is mappable and has no area list, so the structure at offset 0 is mappable too',
      });
      return;
    }
    const page = BigInt(this.facts.pageSize);
    for (const { offset, size } of region.areas) {
      // An area of no bytes says nothing.
      if (size === 0n) continue;
      const observed = `an area of ${size} bytes at 0x${offset.toString(16)}, in a region of ${region.size} bytes`;
      const inside = offset + size <= region.size && offset >= STRUCTURE_SIZE;
      const pages = offset % page === 0n && size % page === 0n;
      this.judge.check('MIG-MMAP-SPARSE', inside && pages, () => ({ expected, observed }));
    }
  }

  sectionMapped(device: DeviceView, offset: bigint, length: number, result: number): void {
    const inArea = device.migration?.areas.some(
      (area) => offset >= area.offset && offset + BigInt(length) <= area.offset + area.size,
    );
    const name = errnoName(-result);
    // Running out of memory or address space is the host's trouble.
    if (!inArea || name === 'ENOMEM' || name === 'EMFILE' || name === 'EAGAIN') return;
    this.judge.check('MIG-MMAP-SPARSE', result >= 0, () => ({
      expected: 'an area that the region advertises can be mapped',
      observed: `mmap of ${length} bytes at 0x${offset.toString(16)} of the region failed with ${name ?? -result}`,
    }));
  }

  fieldWrite(device: DeviceView, access: FieldAccess): void {
    const memory = this.memory(device);
    memory.inert.fieldWritten(access);
    if (access.field === 'reserved') memory.reservedWritten = true;
  }

  fieldRead(device: DeviceView, access: FieldAccess): void {
    const memory = this.memory(device);
    this.judgeTransfer(access);
    if (access.result !== access.width) return;
    memory.inert.fieldRead(device, access);
    if (access.field === 'device_state' && memory.fresh) this.judgeOrder(memory, Number(access.value));
    if (access.field !== 'reserved') return;
    this.judge.check(memory.reservedWritten ? 'MIG-RESERVED-W' : 'MIG-RESERVED-R', access.value === 0n, () => ({
      expected: memory.reservedWritten ? 'a write to reserved is ignored: it still reads as 0' : 'reserved reads as 0',
      observed: `0x${access.value.toString(16)}`,
    }));
  }

  /** _RUNNING, the first state of all, with its bytes the wrong way round. */
  private judgeOrder(memory: Memory, state: number): void {
    memory.fresh = false;
    this.judge.check('MIG-LAYOUT', state !== SWAPPED_RUNNING, () => ({
      expected: `device_state in the host's byte order, ${this.facts.byteOrder} endian`,
      observed: `the state of a fresh device reads as 0x${state.toString(16)}: _RUNNING with its bytes in the other order`,
    }));
  }

  strayAccess(_device: DeviceView, access: StrayAccess): void {
    const what = `${access.write ? 'write' : 'read'} of ${access.length} bytes at offset ${access.offset}`;
    this.judge.check('MIG-WIDTH', access.result < 0, () => ({
      expected: `a ${what} is not a field at its own width: an error`,
      observed: `it returned ${access.result}`,
    }));
  }

  deviceReset(device: DeviceView, result: number): void {
    if (result >= 0) this.memories.delete(device);
  }

  deviceClosed(device: DeviceView): void {
    this.memories.delete(device);
  }

  /** A count that is neither an error nor the field's width tears the field; device_state and reserved can always be read. */
  private judgeTransfer({ field, result, width }: FieldAccess): void {
    const refused = result <= 0;
    if (refused && field === 'reserved') {
      this.judge.broken('MIG-RESERVED-R', { expected: 'reserved reads as 0', observed: sayResult(result) });
      return;
    }
    // Out of its place in a loop a read may fail, or give nothing.
    if (refused && field !== 'device_state') return;
    this.judge.check('MIG-LAYOUT', result === width, () => ({
      expected: `a read of ${field} returns its ${width} bytes`,
      observed: sayResult(result),
    }));
  }

  private memory(device: DeviceView): Memory {
    let memory = this.memories.get(device);
    if (!memory) {
      memory = { inert: new InertWrites(this.judge), reservedWritten: false, fresh: true };
      this.memories.set(device, memory);
    }
    return memory;
  }
}

function sayResult(result: number): string {
  return result < 0 ? `it failed with ${errnoName(-result) || -result}` : `it returned ${result} bytes`;
}

/** True in pre-copy and stop-and-copy. */
export function isSaving(device: DeviceView): boolean {
  return device.state !== undefined && (device.state & VFIO_DEVICE_STATE_MASK & 0b110) === 0b010;
}

export const oracle: Oracle = {
  name: 'migration-layout',
  clauses: [
    'MIG-LAYOUT',
    'MIG-MMAP-SPARSE',
    'MIG-RESERVED-R',
    'MIG-RESERVED-W',
    'MIG-RO-PENDING',
    'MIG-RO-OFFSET',
    'MIG-WIDTH',
  ],
  create: (judge, facts) => new MigrationLayoutOracle(judge, facts),
};
