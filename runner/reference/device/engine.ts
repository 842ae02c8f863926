import type { VirtualClock } from '../clock';
import type { InternalState } from './internal-state';

/** Ticks of the counter for each millisecond of running. */
export const TICKS_PER_MS = 100;
/** How long one DMA transfer takes, in milliseconds. */
export const DMA_DURATION_MS = 1;

export const DMA_START = 1 << 0;
/** Device memory to the user's memory; else the other way. */
export const DMA_TO_MEMORY = 1 << 1;
export const DMA_INTERRUPT = 1 << 2;
/** Fill the user's memory with the pattern register's 8 bytes. */
export const DMA_PATTERN = 1 << 3;
/** Do it again every DMA_DURATION_MS until the command is cleared. */
export const DMA_REPEAT = 1 << 4;

/** What the engine does to the outside. */
export interface EngineEffects {
  /** Carries out the transfer that the registers describe. */
  transfer(): void;
  interrupt(): void;
}

/** Everything that happens by itself while the device runs, and stands still while it is stopped: counter, DMA, timer interrupts, background work. */
export class Engine {
  private running = false;
  private runningSince = 0;
  /** Timers of an earlier run, or armed before the last arming of their kind, find here that they are out of date. */
  private run = 0;
  private readonly armed = { dma: 0, interrupts: 0, work: 0 };

  constructor(
    readonly state: InternalState,
    readonly clock: VirtualClock,
    readonly effects: EngineEffects,
  ) {}

  get isRunning(): boolean {
    return this.running;
  }

  start(): void {
    if (this.running) return;
    this.running = true;
    this.runningSince = this.clock.now();
    this.run++;
    this.armDma();
    this.armInterrupts();
    this.armWork();
    if (this.state.registers.interruptStatus !== 0) this.effects.interrupt();
  }

  /** When this returns, nothing more happens: no DMA, no interrupt, no tick. */
  stop(): void {
    if (!this.running) return;
    this.state.registers.counter = this.counter();
    this.running = false;
    this.run++;
  }

  counter(): number {
    const { counter } = this.state.registers;
    return this.running ? (counter + this.elapsedTicks()) >>> 0 : counter;
  }

  elapsedTicks(): number {
    return Math.floor((this.clock.now() - this.runningSince) * TICKS_PER_MS);
  }

  armDma(): void {
    if (!this.running || (this.state.registers.dmaCommand & DMA_START) === 0) return;
    this.later('dma', DMA_DURATION_MS, () => this.finishDma());
  }

  armInterrupts(): void {
    const { interruptPeriod } = this.state.registers;
    if (!this.running || interruptPeriod === 0) return;
    this.later('interrupts', interruptPeriod, () => {
      this.raise(1);
      this.armInterrupts();
    });
  }

  armWork(): void {
    const { workPeriod } = this.state.registers;
    if (!this.running || workPeriod === 0) return;
    this.later('work', workPeriod, () => {
      const step = this.state.registers.workStep;
      this.state.registers.workStep = (step + 1) >>> 0;
      this.state.scramble(step % this.state.blocks, step ^ 0x5eed);
      this.armWork();
    });
  }

  /** Sets bits of the interrupt status and interrupts; a stopped device keeps them until it runs again. */
  raise(bits: number): void {
    this.state.registers.interruptStatus = (this.state.registers.interruptStatus | bits) >>> 0;
    if (this.running) this.effects.interrupt();
  }

  private finishDma(): void {
    const { registers } = this.state;
    if ((registers.dmaCommand & DMA_START) === 0) return;
    this.effects.transfer();
    if ((registers.dmaCommand & DMA_INTERRUPT) !== 0) this.raise(0x100);
    if ((registers.dmaCommand & DMA_REPEAT) !== 0) this.armDma();
    else registers.dmaCommand &= ~DMA_START;
  }

  private later(kind: 'dma' | 'interrupts' | 'work', milliseconds: number, fire: () => void): void {
    const { run } = this;
    const token = ++this.armed[kind];
    this.clock.after(milliseconds, () => {
      if (this.running && this.run === run && this.armed[kind] === token) fire();
    });
  }
}
