/**
 * Writes that the text calls without effect: to reserved, pending_bytes and data_offset. Follows which reads must then give what they
 * gave before, and judges them (header diff, lines 159-165; 201-215 for which reads may be repeated).
 */
import { DEVICE_STATE_BITS, type MigrationField, VFIO_DEVICE_STATE_MASK } from '../abi';
import type { ClauseId } from '../language/scenario';
import type { Judge } from './judge';
import type { DeviceView, FieldAccess } from './views';

const { 'stop-and-copy': STOP_AND_COPY, 'pre-copy': PRE_COPY, resuming: RESUMING } = DEVICE_STATE_BITS;

const CLAUSES: Partial<Record<MigrationField, ClauseId>> = {
  reserved: 'MIG-RESERVED-W',
  pending_bytes: 'MIG-RO-PENDING',
  data_offset: 'MIG-RO-OFFSET',
};

/** The clause that a write of this field breaks when it has an effect; undefined for the two fields that can be written. */
export function clauseOfInertWrite(field: MigrationField): ClauseId | undefined {
  return CLAUSES[field];
}

interface InertWrite {
  readonly clause: ClauseId;
  readonly what: string;
}

export class InertWrites {
  /** What each field gave when it was last read, as long as another read must give it again. */
  private readonly last = new Map<MigrationField, bigint>();
  /** The latest inert write, until the loop has moved on. */
  private write: InertWrite | undefined;
  /** Fields that changed with no such write before: they say nothing of one. */
  private readonly unsteady = new Set<MigrationField>();

  constructor(private readonly judge: Judge) {}

  fieldWritten({ field, value }: FieldAccess): void {
    const clause = clauseOfInertWrite(field);
    if (clause !== undefined) {
      this.write = { clause, what: `a write of 0x${value.toString(16)} to ${field}` };
      return;
    }
    // A state or a buffer that moves on may change every field.
    this.write = undefined;
    this.last.clear();
  }

  fieldRead(device: DeviceView, { field, value }: FieldAccess): void {
    const before = this.last.get(field);
    const write = this.write;
    if (!write && before !== undefined && value !== before) this.unsteady.add(field);
    if (write && before !== undefined && !this.unsteady.has(field)) {
      this.judge.check(write.clause, value === before, () => ({
        expected: `${write.what} leaves ${field} at 0x${before.toString(16)}`,
        observed: `it is 0x${value.toString(16)}`,
      }));
    }
    this.remember(device, field, value);
  }

  /** Keeps only what the text says is given again: pending_bytes before an iteration, data_offset and data_size within one. */
  private remember(device: DeviceView, field: MigrationField, value: bigint): void {
    const state = (device.state ?? 0) & VFIO_DEVICE_STATE_MASK;
    const { last } = this;
    if (field === 'pending_bytes') {
      this.write = undefined;
      last.clear();
      // Before stop-and-copy the device runs, and may have something new to send at any time.
      if (state === STOP_AND_COPY) last.set(field, value);
    } else if (field === 'data_offset' && (state === STOP_AND_COPY || state === PRE_COPY)) {
      last.delete('pending_bytes');
      last.set(field, value);
    } else if (field === 'data_offset' && state === RESUMING) last.set(field, value);
    else if (field === 'data_size' && last.has('data_offset') && state !== RESUMING) last.set(field, value);
  }
}
