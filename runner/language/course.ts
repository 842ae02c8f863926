/** What is remembered of a document's steps beside their values: where their arguments are written, and what could not be read. */
import type { Step } from './scenario';
import type { TextRange } from './source';

export class Course {
  private readonly tokens = new WeakMap<Step, ReadonlyMap<string, readonly TextRange[]>>();
  /** A step or a name could not be read, which was said: what it gives is not known, and nothing is called missing. */
  incomplete = false;
  /** Values that were put into shared steps so far: what bounds files that use each other again and again. */
  filled = 0;

  remember(step: Step, tokens: ReadonlyMap<string, readonly TextRange[]>): void {
    this.tokens.set(step, tokens);
  }

  /** Where the n-th value of an argument is written in the document that was named first; undefined where a default stands for it. */
  token(step: Step, argument: string, index = 0): TextRange | undefined {
    return this.tokens.get(step)?.get(argument)?.[index];
  }

  /** Where the verb is written. */
  verb(step: Step): TextRange | undefined {
    return this.tokens.get(step)?.get(VERB)?.[0];
  }
}

/** The key under which a step's verb itself is remembered: no argument is called so. */
export const VERB = '';
