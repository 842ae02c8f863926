/** What a scenario changes in a device and does not undo: the kit resets and closes it at the end, which not every device makes up for. */
import type { CheckedDocument } from './document';
import { type FollowedStep, type Follower, mayFail } from './follow';
import type { Step } from './scenario';
import type { TextRange } from './source';

interface Left {
  readonly range: TextRange;
  readonly verb: string;
}

export class CleanUpCheck implements Follower {
  /** By side: the first register that was changed since the last reset. */
  private left = new Map<string, Left>();
  private readonly told = new Set<number>();

  constructor(private readonly document: CheckedDocument) {}

  enterCase(): void {
    this.endCase();
    this.left = new Map();
  }

  /** What `finally:` puts back is for the author to know. */
  enterFinally(any: boolean): void {
    if (any) this.left.clear();
  }

  end(): void {
    this.endCase();
  }

  step({ step, schema, side, range }: FollowedStep): void {
    // A reset, or the device anew: whatever was done to it is undone.
    if (schema['x-state'] === 'running' && !mayFail(step)) this.left.delete(side);
    else if (schema['x-leaves'] !== undefined && isOwn(step) && !this.left.has(side))
      this.left.set(side, { range, verb: step.verb });
  }

  private endCase(): void {
    if (this.document.course.incomplete) return;
    for (const { range, verb } of this.left.values()) {
      if (this.told.has(range.start)) continue;
      this.told.add(range.start);
      this.document.complaints.warning(range, 'missing-clean-up', `nothing undoes this ${verb}`, {
        cause:
          'not every device can be reset: a `reset:` after it, or steps in `finally:`, put it back whatever happens',
      });
    }
  }
}

/** A register of the device's own; the migration region is made to be written. */
function isOwn({ args }: Step): boolean {
  return args.field === undefined && args.region !== 'migration';
}
