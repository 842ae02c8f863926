import { DeviceHang } from '../host/vfio-host';

/** What happens when the simulated device never answers. */
export type HangMode = 'block' | 'virtual';

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly fire: () => void;
}

/**
 * Virtual time in milliseconds. It moves only when somebody lets it move, so that waiting costs nothing and every run with the same
 * calls sees the same times. Timers fire in the order of their due times while time moves over them.
 */
export class VirtualClock {
  private time = 0;
  private order = 0;
  private timers: Timer[] = [];

  constructor(private readonly hangMode: HangMode) {}

  now(): number {
    return this.time;
  }

  /** Calls `fire` once when `milliseconds` have passed. */
  after(milliseconds: number, fire: () => void): void {
    const timer: Timer = { due: this.time + Math.max(0, milliseconds), order: this.order++, fire };
    const at = this.timers.findIndex((other) => other.due > timer.due);
    if (at === -1) this.timers.push(timer);
    else this.timers.splice(at, 0, timer);
  }

  /** When the next timer is due, if one is set. */
  nextDue(): number | undefined {
    return this.timers[0]?.due;
  }

  /** Moves the time forward; timers that were set on the way fire too. */
  advance(milliseconds: number): void {
    const target = this.time + Math.max(0, milliseconds);
    for (let next = this.timers[0]; next !== undefined && next.due <= target; next = this.timers[0]) {
      this.timers.shift();
      this.time = Math.max(this.time, next.due);
      next.fire();
    }
    this.time = Math.max(this.time, target);
  }

  /** The call that never returns: blocks this thread for ever, or throws DeviceHang where nobody could end the wait. */
  hang(call: string): never {
    if (this.hangMode === 'virtual') throw new DeviceHang(call);
    const never = new Int32Array(new SharedArrayBuffer(4));
    for (;;) Atomics.wait(never, 0, 0);
  }
}
