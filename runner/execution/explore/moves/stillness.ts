/** What the device does by itself: it stands still while it is stopped, and goes on when it runs. */
import fc from 'fast-check';
import type { Model } from '../model';
import type { Walk } from '../walk';
import { PAGES_MAPPED } from './dirty-pages';
import { Move, type WeightedMove } from './move';
import { Go } from './states';

/** Long enough to be under way for a while. */
const PAGES_WRITTEN = 16;

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

/** Stops the device while it writes to memory, and watches whether it has stopped. */
class StopAtWork extends Move {
  constructor(private readonly to: 'stop' | 'stop-and-copy' | 'resuming') {
    super();
  }

  protected allowed({ abilities, state, mayStimulate, busy }: Readonly<Model>): boolean {
    return abilities.dma && state === 'running' && mayStimulate && !busy;
  }

  take(model: Model, walk: Walk): void {
    let memory = [...model.mappings.keys()].at(-1);
    if (memory === undefined) {
      memory = model.name('memory');
      walk.add({ map: { as: memory, pages: PAGES_MAPPED } });
      model.mappings.set(memory, { whileLogging: model.logging });
    }
    walk.add({ dma: { to: memory, pages: PAGES_WRITTEN, background: true } });
    model.busy = true;
    new Go(this.to).take(model, walk);
    walk.add({ quiet: {} });
  }

  toString(): string {
    return `stop-at-work(${this.to})`;
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

export const STILLNESS_MOVES: readonly WeightedMove[] = [
  { weight: 3, arbitrary: fc.constant(null).map(() => new Quiet()) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('stop' as const, 'stop-and-copy' as const, 'resuming' as const)
      .map((to) => new StopAtWork(to)),
  },
  { weight: 2, arbitrary: fc.constant(null).map(() => new Counter()) },
  { weight: 2, arbitrary: fc.constant(null).map(() => new WatchIrq()) },
  { weight: 1, arbitrary: fc.constant(null).map(() => new RaiseIrq()) },
];
