/**
 * Watches the kit itself: the clauses that bind the user. A breach here is a bug of the kit, unless the step provokes it on purpose.
 */
import { VFIO_DEVICE_STATE_IS_ERROR, VFIO_DEVICE_STATE_MASK, VFIO_DEVICE_STATE_VALID } from '../abi';
import type { ClauseId } from '../language/scenario';
import type { Judge } from './judge';
import { isSaving } from './migration-layout';
import type { Oracle, OracleHooks } from './oracle';
import type { DeviceView, FieldAccess } from './views';

interface Memory {
  /** device_state as read just before a write, for the read-modify-write. */
  lastRead: number | undefined;
  writeFailed: boolean;
  inError: boolean;
  loopFailed: boolean;
  pending: bigint | undefined;
  /** Between the read of data_offset and the end of the data. */
  inBuffer: { left: bigint | undefined } | undefined;
}

class KitMannersOracle implements OracleHooks {
  private readonly memories = new Map<DeviceView, Memory>();

  constructor(private readonly judge: Judge) {}

  fieldRead(device: DeviceView, access: FieldAccess): void {
    const memory = this.memory(device);
    if (access.field === 'device_state') {
      if (memory.writeFailed) this.judge.kept('STATE-REREAD');
      memory.writeFailed = false;
      if (memory.loopFailed) this.judge.kept('ERR-NEXT');
      memory.loopFailed = false;
      if (access.result !== 4) return;
      memory.lastRead = Number(access.value);
      memory.inError = VFIO_DEVICE_STATE_IS_ERROR(memory.lastRead);
      this.judge.kept('STATE-MACROS');
      return;
    }
    if (!isSaving(device)) return;
    if (memory.loopFailed)
      this.breach(
        device,
        'ERR-NEXT',
        'after an error in the loop the user reads device_state',
        `it read ${access.field}`,
      );
    if (access.result !== 8) {
      memory.loopFailed = access.result < 0;
      memory.inBuffer = undefined;
      return;
    }
    if (access.field === 'pending_bytes') {
      const early = memory.inBuffer !== undefined && (memory.inBuffer.left === undefined || memory.inBuffer.left > 0n);
      if (early)
        this.breach(
          device,
          'SAVE-NO-EARLY-ACK',
          'pending_bytes is not read between data_offset and the end of the data',
          'the kit read it',
        );
      else if (memory.inBuffer) this.judge.kept('SAVE-NO-EARLY-ACK');
      memory.inBuffer = undefined;
      memory.pending = access.value;
      if (access.value === 0n && (device.state ?? 0) % 8 === 0b010) this.judge.kept('SAVE-DRAIN-USER');
    } else if (access.field === 'data_offset') {
      if (memory.pending === 0n)
        this.breach(
          device,
          'SAVE-PENDING-ZERO',
          'with pending_bytes 0 the user does not iterate',
          'the kit read data_offset',
        );
      else if (memory.pending !== undefined) this.judge.kept('SAVE-PENDING-ZERO');
      memory.inBuffer ??= { left: undefined };
    } else if (access.field === 'data_size' && memory.inBuffer && memory.inBuffer.left === undefined) {
      memory.inBuffer.left = access.value;
    }
  }

  sectionRead(device: DeviceView, access: { readonly result: number }): void {
    const buffer = this.memory(device).inBuffer;
    if (buffer?.left === undefined) return;
    // A read that failed ends the loop: what was left is given up.
    buffer.left = access.result > 0 ? buffer.left - BigInt(access.result) : 0n;
  }

  fieldWrite(device: DeviceView, access: FieldAccess): void {
    const memory = this.memory(device);
    if (access.field !== 'device_state') return;
    const written = Number(access.value);
    const before = memory.lastRead;
    const preserved = before !== undefined && ((before ^ written) & ~VFIO_DEVICE_STATE_MASK) === 0;
    if (preserved) this.judge.kept('STATE-RESERVED-RMW');
    else
      this.breach(
        device,
        'STATE-RESERVED-RMW',
        'device_state is changed by read-modify-write',
        `0x${written.toString(16)} was written over ${before === undefined ? 'a value that was not read' : `0x${before.toString(16)}`}`,
      );
    if (VFIO_DEVICE_STATE_VALID(written)) this.judge.kept('STATE-VALID-USER');
    else this.breach(device, 'STATE-VALID-USER', 'the user asks for valid states only', `0x${written.toString(16)}`);
    if (memory.inError)
      this.breach(
        device,
        'STATE-RESET-USER',
        'the user leaves the error state by VFIO_DEVICE_RESET only',
        `0x${written.toString(16)} was written to device_state`,
      );
    memory.writeFailed = access.result !== 4;
    memory.lastRead = undefined;
    memory.inBuffer = undefined;
    memory.pending = undefined;
    memory.loopFailed = false;
  }

  deviceReset(device: DeviceView, result: number): void {
    if (result >= 0 && this.memory(device).inError) this.judge.kept('STATE-RESET-USER');
    if (result >= 0) this.memories.delete(device);
  }

  deviceClosed(device: DeviceView): void {
    this.memories.delete(device);
  }

  private breach(device: DeviceView, clause: ClauseId, expected: string, observed: string): void {
    if (device.provoked.size > 0) return;
    this.judge.broken(clause, {
      expected,
      observed,
      hint: 'this is a fault of the kit or of the scenario: a step that means it says `provoke:`',
    });
  }

  private memory(device: DeviceView): Memory {
    let memory = this.memories.get(device);
    if (!memory) {
      memory = {
        lastRead: undefined,
        writeFailed: false,
        inError: false,
        loopFailed: false,
        pending: undefined,
        inBuffer: undefined,
      };
      this.memories.set(device, memory);
    }
    return memory;
  }
}

export const oracle: Oracle = {
  name: 'kit-manners',
  clauses: [
    'STATE-REREAD',
    'ERR-NEXT',
    'STATE-MACROS',
    'STATE-VALID-USER',
    'STATE-RESERVED-RMW',
    'STATE-RESET-USER',
    'SAVE-NO-EARLY-ACK',
    'SAVE-PENDING-ZERO',
    'SAVE-DRAIN-USER',
  ],
  create: (judge) => new KitMannersOracle(judge),
};
