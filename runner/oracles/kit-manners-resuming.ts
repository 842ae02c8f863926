/** The kit's own manners in the resuming loop: the order of the text, and the stream as it came. */
import { VFIO_DEVICE_STATE_MASK, VFIO_DEVICE_STATE_RESUMING, VFIO_DEVICE_STATE_RUNNING } from '../abi';
import type { Judge } from './judge';
import type { Breach } from './kit-manners';
import { type Replay, Transaction, type TransactionLog } from './transactions';
import type { DeviceView, FieldAccess, SectionAccess } from './views';

export class ResumingManners {
  /** The buffer that is being written: since the last read of data_offset. */
  private current: { readonly offset: bigint; readonly data: Transaction; told: boolean } | undefined;
  private replay: Replay | undefined;
  private failed = false;

  constructor(
    private readonly judge: Judge,
    private readonly breach: Breach,
    private readonly log: TransactionLog,
  ) {}

  fieldRead(device: DeviceView, access: FieldAccess): void {
    if (access.field === 'device_state') {
      if (this.failed) this.judge.kept('ERR-NEXT');
      this.failed = false;
    }
    if (!isResuming(device) || access.field !== 'data_offset') return;
    this.checkError(device, 'read data_offset');
    this.failed = access.result < 0;
    this.current = access.result === 8 ? { offset: access.value, data: new Transaction(), told: false } : undefined;
  }

  sectionWrite(device: DeviceView, access: SectionAccess): void {
    if (!isResuming(device)) return;
    this.checkError(device, 'wrote data');
    if (access.result < 0) this.failed = true;
    const current = this.current;
    if (!current || access.offset < current.offset) {
      const observed = current ? 'data was written before data_offset' : 'data was written first';
      this.breach(device, 'RES-SEQUENCE-USER', 'data goes to where data_offset says', observed);
    } else if (!current.told && access.result > 0)
      // Once data_size has been written the section is free (RES-CONSUME).
      current.data.add(access.offset - current.offset, access.bytes.subarray(0, access.result));
  }

  fieldWrite(device: DeviceView, access: FieldAccess): void {
    if (access.field === 'device_state') this.stateWrite(device, access);
    if (access.field !== 'data_size' || !isResuming(device)) return;
    this.checkError(device, 'wrote data_size');
    if (access.result < 0) this.failed = true;
    const current = this.current;
    if (!current || current.told || current.data.length !== access.value) {
      this.breach(
        device,
        'RES-SEQUENCE-USER',
        'data_size comes after data_offset and the data, and is the size of the data',
        current && !current.told
          ? `${access.value} was written after ${current.data.length} bytes of data`
          : 'data_size was written without a buffer',
      );
      return;
    }
    current.told = true;
    this.judge.kept('RES-SEQUENCE-USER');
    this.replay ??= this.log.follow();
    if (this.replay.give(current.data.digest())) this.judge.kept('RES-ORDER');
    else
      this.breach(
        device,
        'RES-ORDER',
        'buffers are given as they were saved, in their order and each in its own size',
        `no save has these ${access.value} bytes at this place`,
      );
  }

  private stateWrite(device: DeviceView, access: FieldAccess): void {
    const starts = isResuming(device) && (Number(access.value) & VFIO_DEVICE_STATE_MASK) === VFIO_DEVICE_STATE_RUNNING;
    if (starts && this.replay?.begun) {
      if (this.replay.complete) this.judge.kept('SAVE-DRAIN-USER');
      else
        this.breach(
          device,
          'SAVE-DRAIN-USER',
          'a stream that is restored was fetched to its end, and all of it is given',
          'some of it is missing',
        );
    }
    this.current = undefined;
    this.replay = undefined;
    this.failed = false;
  }

  private checkError(device: DeviceView, what: string): void {
    if (!this.failed) return;
    this.breach(device, 'ERR-NEXT', 'after an error in the loop the user reads device_state', `it ${what}`);
  }
}

function isResuming(device: DeviceView): boolean {
  return ((device.state ?? 0) & VFIO_DEVICE_STATE_MASK) === VFIO_DEVICE_STATE_RESUMING;
}
