/** What the device does by itself: it stands still while it is stopped, and goes on when it runs. */
import fc from 'fast-check';
import type { Model } from '../model';
import type { Walk } from '../walk';
import { DmaUnderWay, MapMemory, PAGES_MAPPED } from './dirty-pages';
import { Move, Sequence, type WeightedMove } from './move';
import { Go } from './states';

/** Watches a stopped device for a while. */
class Quiet extends Move {
  protected allowed({ stands, abilities, watchesIrq, mappings }: Readonly<Model>): boolean {
    return stands && (abilities.counter || watchesIrq || mappings.size > 0);
  }

  take(_model: Model, walk: Walk): void {
    walk.add({ quiet: {} });
  }

  toString(): string {
    return 'quiet';
  }
}

/** Looks whether a device that was just set running does run. */
class Counter extends Move {
  protected allowed({ abilities, mayStimulate, started }: Readonly<Model>): boolean {
    return abilities.counter && mayStimulate && started !== undefined;
  }

  take(model: Model, walk: Walk): void {
    walk.add({ counter: 'moving', judge: model.started });
    model.started = undefined;
  }

  toString(): string {
    return 'counter';
  }
}

class WatchIrq extends Move {
  protected allowed({ abilities, watchesIrq }: Readonly<Model>): boolean {
    return abilities.irq && !watchesIrq;
  }

  take(model: Model, walk: Walk): void {
    walk.add({ irq: 'watch' });
    model.watchesIrq = true;
  }

  toString(): string {
    return 'irq(watch)';
  }
}

/** Makes the device raise an interrupt. What comes of it is seen when it must be quiet. */
class RaiseIrq extends Move {
  protected allowed({ watchesIrq, mayStimulate }: Readonly<Model>): boolean {
    return watchesIrq && mayStimulate;
  }

  take(_model: Model, walk: Walk): void {
    walk.add({ irq: 'raise' });
  }

  toString(): string {
    return 'irq(raise)';
  }
}

/** Stops the device while it writes to memory, or interrupts, and watches whether it has stopped. */
class StopAtWork extends Sequence {
  constructor(
    private readonly work: 'dma' | 'irq',
    private readonly to: 'stop' | 'stop-and-copy' | 'resuming',
  ) {
    super();
  }

  protected parts({ mappings, watchesIrq }: Readonly<Model>): readonly Move[] {
    const watch = watchesIrq ? [] : [new WatchIrq()];
    if (this.work === 'irq') return [...watch, new RaiseIrq(), new Go(this.to), new Quiet()];
    const memory = mappings.size === 0 ? [new MapMemory(PAGES_MAPPED)] : [];
    return [...memory, new DmaUnderWay(), new Go(this.to), new Quiet()];
  }

  toString(): string {
    return `stop-at-work(${this.work}, ${this.to})`;
  }
}

export const STILLNESS_MOVES: readonly WeightedMove[] = [
  { weight: 3, arbitrary: fc.constant(null).map(() => new Quiet()) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.constantFrom('dma' as const, 'irq' as const),
        fc.constantFrom('stop' as const, 'stop-and-copy' as const, 'resuming' as const),
      )
      .map(([work, to]) => new StopAtWork(work, to)),
  },
  { weight: 2, arbitrary: fc.constant(null).map(() => new Counter()) },
  { weight: 2, arbitrary: fc.constant(null).map(() => new WatchIrq()) },
  { weight: 1, arbitrary: fc.constant(null).map(() => new RaiseIrq()) },
];
