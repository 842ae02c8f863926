/** Memory that the device writes, and the log of it: in _RUNNING and in pre-copy, while the rest of the walk goes on. */
import fc from 'fast-check';
import type { Model } from '../model';
import type { Walk } from '../walk';
import { given, Move, Sequence, seldom, type WeightedMove } from './move';

const MOST_MAPPINGS = 3;
/** One word of a bitmap, and two bits more. Every move finds the pages that it writes. */
export const PAGES_MAPPED = 66;
/** Long enough to be under way for a while. */
const PAGES_UNDER_WAY = 16;

export class MapMemory extends Move {
  constructor(private readonly pages: number) {
    super();
  }

  protected allowed({ abilities, mappings }: Readonly<Model>): boolean {
    return abilities.dma && mappings.size < MOST_MAPPINGS;
  }

  take(model: Model, walk: Walk): void {
    const name = model.name('memory');
    walk.add({ map: { as: name, pages: this.pages } });
    model.mappings.set(name, { whileLogging: model.logging, written: false });
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

  protected allowed(model: Readonly<Model>): boolean {
    return model.mappings.size > 0 && mayWrite(model);
  }

  take(model: Model, walk: Walk): void {
    const { page, place, size } = this.where;
    // Small at the edges of a page: it has to lie in the mapping.
    walk.add({ dma: given({ to: lastOf(model), page, place, size: place === undefined ? size : '16B' }) });
    wrote(model);
  }

  toString(): string {
    return `dma(${JSON.stringify(given({ ...this.where }))})`;
  }
}

/** A write that may still be under way when the next move is made. */
export class DmaUnderWay extends Move {
  protected allowed({ mappings, mayStimulate, busy }: Readonly<Model>): boolean {
    return mappings.size > 0 && mayStimulate && !busy;
  }

  take(model: Model, walk: Walk): void {
    walk.add({ dma: { to: lastOf(model), pages: PAGES_UNDER_WAY, background: true } });
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
    model.logWorks = false;
    if (this.what === 'stop') model.stoppedLogging = true;
    for (const [name] of model.mappings) model.mappings.set(name, { whileLogging: false, written: false });
  }

  toString(): string {
    return `dirty(${this.what})`;
  }
}

/** Reads the bitmap of a mapping; it has to hold what the device wrote. */
class ReadBitmap extends Move {
  protected allowed(model: Readonly<Model>): boolean {
    return model.logging && mayRead(model);
  }

  take(model: Model, walk: Walk): void {
    readBitmap(model, walk);
  }

  toString(): string {
    return 'dirty(expect)';
  }
}

/** A page that was reported is clean in the next bitmap, unless the device may write it at any time. */
class ReadTwice extends Move {
  protected allowed(model: Readonly<Model>): boolean {
    return model.logging && mayRead(model) && mayWrite(model);
  }

  take(model: Model, walk: Walk): void {
    const of = lastOf(model);
    const standing = model.name('standing');
    walk.add({ dirty: { do: 'get', of, as: standing } });
    walk.add({ dma: { to: of, page: 3 } });
    wrote(model);
    readBitmap(model, walk);
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
  protected allowed({ mappings, busy, logging }: Readonly<Model>): boolean {
    // Memory that a transfer may still write stays where it is.
    return mappings.size > 0 && !busy && !logging;
  }

  take(model: Model, walk: Walk): void {
    const name = lastOf(model);
    walk.add({ unmap: name });
    model.mappings.delete(name);
  }

  toString(): string {
    return 'unmap';
  }
}

/** The same write is reported by a bitmap that is read, and again by the one that comes with the unmap. */
class UnmapLogged extends Move {
  protected allowed(model: Readonly<Model>): boolean {
    return model.logging && mayRead(model) && mayWrite(model);
  }

  take(model: Model, walk: Walk): void {
    const of = lastOf(model);
    walk.add({ dma: { to: of, page: 1 } });
    wrote(model);
    readBitmap(model, walk);
    walk.add({ dma: { to: of, page: 1 } });
    walk.add({ unmap: { of, dirty: true } });
    model.mappings.delete(of);
  }

  toString(): string {
    return 'unmap(dirty)';
  }
}

/** Memory that was mapped while the log ran is written and read, once older memory was seen to be logged. */
class TryNewMemory extends Sequence {
  protected parts({ mappings, logging, logWorks }: Readonly<Model>): readonly Move[] {
    const write = new Dma({ page: undefined, place: undefined, size: undefined });
    const older = mappings.size === 0 ? [new MapMemory(PAGES_MAPPED)] : [];
    const log = logging ? [] : [new Log('start')];
    const control = logWorks ? [] : [...older, ...log, write, new ReadBitmap()];
    return [...control, new MapMemory(PAGES_MAPPED), write, new ReadBitmap()];
  }

  toString(): string {
    return 'try-new-memory';
  }
}

/** A device that was just set running has to be seen to run: else a write that does not come could mean anything. */
function mayWrite({ mayStimulate, busy, started, abilities }: Readonly<Model>): boolean {
  return mayStimulate && !busy && (started === undefined || !abilities.counter);
}

/** What is missing in a bitmap of newer memory says something only where older memory is logged. */
function mayRead(model: Readonly<Model>): boolean {
  const mapping = model.mappings.get(lastOf(model));
  return mapping !== undefined && (!mapping.whileLogging || model.logWorks);
}

function wrote(model: Model): void {
  const mapping = model.mappings.get(lastOf(model));
  if (mapping) mapping.written = model.logging;
}

function readBitmap(model: Model, walk: Walk): void {
  const of = lastOf(model);
  const mapping = model.mappings.get(of);
  const newer = mapping?.whileLogging === true;
  walk.add({ dirty: { do: 'expect', of }, ...(newer ? { judge: 'DIRTY-NEWMAP' } : {}) }, 'pages are missing');
  if (mapping?.written === true && !newer) model.logWorks = true;
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
  { weight: 1, arbitrary: fc.constant(null).map(() => new UnmapLogged()) },
  { weight: 1, arbitrary: fc.constant(null).map(() => new TryNewMemory()) },
];
