/** A device's interrupts: what there are, and eventfds that they signal. */
import {
  ERRNO,
  encodeIrqSetEventfds,
  ioctlNumber,
  readScalar,
  VFIO_IRQ_INFO_AUTOMASKED,
  VFIO_IRQ_INFO_EVENTFD,
  VFIO_IRQ_INFO_MASKABLE,
  VFIO_IRQ_INFO_NORESIZE,
  VFIO_IRQ_SET_ACTION_TRIGGER,
  VFIO_IRQ_SET_ACTION_UNMASK,
  VFIO_IRQ_SET_DATA_EVENTFD,
  VFIO_IRQ_SET_DATA_NONE,
  type VfioIrqInfo,
  vfioIrqInfo,
  vfioIrqSet,
} from '../abi';
import type { VfioHost } from '../host/vfio-host';
import { type Info, type InfoIoctl, infoCall } from './info-call';
import type { Limits } from './limits';
import { DONE, kernelFailure, type Outcome, ownFailure, type Problem, success } from './outcome';

export const IRQ_INFO: InfoIoctl<typeof vfioIrqInfo.fields> = {
  name: 'VFIO_DEVICE_GET_IRQ_INFO',
  layout: vfioIrqInfo,
};

export interface IrqInfo extends Info<VfioIrqInfo> {
  readonly index: number;
  /** Interrupts of this index; 0 where the type is not there. */
  readonly count: number;
  readonly eventfd: boolean;
  readonly maskable: boolean;
  readonly automasked: boolean;
  readonly noresize: boolean;
}

export function readIrqInfo(host: VfioHost, fd: number, index: number, limits: Limits): Outcome<IrqInfo> {
  const answer = infoCall(host, fd, IRQ_INFO, { index }, limits);
  if (!answer.ok) {
    return answer;
  }
  const { flags, count } = answer.value.values;
  const problems: Problem[] = [...answer.value.problems];
  if (answer.value.values.index !== index) {
    const message = `asked for IRQ index ${index}, the answer says ${answer.value.values.index}`;
    problems.push({ kind: 'index-changed', offset: vfioIrqInfo.fields.index.offset, message });
  }
  return success({
    ...answer.value,
    index,
    count,
    eventfd: (flags & VFIO_IRQ_INFO_EVENTFD) !== 0,
    maskable: (flags & VFIO_IRQ_INFO_MASKABLE) !== 0,
    automasked: (flags & VFIO_IRQ_INFO_AUTOMASKED) !== 0,
    noresize: (flags & VFIO_IRQ_INFO_NORESIZE) !== 0,
    problems,
  });
}

/** Eventfds on the vectors of one IRQ index. */
export class IrqWatch {
  private closed = false;

  private constructor(
    readonly host: VfioHost,
    readonly deviceFd: number,
    readonly info: IrqInfo,
    /** One for each watched vector. */
    private readonly eventfds: readonly number[],
  ) {}

  /** Gives each of the first vectors (all of them, up to the limit and `vectors`) an eventfd of its own and enables the index. */
  static open(host: VfioHost, deviceFd: number, info: IrqInfo, limits: Limits, vectors?: number): Outcome<IrqWatch> {
    if (info.count === 0) {
      return ownFailure('unavailable', 'VFIO_DEVICE_SET_IRQS', `IRQ index ${info.index} has no interrupts`);
    }
    const eventfds: number[] = [];
    for (let n = 0; n < Math.min(info.count, limits.maxVectors, vectors ?? info.count); n++) {
      const fd = host.eventfd();
      if (fd < 0) {
        closeAll(host, eventfds);
        return kernelFailure('eventfd', fd);
      }
      eventfds.push(fd);
    }
    const watch = new IrqWatch(host, deviceFd, info, eventfds);
    const flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
    const set = encodeIrqSetEventfds({ flags, index: info.index, start: 0, eventfds }, host.facts.byteOrder);
    const result = watch.setIrqs(set);
    if (result < 0) {
      closeAll(host, eventfds);
      return kernelFailure('VFIO_DEVICE_SET_IRQS', result);
    }
    return success(watch);
  }

  /** How often each vector was signalled since it was last drained; never waits. Unmasks what the kernel masked after a signal. */
  drain(): Outcome<readonly bigint[]> {
    const counts: bigint[] = [];
    const count = new Uint8Array(8);
    for (const [vector, fd] of this.eventfds.entries()) {
      const result = this.host.read(fd, count);
      if (result < 0 && result !== -ERRNO.EAGAIN) {
        return kernelFailure('read eventfd', result);
      }
      const signals = result === 8 ? readScalar(count, 0, 8, this.host.facts.byteOrder) : 0n;
      counts.push(signals);
      if (signals > 0n && this.info.automasked) {
        const unmasked = this.unmask(vector);
        if (!unmasked.ok) {
          return unmasked;
        }
      }
    }
    return success(counts);
  }

  /** Waits until a vector is signalled: true, or false when `timeoutMs` passed. Does not drain. */
  wait(timeoutMs: number): Outcome<boolean> {
    const ready = this.host.poll(this.eventfds, timeoutMs);
    return typeof ready === 'number' ? kernelFailure('poll', ready) : success(ready.length > 0);
  }

  /** Disables the index and closes the eventfds. Safe to call twice. */
  close(): Outcome {
    if (this.closed) {
      return DONE;
    }
    this.closed = true;
    const flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER;
    const result = this.setIrqs(this.encodeNone(flags, 0, 0));
    closeAll(this.host, this.eventfds);
    return result < 0 ? kernelFailure('VFIO_DEVICE_SET_IRQS', result) : DONE;
  }

  private unmask(vector: number): Outcome {
    const flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK;
    const result = this.setIrqs(this.encodeNone(flags, vector, 1));
    return result < 0 ? kernelFailure('VFIO_DEVICE_SET_IRQS', result) : DONE;
  }

  private encodeNone(flags: number, start: number, count: number): Uint8Array {
    const argsz = vfioIrqSet.size;
    return vfioIrqSet.encode({ argsz, flags, index: this.info.index, start, count }, this.host.facts.byteOrder);
  }

  private setIrqs(set: Uint8Array): number {
    return this.host.ioctl(this.deviceFd, ioctlNumber('VFIO_DEVICE_SET_IRQS', this.host.facts.ioctlEncoding), set);
  }
}

function closeAll(host: VfioHost, fds: readonly number[]): void {
  for (const fd of fds) {
    host.close(fd);
  }
}
