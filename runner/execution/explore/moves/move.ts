/** A move: what a user may do next, as a fast-check command. Moves hold no state; they read the model and tell it what they did. */
import fc from 'fast-check';
import type { Model } from '../model';
import type { Walk } from '../walk';

export abstract class Move implements fc.AsyncCommand<Model, Walk> {
  /** True when the user may do so now. */
  protected abstract allowed(model: Readonly<Model>): boolean;

  /** Adds the steps, and tells the model what they come to. Only where `check` holds. */
  abstract take(model: Model, walk: Walk): Promise<void> | void;

  check(model: Readonly<Model>): boolean {
    return model.steps < model.maxSteps && this.allowed(model);
  }

  async run(model: Model, walk: Walk): Promise<void> {
    walk.begin(this);
    await this.take(model, walk);
    model.steps = walk.count;
  }

  abstract toString(): string;
}

/** A move that comes to others, one after the other: the walk remembers those. */
export abstract class Sequence extends Move {
  /** Each is made if it is allowed when its turn comes. */
  protected abstract parts(model: Readonly<Model>): readonly Move[];

  protected allowed(model: Readonly<Model>): boolean {
    return this.parts(model)[0]?.check(model) === true;
  }

  take(): never {
    throw new Error('a sequence is made part by part');
  }

  override async run(model: Model, walk: Walk): Promise<void> {
    for (const part of this.parts(model)) if (part.check(model)) await part.run(model, walk);
  }
}

/** How often a kind of move is drawn, beside the others. */
export interface WeightedMove {
  readonly weight: number;
  readonly arbitrary: fc.Arbitrary<Move>;
}

/** Mostly not given, and not given at all in what it shrinks to. */
export function seldom<T>(arbitrary: fc.Arbitrary<T>, oneIn = 6): fc.Arbitrary<T | undefined> {
  return fc.oneof(
    { withCrossShrink: true },
    { weight: oneIn - 1, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary },
  );
}

/** Without the keys that are not given. */
export function given(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
