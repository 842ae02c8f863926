/** Memory that the device writes, and the log of it: in _RUNNING and in pre-copy, while the rest of the walk goes on. */
import fc from 'fast-check';
import type { Model } from '../model';
import type { Walk } from '../walk';
import { given, Move, seldom, type WeightedMove } from './move';

const MOST_MAPPINGS = 3;
/** One word of a bitmap, and two bits more. Every move finds the pages that it writes. */
export const PAGES_MAPPED = 66;

class MapMemory extends Move {
  constructor(private readonly pages: number) {
    super();
  }

  protected allowed({ abilities, mappings }: Readonly<Model>): boolean {
    return abilities.dma && mappings.size < MOST_MAPPINGS;
  }

  take(model: Model, walk: Walk): void {
    const name = model.name('memory');
    walk.add({ map: { as: name, pages: this.pages } });
    model.mappings.set(name, { whileLogging: model.logging });
  }

  toString(): string {
    return `map(${this.pages})`;
  }
}

interface Where {
  readonly page: number | undefined;
  readonly place: 'end' | 'across' | undefined;
  readonly size: string | undefined;
}

/** The device writes to the mapping that was made last. */
class Dma extends Move {
  constructor(private readonly where: Where) {
    super();
  }

  protected allowed({ mappings, mayStimulate, busy, started, abilities }: Readonly<Model>): boolean {
    // A device that was just set running has to be seen to run: else a write that does not come could mean anything.
    return mappings.size > 0 && mayStimulate && !busy && (started === undefined || !abilities.counter);
  }

  take(model: Model, walk: Walk): void {
    const { page, place, size } = this.where;
    // Small at the edges of a page: it has to lie in the mapping.
    walk.add({ dma: given({ to: lastOf(model), page, place, size: place === undefined ? size : '16B' }) });
  }

  toString(): string {
    return `dma(${JSON.stringify(given({ ...this.where }))})`;
  }
}

/** A write that may still be under way when the next move is made. */
class DmaUnderWay extends Move {
  protected allowed({ mappings, mayStimulate, busy }: Readonly<Model>): boolean {
    return mappings.size > 0 && mayStimulate && !busy;
  }

  take(model: Model, walk: Walk): void {
    walk.add({ dma: { to: lastOf(model), background: true } });
    model.busy = true;
  }

  toString(): string {
    return 'dma(background)';
  }
}

class Log extends Move {
  constructor(private readonly what: 'start' | 'stop') {
    super();
  }

  protected allowed({ abilities, logging }: Readonly<Model>): boolean {
    return abilities.dirtyPages && (this.what === 'stop') === logging;
  }

  take(model: Model, walk: Walk): void {
    walk.add({ dirty: this.what });
    model.logging = this.what === 'start';
    if (this.what === 'stop') model.stoppedLogging = true;
    for (const mapping of model.mappings.values()) mapping.whileLogging = false;
  }

  toString(): string {
    return `dirty(${this.what})`;
  }
}

/** Reads the bitmap of a mapping; it has to hold what the device wrote. */
class ReadBitmap extends Move {
  protected allowed({ mappings, logging }: Readonly<Model>): boolean {
    return logging && mappings.size > 0;
  }

  take(model: Model, walk: Walk): void {
    const name = lastOf(model);
    const newer = model.mappings.get(name)?.whileLogging === true;
    walk.add({ dirty: { do: 'expect', of: name }, ...(newer ? { judge: 'DIRTY-NEWMAP' } : {}) });
  }

  toString(): string {
    return 'dirty(expect)';
  }
}

/** A page that was reported is clean in the next bitmap, unless the device may write it at any time. */
class ReadTwice extends Move {
  protected allowed({ mappings, logging, mayStimulate, busy, started, abilities }: Readonly<Model>): boolean {
    return logging && mappings.size > 0 && mayStimulate && !busy && (started === undefined || !abilities.counter);
  }

  take(model: Model, walk: Walk): void {
    const of = lastOf(model);
    const standing = model.name('standing');
    walk.add({ dirty: { do: 'get', of, as: standing } });
    walk.add({ dma: { to: of, page: 3 } });
    const newer = model.mappings.get(of)?.whileLogging === true;
    walk.add({ dirty: { do: 'expect', of }, ...(newer ? { judge: 'DIRTY-NEWMAP' } : {}) });
    walk.add({ dirty: { do: 'expect', of, clean: 3, except: standing } });
  }

  toString(): string {
    return 'dirty(expect, clean)';
  }
}

/** With logging off there is no bitmap to be had. */
class ReadNoBitmap extends Move {
  protected allowed({ abilities, mappings, logging }: Readonly<Model>): boolean {
    return abilities.dirtyPages && !logging && mappings.size > 0;
  }

  take(model: Model, walk: Walk): void {
    const judge = model.stoppedLogging ? 'DIRTY-STOP' : 'DIRTY-NOT-ENABLED';
    walk.add({ dirty: { do: 'get', of: lastOf(model) }, expect: { errno: 'any' }, judge });
  }

  toString(): string {
    return 'dirty(get)';
  }
}

class Unmap extends Move {
  protected allowed({ mappings, busy }: Readonly<Model>): boolean {
    // Memory that a transfer may still write stays where it is.
    return mappings.size > 0 && !busy;
  }

  take(model: Model, walk: Walk): void {
    const name = lastOf(model);
    walk.add({ unmap: model.logging ? { of: name, dirty: true } : name });
    model.mappings.delete(name);
  }

  toString(): string {
    return 'unmap';
  }
}

function lastOf({ mappings }: Readonly<Model>): string {
  return [...mappings.keys()].at(-1) ?? '';
}

const where: fc.Arbitrary<Where> = fc.record({
  page: seldom(fc.constantFrom(1, 3, 63), 2),
  place: seldom(fc.constantFrom('end', 'across'), 3),
  size: seldom(fc.constantFrom('16B', '8KiB'), 3),
});

export const DIRTY_MOVES: readonly WeightedMove[] = [
  { weight: 2, arbitrary: fc.constantFrom(PAGES_MAPPED, 130).map((pages) => new MapMemory(pages)) },
  { weight: 3, arbitrary: where.map((one) => new Dma(one)) },
  { weight: 1, arbitrary: fc.constant(null).map(() => new DmaUnderWay()) },
  { weight: 3, arbitrary: fc.constantFrom('start' as const, 'stop' as const).map((what) => new Log(what)) },
  { weight: 2, arbitrary: fc.constant(null).map(() => new ReadBitmap()) },
  { weight: 1, arbitrary: fc.constant(null).map(() => new ReadTwice()) },
  { weight: 1, arbitrary: fc.constant(null).map(() => new ReadNoBitmap()) },
  { weight: 1, arbitrary: fc.constant(null).map(() => new Unmap()) },
];
