/** Between one life of the device and the next: reset, closing and opening, and what the device holds in between. */
import fc from 'fast-check';
import { blame, type Model } from '../model';
import { STATE_IS_LOST, type Walk } from '../walk';
import { Move, Sequence, type WeightedMove } from './move';

export class Reset extends Move {
  protected allowed({ abilities }: Readonly<Model>): boolean {
    return abilities.reset;
  }

  take(model: Model, walk: Walk): void {
    const { state } = model;
    walk.add({ reset: {} });
    // Nothing that follows makes sense on a device which is not there.
    if (state !== 'running') walk.add({ state: 'running', judge: state === 'error' ? 'STATE-RESET' : 'RES-RESET' });
    model.renew();
  }

  toString(): string {
    return 'reset';
  }
}

class Reopen extends Move {
  protected allowed(): boolean {
    return true;
  }

  take(model: Model, walk: Walk): void {
    const { state } = model;
    walk.add({ reopen: {} });
    if (state !== 'running') walk.add({ state: 'running', judge: 'STATE-DEFAULT' });
    model.renew();
    model.isFresh = false;
    model.failed = false;
  }

  toString(): string {
    return 'reopen';
  }
}

/** Brings the device into ERROR, as its profile knows how to. */
class Fail extends Move {
  protected allowed({ abilities, state }: Readonly<Model>): boolean {
    return abilities.error && state === 'running';
  }

  take(model: Model, walk: Walk): void {
    walk.add({ error: {} });
    model.move('error');
  }

  toString(): string {
    return 'error';
  }
}

/** Something new for the device to keep, and to carry over. */
export class Mark extends Move {
  protected allowed({ abilities, mayStimulate }: Readonly<Model>): boolean {
    return abilities.mark && mayStimulate;
  }

  take(model: Model, walk: Walk): void {
    const name = model.name('mark');
    walk.add({ mark: { as: name } });
    model.forget();
    model.content = name;
    if (model.session) model.session.emptied = false;
  }

  toString(): string {
    return 'mark';
  }
}

/** Looks whether the device has what it should have. */
export class LookAtContent extends Move {
  protected allowed({ abilities, mayStimulate, content, isFresh, fresh, doubts }: Readonly<Model>): boolean {
    if (!abilities.mark || !mayStimulate) return false;
    return isFresh ? fresh === undefined || content === undefined : content !== undefined && doubts.size > 0;
  }

  take(model: Model, walk: Walk): void {
    if (model.isFresh) {
      this.takeFresh(model, walk);
      return;
    }
    const judge = blame(model.doubts, model.pokes);
    walk.add({ fingerprint: { equals: model.content }, ...(judge === undefined ? {} : { judge }) }, STATE_IS_LOST);
    model.doubts.clear();
  }

  private takeFresh(model: Model, walk: Walk): void {
    if (model.fresh === undefined) {
      model.fresh = 'fresh';
      walk.add({ fingerprint: { as: model.fresh } });
    } else walk.add({ fingerprint: { equals: model.fresh }, judge: 'RES-RESET' });
    model.content = model.fresh;
  }

  toString(): string {
    return 'fingerprint';
  }
}

/** Sees at once whether a device that was reset is like new. */
class ResetAndLook extends Sequence {
  protected parts(): readonly Move[] {
    return [new Reset(), new LookAtContent()];
  }

  toString(): string {
    return 'reset-and-look';
  }
}

export const LIFE_MOVES: readonly WeightedMove[] = [
  { weight: 2, arbitrary: fc.constant(null).map(() => new Reset()) },
  { weight: 2, arbitrary: fc.constant(null).map(() => new ResetAndLook()) },
  { weight: 1, arbitrary: fc.constant(null).map(() => new Reopen()) },
  { weight: 1, arbitrary: fc.constant(null).map(() => new Fail()) },
  { weight: 6, arbitrary: fc.constant(null).map(() => new Mark()) },
  { weight: 4, arbitrary: fc.constant(null).map(() => new LookAtContent()) },
];
