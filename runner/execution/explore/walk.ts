/** A walk while it is made: its steps so far, and the device to ask where the text leaves open what happened. */
import type { CaseResult } from '../case-result';
import type { State } from './model';
import { countSteps, type StepData } from './step-data';

export interface WalkStep {
  readonly data: StepData;
  /** Which move of the walk made it, from 0. */
  readonly move: number;
  /** It looks whether the device has kept its state, or has come to have it: what is blamed follows from what was tried out. */
  readonly looks: boolean;
}

/** Steps of the source that a walk has made so far are run, and this is what came of it. */
export type RunSteps = (steps: readonly WalkStep[]) => Promise<CaseResult>;

/** A walk ends where a run of its steps did not come to its end, or had something to find. */
export class WalkEnds extends Error {
  override readonly name = 'WalkEnds';
}

export class Walk {
  readonly steps: WalkStep[] = [];
  /** What the device answered so far, in order. */
  readonly answers: State[] = [];
  private moves = 0;

  constructor(private readonly ask: (walk: Walk) => Promise<State>) {}

  /** Moves that were begun. */
  get begun(): number {
    return this.moves;
  }

  begin(): void {
    this.moves += 1;
  }

  add(data: StepData, looks = false): void {
    this.steps.push({ data, move: this.moves - 1, looks });
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
