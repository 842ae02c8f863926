/** A walk while it is made: its steps so far, and the device to ask where the text leaves open what happened. */
import type fc from 'fast-check';
import type { Model, State } from './model';
import { countSteps, type StepData } from './step-data';

export interface WalkStep {
  readonly data: StepData;
  /** Which move of the walk made it, from 0. */
  readonly move: number;
  /**
   * What is wrong where this step does not come out: whom it blames follows from what the walk tried out before, which shrinking
   * changes. Two walks that fail with the same symptom have found the same.
   */
  readonly symptom: string | undefined;
  /** The symptom counts only where the step's own `judge:` was blamed: else the step knows by itself what is wrong. */
  readonly onlyIfBlamed: boolean;
}

/** A move, as fast-check knows it. */
export type Command = fc.AsyncCommand<Model, Walk>;

/** The device does not have the state that it should have. */
export const STATE_IS_LOST = 'the state is not what it should be';

/** A walk ends where a run of its steps did not come to its end, or had something to find. */
export class WalkEnds extends Error {
  override readonly name = 'WalkEnds';
}

export class Walk {
  readonly steps: WalkStep[] = [];
  /** What the device answered so far, in order. */
  readonly answers: State[] = [];
  /** The moves that were made, each as itself. */
  readonly moves: Command[] = [];

  constructor(private readonly ask: (walk: Walk) => Promise<State>) {}

  begin(move: Command): void {
    this.moves.push(move);
  }

  add(data: StepData, symptom?: string, onlyIfBlamed = false): void {
    this.steps.push({ data, move: this.moves.length - 1, symptom, onlyIfBlamed });
  }

  /** The state in which the steps so far leave the device. @throws WalkEnds when they do not get there. */
  async state(): Promise<State> {
    const answer = await this.ask(this);
    this.answers.push(answer);
    return answer;
  }

  get count(): number {
    return countSteps(this.steps.map(({ data }) => data));
  }
}
