/**
 * The next thing that a user does who migrates: with these among the others a walk comes to the end of a migration now and then, and
 * does not only stand about.
 */
import fc from 'fast-check';
import type { Model } from '../model';
import { Deliver, Fetch } from './delivering';
import { LookAtContent, Mark, Reset } from './lives';
import { type Move, Sequence, type WeightedMove } from './move';
import { Give, type GivingLiberties, givingLiberties } from './resuming';
import { Save, type SavingLiberties, savingLiberties } from './saving';
import { Go } from './states';

/** Towards a state of this device on the destination. */
class SaveOnward extends Sequence {
  constructor(
    private readonly live: boolean,
    /** In pre-copy: marks the device once more before the next save. */
    private readonly change: boolean,
    private readonly how: SavingLiberties,
  ) {
    super();
  }

  protected parts(model: Readonly<Model>): readonly Move[] {
    return [this.next(model)];
  }

  private next(model: Readonly<Model>): Move {
    const { state, session, saved, delivered, content, abilities } = model;
    switch (state) {
      case 'running':
        if (abilities.mark && (content === undefined || saved?.content === content)) return new Mark();
        return new Go(this.live ? 'pre-copy' : 'stop-and-copy');
      case 'stop':
        return new Go('stop-and-copy');
      case 'pre-copy':
        if (session?.streams.length === 0) return new Save(this.how);
        return this.change ? new Mark() : new Go('stop-and-copy');
      case 'stop-and-copy':
        if (session?.drained === false && !session.inBuffer) return new Save({ ...this.how, buffers: undefined });
        return saved !== delivered && abilities.destination === 'other' ? new Deliver() : new Go('stop');
      case 'resuming':
        return model.given === 'whole' ? new Go('running') : new Reset();
      case 'error':
        return new Reset();
    }
  }

  toString(): string {
    return 'onward(save)';
  }
}

/** Towards a state of the destination on this device. */
class TakeOnward extends Sequence {
  constructor(private readonly how: GivingLiberties) {
    super();
  }

  protected parts(model: Readonly<Model>): readonly Move[] {
    return this.next(model);
  }

  private next(model: Readonly<Model>): readonly Move[] {
    const { state, offered, saved, content, doubts } = model;
    if (state === 'error') return [new Reset()];
    if (state === 'resuming') {
      if (model.given === 'nothing') return [new Give(this.how)];
      return model.given === 'whole' ? [new Go('running')] : [new Reset(), new LookAtContent()];
    }
    if (state !== 'running') return [new Go('running')];
    if (content !== undefined && doubts.has('RES-APPLY')) return [new LookAtContent()];
    return [offered === undefined && saved === undefined ? new Fetch(true) : new Go('resuming')];
  }

  toString(): string {
    return 'onward(take)';
  }
}

export const ONWARD_MOVES: readonly WeightedMove[] = [
  {
    weight: 24,
    arbitrary: fc
      .tuple(fc.boolean(), fc.boolean(), savingLiberties)
      .map(([live, change, how]) => new SaveOnward(live, change, how)),
  },
  { weight: 12, arbitrary: givingLiberties.map((how) => new TakeOnward(how)) },
];
