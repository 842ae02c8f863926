/** The saving loop, with the liberties that a user may take in it. */
import fc from 'fast-check';
import { blame, type Model } from '../model';
import type { Walk } from '../walk';
import { given, Move, seldom, type WeightedMove } from './move';

export interface SavingLiberties {
  readonly buffers: number | undefined;
  readonly leave: 'after-offset' | 'after-size' | 'mid-data' | 'after-data' | undefined;
  readonly pieces: string | undefined;
  readonly via: 'mmap' | 'both' | undefined;
  readonly compare: string | undefined;
  readonly poll: number | undefined;
  readonly reread: number | undefined;
  readonly order: 'each' | 'size' | undefined;
  readonly again: string | undefined;
}

/** Saves, to the end or so many buffers. */
export class Save extends Move {
  constructor(private readonly liberties: SavingLiberties) {
    super();
  }

  protected allowed({ isSaving, session, spoilt }: Readonly<Model>): boolean {
    return isSaving && !spoilt && session !== undefined && !session.inBuffer;
  }

  take(model: Model, walk: Walk): void {
    const { session } = model;
    if (!session) return;
    const { buffers, leave, pieces: wanted, via, poll, reread, order, ...rest } = this.liberties;
    // Pieces that cannot be read say little where nobody knows whether the whole can, or where the oracles keep silent.
    const pieces = model.provoked ? undefined : wanted;
    const unproven = pieces !== undefined && !model.readWhole;
    const others = unproven ? { ...rest, compare: 'bulk' } : rest;
    const name = model.name('saved');
    const left = buffers === undefined ? undefined : leave;
    const args = given({
      as: name,
      buffers,
      leave: left,
      pieces,
      via,
      poll,
      reread,
      order: reread === undefined ? undefined : order,
      ...others,
    });
    // What is read twice and compared says by itself what is wrong.
    const compared = via === 'both' || others.compare !== undefined || others.again !== undefined;
    const judge = compared ? undefined : blame(model.pokes, model.resumed ? ['RES-ROUNDTRIP'] : []);
    walk.add({ save: args, ...(judge === undefined ? {} : { judge }) }, 'the save fails', true);
    if (pieces === undefined && via === undefined && buffers === undefined) model.readWhole = true;
    session.streams.push(name);
    session.emptied = buffers === undefined && model.state === 'pre-copy';
    session.drained = buffers === undefined && model.state === 'stop-and-copy';
    session.inBuffer = left !== undefined && left !== 'after-data';
    if (poll !== undefined) session.liberties.add('SAVE-PENDING-PURE');
    if (reread !== undefined) session.liberties.add('SAVE-REREAD');
    if (pieces !== undefined) session.liberties.add('SAVE-READ-PIECES');
    if (via !== undefined) session.liberties.add('SAVE-READ');
    if (left !== undefined) session.liberties.add('SAVE-REGARDLESS');
    if (!session.drained || model.busy) return;
    model.saved = { from: [...session.streams], content: model.content, liberties: new Set(session.liberties) };
  }

  toString(): string {
    return `save(${JSON.stringify(given({ ...this.liberties }))})`;
  }
}

const PIECES = ['natural', 'u8', 'u16', 'u32', 'u64', 'odd', 'mixed'];

export const savingLiberties: fc.Arbitrary<SavingLiberties> = fc.record({
  buffers: seldom(fc.nat({ max: 5 }), 3),
  leave: seldom(fc.constantFrom('after-offset', 'after-size', 'mid-data', 'after-data'), 3),
  pieces: seldom(fc.constantFrom(...PIECES), 8),
  via: seldom(fc.constantFrom('mmap', 'both'), 8),
  compare: seldom(fc.constantFrom(...PIECES), 10),
  poll: seldom(fc.integer({ min: 2, max: 6 }), 8),
  reread: seldom(fc.integer({ min: 2, max: 4 }), 8),
  order: seldom(fc.constantFrom('each', 'size'), 2),
  again: seldom(fc.constant('30ms'), 10),
});

export const SAVING_MOVES: readonly WeightedMove[] = [
  { weight: 10, arbitrary: savingLiberties.map((how) => new Save(how)) },
];
