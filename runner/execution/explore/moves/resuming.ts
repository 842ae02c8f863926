/** The resuming loop: whole streams and parts of them, with the liberties that a user may take, and streams that are no good. */
import fc from 'fast-check';
import type { ClauseId } from '../../../language/scenario';
import type { Model, Stream } from '../model';
import { STATE_IS_LOST, type Walk } from '../walk';
import { given, Move, seldom, type WeightedMove } from './move';

export interface GivingLiberties {
  readonly buffers: number | undefined;
  readonly pieces: string | undefined;
  readonly via: 'mmap' | 'alternate' | undefined;
  readonly overwrite: true | undefined;
}

/** Whatever there is to give: what the destination saved, or what this device saved itself. */
function stock({ offered, saved }: Readonly<Model>): Stream | undefined {
  return offered ?? saved;
}

function mayGive(model: Readonly<Model>): boolean {
  return model.state === 'resuming' && !model.spoilt && model.given === 'nothing' && stock(model) !== undefined;
}

function labels({ from }: Stream): unknown {
  return from.length === 1 ? from[0] : [...from];
}

export class Give extends Move {
  constructor(private readonly liberties: GivingLiberties) {
    super();
  }

  protected allowed(model: Readonly<Model>): boolean {
    return mayGive(model);
  }

  take(model: Model, walk: Walk): void {
    const stream = stock(model);
    if (!stream) return;
    const { buffers, pieces, via, overwrite } = this.liberties;
    const liberty: ClauseId | undefined =
      overwrite === true ? 'RES-CONSUME' : pieces !== undefined || via !== undefined ? 'RES-WRITE' : undefined;
    const args = given({ from: labels(stream), buffers, pieces, via, overwrite });
    walk.add({ resume: args, ...(liberty === undefined ? {} : { judge: liberty }) }, STATE_IS_LOST);
    model.given = buffers === undefined ? 'whole' : 'partial';
    model.taking = { ...stream, liberties: new Set(liberty === undefined ? [] : [liberty]) };
  }

  toString(): string {
    return `give(${JSON.stringify(given({ ...this.liberties }))})`;
  }
}

/** No part of these is a stream. */
const NONSENSE: readonly string[] = ['foreign', 'zeros'];

/** A stream with something wrong in it, and the device told to run with it. */
class GiveWrong extends Move {
  constructor(private readonly how: string) {
    super();
  }

  protected allowed(model: Readonly<Model>): boolean {
    const stream = stock(model);
    if (!mayGive(model) || stream?.from.length !== 1) return false;
    // Nobody notices that something is missing which is not needed: only the device's content tells.
    return stream.content !== undefined || NONSENSE.includes(this.how);
  }

  async take(model: Model, walk: Walk): Promise<void> {
    const stream = stock(model);
    if (!stream) return;
    const wrong = model.name('wrong');
    walk.add({ tamper: { stream: stream.from[0], as: wrong, how: this.how } });
    walk.add({ resume: wrong, provoke: 'RES-ORDER', expect: { result: 'either' } });
    walk.add({ transition: 'running', expect: { result: 'either' } });
    const unless = NONSENSE.includes(this.how) ? {} : stream.content;
    walk.add({ refused: unless, judge: 'RES-BAD-DATA' });
    model.given = 'wrong';
    model.spoilt = true;
    const now = await walk.state();
    if (now !== 'resuming') model.move(now);
  }

  toString(): string {
    return `give-wrong(${this.how})`;
  }
}

/** A data_size that the section has no room for. */
class GiveTooMuch extends Move {
  constructor(private readonly size: Readonly<Record<string, unknown>>) {
    super();
  }

  protected allowed(model: Readonly<Model>): boolean {
    return mayGive(model);
  }

  async take(model: Model, walk: Walk): Promise<void> {
    const stream = stock(model);
    if (!stream) return;
    const resume = { from: labels(stream), buffers: 1, ...this.size };
    walk.add({ resume, provoke: 'RES-SEQUENCE-USER', expect: { errno: 'any' }, judge: 'RES-OVERSIZE' });
    model.given = 'wrong';
    model.spoilt = true;
    const now = await walk.state();
    if (now !== 'resuming') model.move(now);
  }

  toString(): string {
    return `give-too-much(${JSON.stringify(this.size)})`;
  }
}

export const givingLiberties: fc.Arbitrary<GivingLiberties> = fc.record({
  buffers: seldom(fc.nat({ max: 4 }), 3),
  pieces: seldom(fc.constantFrom('natural', 'u8', 'odd', 'mixed'), 5),
  via: seldom(fc.constantFrom('mmap', 'alternate'), 5),
  overwrite: seldom(fc.constant(true as const), 4),
});

export const RESUMING_MOVES: readonly WeightedMove[] = [
  { weight: 8, arbitrary: givingLiberties.map((how) => new Give(how)) },
  {
    weight: 4,
    arbitrary: fc.constantFrom('half', 'truncate', 'cut', 'foreign', 'zeros').map((how) => new GiveWrong(how)),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom<Readonly<Record<string, unknown>>>({ beyond: '1B' }, { claim: '4GiB' })
      .map((size) => new GiveTooMuch(size)),
  },
];
