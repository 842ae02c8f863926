/** The kit's own manners in the saving loop: the order of the text, and nothing fetched that is not offered. */
import { VFIO_DEVICE_STATE_MASK } from '../abi';
import type { Judge } from './judge';
import type { Breach } from './kit-manners';
import { isSaving } from './migration-layout';
import { type Session, Transaction, type TransactionLog } from './transactions';
import type { DeviceView, FieldAccess, SectionAccess } from './views';

const SAVING = 0b010;
const RESUMING = 0b100;

interface Iteration {
  readonly pending: bigint;
  offset?: bigint;
  size?: bigint;
  data: Transaction | undefined;
  /** A read failed: what was left of the buffer is given up. */
  givenUp: boolean;
}

export class SavingManners {
  private iteration: Iteration | undefined;
  private session: Session | undefined;
  private failed = false;

  constructor(
    private readonly judge: Judge,
    private readonly breach: Breach,
    private readonly log: TransactionLog,
  ) {}

  fieldRead(device: DeviceView, access: FieldAccess): void {
    const { field } = access;
    if (field === 'device_state') {
      if (this.failed) this.judge.kept('ERR-NEXT');
      this.failed = false;
    }
    if (field === 'device_state' || field === 'reserved') return;
    if (!isSaving(device)) {
      if (field !== 'data_offset' || !isResuming(device))
        this.breach(device, 'SAVE-SEQUENCE-USER', `${field} is read in its loop only`, 'it was read outside of one');
      return;
    }
    this.checkError(device, field);
    if (access.result !== 8) {
      this.failed = access.result < 0;
      this.iteration = undefined;
    } else if (field === 'pending_bytes') this.pendingRead(device, access.value);
    else if (field === 'data_offset') this.offsetRead(device, access.value);
    else this.sizeRead(device, access.value);
  }

  private pendingRead(device: DeviceView, pending: bigint): void {
    const iteration = this.iteration;
    const open = iteration?.offset !== undefined && !isComplete(iteration);
    if (open)
      this.breach(
        device,
        'SAVE-NO-EARLY-ACK',
        'pending_bytes is not read between data_offset and the end of the data',
        'the kit read it',
      );
    else if (iteration?.offset !== undefined) this.judge.kept('SAVE-NO-EARLY-ACK');
    this.endIteration();
    this.iteration = { pending, data: undefined, givenUp: false };
    if (pending !== 0n || stateOf(device) !== SAVING) return;
    this.judge.kept('SAVE-DRAIN-USER');
    this.session ??= this.log.begin();
    this.session.drained = true;
  }

  private offsetRead(device: DeviceView, offset: bigint): void {
    const iteration = this.iteration;
    if (!iteration || iteration.data) {
      const observed = iteration ? 'it was read after data had been fetched' : 'it was read first';
      this.breach(device, 'SAVE-SEQUENCE-USER', 'data_offset follows pending_bytes', observed);
      return;
    }
    if (iteration.pending === 0n)
      this.breach(
        device,
        'SAVE-PENDING-ZERO',
        'with pending_bytes 0 the user does not iterate',
        'the kit read data_offset',
      );
    else this.judge.kept('SAVE-PENDING-ZERO');
    iteration.offset ??= offset;
  }

  private sizeRead(device: DeviceView, size: bigint): void {
    const iteration = this.iteration;
    if (iteration?.offset === undefined || iteration.data) {
      const observed = iteration?.data ? 'it was read after data had been fetched' : 'it was read before';
      this.breach(device, 'SAVE-SEQUENCE-USER', 'data_size follows data_offset', observed);
      return;
    }
    iteration.size ??= size;
    this.judge.kept('SAVE-SEQUENCE-USER');
  }

  sectionRead(device: DeviceView, access: SectionAccess): void {
    const iteration = this.iteration;
    if (!isSaving(device) || iteration?.offset === undefined || iteration.size === undefined) return;
    this.checkError(device, 'data');
    if (access.result < 0) this.failed = true;
    if (access.result <= 0) {
      iteration.givenUp = true;
      return;
    }
    iteration.data ??= new Transaction();
    iteration.data.add(access.offset - iteration.offset, access.bytes.subarray(0, access.result));
  }

  fieldWrite(device: DeviceView, access: FieldAccess): void {
    if (access.field === 'data_size' && !isResuming(device))
      this.breach(device, 'SAVE-SEQUENCE-USER', 'data_size is written in _RESUMING only', 'the kit wrote it');
    if (access.field !== 'device_state') return;
    this.endIteration();
    this.failed = false;
    const saving = (Number(access.value) & VFIO_DEVICE_STATE_MASK & ~1) === SAVING;
    if (access.result === 4 && !(saving && isSaving(device))) this.session = undefined;
  }

  private endIteration(): void {
    const iteration = this.iteration;
    this.iteration = undefined;
    if (!iteration?.data || !isComplete(iteration) || iteration.givenUp) return;
    this.session ??= this.log.begin();
    this.session.buffers.push(iteration.data.digest());
  }

  private checkError(device: DeviceView, what: string): void {
    if (!this.failed) return;
    this.breach(device, 'ERR-NEXT', 'after an error in the loop the user reads device_state', `it read ${what}`);
  }
}

function isComplete({ size, data, givenUp }: Iteration): boolean {
  return givenUp || size === 0n || (size !== undefined && data !== undefined && data.length >= size);
}

function stateOf(device: DeviceView): number {
  return (device.state ?? 0) & VFIO_DEVICE_STATE_MASK;
}

function isResuming(device: DeviceView): boolean {
  return stateOf(device) === RESUMING;
}
