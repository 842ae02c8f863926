/** Between the devices: what this one has saved goes to the destination, and the destination saves something for this one to take. */
import fc from 'fast-check';
import type { ClauseId } from '../../../language/scenario';
import { blame, type Model } from '../model';
import type { StepData } from '../step-data';
import { STATE_IS_LOST, type Walk } from '../walk';
import { Move, type WeightedMove } from './move';

function judged(step: StepData, judge: ClauseId | undefined): StepData {
  return judge === undefined ? step : { ...step, judge };
}

/** The destination takes the last whole save. */
export class Deliver extends Move {
  protected allowed({ abilities, saved, delivered, session }: Readonly<Model>): boolean {
    if (abilities.destination === 'none' || saved === undefined || saved === delivered) return false;
    // Without a mark nobody could see that nothing arrived.
    if (abilities.mark && saved.content === undefined) return false;
    // Its own destination is reset: a save that is going on would end in it.
    return abilities.destination === 'other' || session === undefined;
  }

  take(model: Model, walk: Walk): void {
    const { saved, abilities } = model;
    if (!saved) return;
    const judge = blame(saved.liberties);
    const from = saved.from.length === 1 ? saved.from[0] : [...saved.from];
    const plainly = [
      { transition: 'resuming' },
      judged({ resume: from }, judge),
      judged({ transition: 'running' }, judge),
    ];
    const steps = saved.content === undefined ? plainly : [judged({ restore: { from, equals: saved.content } }, judge)];
    walk.add({ on: 'destination', steps: [...started(model), ...steps] }, STATE_IS_LOST);
    model.delivered = saved;
    if (abilities.destination === 'other') return;
    model.renew();
    model.isFresh = false;
    model.content = saved.content;
    model.resumed = true;
  }

  toString(): string {
    return 'deliver';
  }
}

/** The destination saves, marked or as it is. */
export class Fetch extends Move {
  constructor(private readonly marked: boolean) {
    super();
  }

  protected allowed({ abilities, offered }: Readonly<Model>): boolean {
    return abilities.destination === 'other' && offered === undefined;
  }

  take(model: Model, walk: Walk): void {
    const stream = model.name('offered');
    const content = model.abilities.mark && this.marked ? model.name('wanted') : undefined;
    walk.add({
      on: 'destination',
      steps: [
        ...started(model),
        ...(content === undefined ? [] : [{ mark: { as: content } }]),
        { transition: 'stop-and-copy' },
        { save: stream },
      ],
    });
    model.destinationStopped = true;
    model.offered = { from: [stream], content, liberties: new Set() };
  }

  toString(): string {
    return `fetch(${this.marked ? 'marked' : ''})`;
  }
}

/** The device takes what the destination saved, as plainly as can be. */
class Receive extends Move {
  protected allowed({ state, offered, spoilt }: Readonly<Model>): boolean {
    return !spoilt && state === 'running' && offered?.content !== undefined;
  }

  take(model: Model, walk: Walk): void {
    const { offered } = model;
    if (offered?.content === undefined) return;
    walk.add({ restore: { from: offered.from[0], equals: offered.content } }, STATE_IS_LOST);
    model.forget();
    model.content = offered.content;
    model.started = 'TRANS-RES-RUN';
    model.resumed = true;
  }

  toString(): string {
    return 'receive';
  }
}

/** The destination runs, whatever it did before. */
function started(model: Model): readonly StepData[] {
  if (!model.destinationStopped) return [];
  model.destinationStopped = false;
  return [{ transition: 'running' }];
}

export const DELIVERING_MOVES: readonly WeightedMove[] = [
  { weight: 8, arbitrary: fc.constant(null).map(() => new Deliver()) },
  { weight: 4, arbitrary: fc.boolean().map((marked) => new Fetch(marked)) },
  { weight: 2, arbitrary: fc.constant(null).map(() => new Receive()) },
];
