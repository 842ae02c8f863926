import {
  VFIO_DEVICE_STATE_MASK,
  VFIO_DEVICE_STATE_RESUMING,
  VFIO_DEVICE_STATE_RUNNING,
  VFIO_DEVICE_STATE_SAVING,
  VFIO_DEVICE_STATE_SET_ERROR,
  VFIO_DEVICE_STATE_STOP,
  VFIO_DEVICE_STATE_VALID,
} from '../../abi/structures/vfio-device-migration-info';
import { fail } from '../kernel/errno';
import type { Engine } from './engine';
import type { ResumingStream } from './resuming-stream';
import type { SavingStream } from './saving-stream';

export const STOP = VFIO_DEVICE_STATE_STOP;
export const RUNNING = VFIO_DEVICE_STATE_RUNNING;
export const STOP_AND_COPY = VFIO_DEVICE_STATE_SAVING;
export const PRE_COPY = VFIO_DEVICE_STATE_SAVING | VFIO_DEVICE_STATE_RUNNING;
export const RESUMING = VFIO_DEVICE_STATE_RESUMING;
export const ERROR = VFIO_DEVICE_STATE_SET_ERROR(0);

/** The arcs of the header's diagram, and those that QEMU 5.2 to 7.2 uses besides. */
const ARCS: ReadonlyMap<number, readonly number[]> = new Map([
  [RUNNING, [STOP, STOP_AND_COPY, PRE_COPY, RESUMING]],
  [PRE_COPY, [STOP_AND_COPY, RUNNING]],
  [STOP_AND_COPY, [STOP, RUNNING]],
  [RESUMING, [RUNNING]],
  [STOP, [RUNNING, STOP_AND_COPY]],
]);

/** What the inject register asked for. */
export type TransitionFault = 'error' | 'previous';

/** device_state: what it reads as, which writes it takes, and what a transition does to the device. */
export class StateMachine {
  private state = RUNNING;
  private nextFault: TransitionFault | undefined;

  constructor(
    readonly engine: Engine,
    readonly saving: SavingStream,
    readonly resuming: ResumingStream,
  ) {}

  /** The three state bits. */
  get current(): number {
    return this.state;
  }

  /** What reading device_state gives. */
  read(): number {
    return (this.state | this.reservedBits()) >>> 0;
  }

  /** Bits 3 to 31 as they read. */
  reservedBits(): number {
    return 0;
  }

  /** Writing device_state: 0 or -errno. */
  write(value: number): number {
    const wanted = value & VFIO_DEVICE_STATE_MASK;
    if (!this.reservedBitsAccepted(value)) return fail('EINVAL');
    if (this.state === ERROR) return this.writeInError(wanted);
    if (!VFIO_DEVICE_STATE_VALID(wanted)) return this.refuseInvalid(wanted);
    if (this.nextFault !== undefined) return this.failTransition(this.nextFault, wanted);
    if (wanted === this.state) return this.stay(wanted);
    return this.arcAllowed(this.state, wanted) ? this.transition(wanted) : this.refuseArc(this.state, wanted);
  }

  reservedBitsAccepted(value: number): boolean {
    return (value & ~VFIO_DEVICE_STATE_MASK) >>> 0 === this.reservedBits();
  }

  /** In ERROR only a reset helps. */
  writeInError(_wanted: number): number {
    return fail('EIO');
  }

  /** 101b, 110b and 111b are not for the user to ask for. */
  refuseInvalid(_wanted: number): number {
    return fail('EINVAL');
  }

  refuseArc(_from: number, _to: number): number {
    return fail('EINVAL');
  }

  arcAllowed(from: number, to: number): boolean {
    return ARCS.get(from)?.includes(to) ?? false;
  }

  /** Writing the state that it is in already: nothing happens, and that is a success. */
  stay(_state: number): number {
    return 0;
  }

  transition(to: number): number {
    const result = this.enter(this.state, to);
    if (result < 0) return result;
    this.setState(to);
    return 0;
  }

  setState(state: number): void {
    this.state = state;
  }

  /** Does what the arc means: the device is stopped before the write returns, and started only when everything else has worked. */
  enter(from: number, to: number): number {
    if (from === RESUMING && (to & RUNNING) !== 0) {
      const result = this.resuming.finish();
      if (result < 0) return result;
    }
    if ((to & RUNNING) === 0) this.stopDevice(to);
    if (from === RESUMING) this.resuming.forget();
    this.changeSave(from, to);
    if (to === RESUMING) this.resuming.begin();
    if ((to & RUNNING) !== 0) this.startDevice(to);
    return 0;
  }

  changeSave(from: number, to: number): void {
    if (to === PRE_COPY) this.saving.begin('pre-copy');
    else if (to !== STOP_AND_COPY) this.saving.forget();
    else if (from === PRE_COPY) this.saving.continue('stop-and-copy');
    else this.saving.begin('stop-and-copy');
  }

  stopDevice(_to: number): void {
    this.engine.stop();
  }

  startDevice(_to: number): void {
    this.engine.start();
  }

  /** The next transition goes wrong: see the inject register. */
  injectFault(fault: TransitionFault): void {
    this.nextFault = fault;
  }

  failTransition(fault: TransitionFault, _wanted: number): number {
    this.nextFault = undefined;
    if (fault === 'error') this.enterError();
    return fail('EIO');
  }

  enterError(): void {
    this.engine.stop();
    this.saving.forget();
    this.resuming.forget();
    this.setState(ERROR);
  }

  /** After VFIO_DEVICE_RESET, and when the device is opened. */
  reset(): void {
    this.nextFault = undefined;
    this.saving.forget();
    this.resuming.forget();
    this.setState(RUNNING);
  }
}
