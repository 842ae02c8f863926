/**
 * Random walks over the state machine and the loops of save and resume, with every oracle on: fast-check draws moves, the model says
 * which of them a user may make and what may be expected, and the walk runs as a case like any other. One that finds something is
 * shrunk by fast-check to the shortest that finds the same.
 */
import fc from 'fast-check';
import type { CaseResult } from '../case-result';
import type { Abilities } from './abilities';
import type { CaseRunner } from './case-runner';
import { controlled } from './control';
import { stateOf } from './last-state';
import { Model, type State } from './model';
import { anyMove } from './moves';
import { Mark } from './moves/lives';
import { type Outcome, outcomeOf } from './primary-finding';
import { caseOfText, scenarioText } from './scenario-text';
import { leaveOut, replaceBeginning } from './tidy';
import { type Command, Walk, WalkEnds, type WalkStep } from './walk';

export interface ExploreOptions {
  readonly abilities: Abilities;
  /** Decides every walk. */
  readonly seed: number;
  readonly runs: number;
  /** The most steps of one walk, nested ones too. */
  readonly maxSteps: number;
  /** Only the walk of this number, from 0, as an earlier exploration printed it. */
  readonly path?: string;
  readonly onWalk?: (done: number) => void;
  readonly interrupted?: () => boolean;
}

export type Failing = Extract<Outcome, { kind: 'found' | 'trouble' }>;

export interface Exploration {
  /** Walks that were drawn until something was found, or all of them. */
  readonly walks: number;
  /** Cases that were run, those of shrinking included. */
  readonly cases: number;
  readonly interrupted: boolean;
  readonly impossible?: string;
  readonly failure?: {
    readonly outcome: Failing;
    /** The walk, shrunk. */
    readonly steps: readonly WalkStep[];
    /** Its number, from 0. */
    readonly path: string;
    /** Steps before it was shrunk. */
    readonly stepsBefore: number;
    readonly shrinks: number;
    /** It did not show again when the walk was made once more: it was not shrunk. */
    readonly fleeting: boolean;
  };
}

/** Half of the moves that are drawn cannot be made where the walk stands. */
const DRAWN_PER_STEP = 3;
const NAME = 'A walk over the state machine';

export function explore(runner: CaseRunner, options: ExploreOptions): Promise<Exploration> {
  return new Explorer(runner, options).explore();
}

interface Attempt {
  readonly walk: Walk;
  readonly outcome: Outcome;
}

/** In place of a walk that found something before its first step. */
const OPENING: WalkStep = {
  data: { note: 'The device is opened, and that is all' },
  move: 0,
  symptom: undefined,
  onlyIfBlamed: false,
};

/** The shortest walk so far that found what was found first. */
interface Best {
  readonly outcome: Failing;
  readonly steps: readonly WalkStep[];
  readonly moves: readonly Command[];
}

class Explorer {
  private cases = 0;
  private walks = 0;
  private impossible: string | undefined;
  private best: Best | undefined;
  private stepsBefore = 0;
  private fleeting = false;

  constructor(
    private readonly runner: CaseRunner,
    private readonly options: ExploreOptions,
  ) {}

  async explore(): Promise<Exploration> {
    const { seed, runs, maxSteps, path } = this.options;
    const moves = fc.commands([anyMove], {
      maxCommands: maxSteps * DRAWN_PER_STEP,
      size: 'max',
      disableReplayLog: true,
    });
    const details = await fc.check(
      fc.asyncProperty(moves, (drawn) => this.judge(drawn)),
      { seed, numRuns: path === undefined ? runs : 1, ...(path === undefined ? {} : { path }) },
    );
    const interrupted = this.options.interrupted?.() === true;
    const sofar = { cases: this.cases, interrupted };
    if (this.impossible !== undefined) return { ...sofar, walks: this.walks, impossible: this.impossible };
    if (!this.best) {
      // Nothing but what a walk found may fail the property.
      if (details.failed) throw details.errorInstance ?? new Error('fast-check failed without an error');
      return { ...sofar, walks: this.walks };
    }
    if (!this.fleeting) {
      await this.tidy(this.best);
      await this.control(this.best);
    }
    const number = details.counterexamplePath?.split(':')[0] ?? '0';
    return {
      ...sofar,
      walks: this.walks,
      failure: {
        outcome: this.best.outcome,
        steps: this.best.steps,
        path: number,
        stepsBefore: this.stepsBefore,
        shrinks: details.numShrinks,
        fleeting: this.fleeting,
      },
    };
  }

  /** The property: a walk finds nothing. @throws WalkEnds when it finds something (or, once shrinking, the same thing). */
  private async judge(drawn: Iterable<Command>): Promise<void> {
    if (this.options.interrupted?.() === true || this.impossible !== undefined || this.fleeting) return;
    const first = this.best === undefined;
    if (first) {
      this.walks += 1;
      this.options.onWalk?.(this.walks);
    }
    const { walk, outcome } = await this.attempt(fc.cloneIfNeeded(drawn));
    if (outcome.kind === 'impossible') this.impossible = outcome.message;
    if (!this.takes(walk, outcome)) return;
    // Every attempt to shrink what comes and goes would be in vain, and there are hundreds.
    this.fleeting = first && !(await this.comesAgain(drawn, outcome));
    if (this.fleeting) throw new WalkEnds(outcome.signature);
    await this.replay(drawn, walk.answers, outcome, moveOf(walk, outcome));
  }

  private async comesAgain(drawn: Iterable<Command>, { signature }: Failing): Promise<boolean> {
    const { outcome } = await this.attempt(fc.cloneIfNeeded(drawn));
    return isFailing(outcome) && outcome.shows.includes(signature);
  }

  /** Keeps a walk that has found what was found first, or is the first. */
  private takes(walk: Walk, outcome: Outcome): outcome is Failing {
    if (!isFailing(outcome)) return false;
    // A case that was cut off says nothing.
    if (this.options.interrupted?.() === true) return false;
    if (this.best && !outcome.shows.includes(this.best.outcome.signature)) return false;
    if (!this.best) this.stepsBefore = walk.count;
    const moves = walk.moves.slice(0, moveOf(walk, outcome) + 1);
    // What shows before the first step may do so because of what a later one needs.
    const steps = outcome.step < 0 ? walk.steps : walk.steps.slice(0, outcome.step + 1);
    this.best = { outcome, steps, moves };
    return true;
  }

  /** Leaves out what fast-check could not, up to all of the walk. */
  private async tidy({ moves, outcome: { step, signature } }: Best): Promise<void> {
    if (step < 0) {
      const outcome = outcomeOf(await this.runSteps([OPENING]), [OPENING]);
      if (isFailing(outcome) && outcome.shows.includes(signature)) {
        this.best = { outcome, steps: [OPENING], moves: [] };
        return;
      }
    }
    const holds = async (fewer: readonly Command[]): Promise<boolean> => {
      if (this.options.interrupted?.() === true) return false;
      const { walk, outcome } = await this.attempt(fewer);
      return this.takes(walk, outcome);
    };
    const fewer = await leaveOut(moves, holds);
    const marked = await replaceBeginning(fewer, new Mark(), holds);
    if (marked) await leaveOut(marked, holds);
  }

  /** Puts a control before a walk that needs one for its diagnosis. */
  private async control({ outcome, steps, moves }: Best): Promise<void> {
    const wanted = controlled(outcome, steps, this.options.abilities);
    if (!wanted || this.options.interrupted?.() === true) return;
    const behind = outcomeOf(await this.runSteps(wanted.steps), wanted.steps);
    if (behind.kind === 'found' && behind.finding.clause === wanted.clause)
      this.best = { outcome: behind, steps: wanted.steps, moves };
  }

  /** Makes the walk, asking the device where the model has to know, and runs it. */
  private async attempt(moves: Iterable<Command>): Promise<Attempt> {
    let ended: Outcome | undefined;
    const walk = new Walk(async ({ steps }) => {
      const result = await this.runSteps(steps);
      const outcome = outcomeOf(result, steps);
      const state = outcome.kind === 'nothing' ? stateOf(result) : undefined;
      if (state !== undefined) return state;
      ended = outcome;
      throw new WalkEnds('the walk came to its end');
    });
    try {
      await fc.asyncModelRun(() => this.start(walk), moves);
    } catch (error) {
      if (!(error instanceof WalkEnds)) throw error;
    }
    if (ended) return { walk, outcome: ended };
    if (walk.steps.length === 0) return { walk, outcome: { kind: 'nothing' } };
    return { walk, outcome: outcomeOf(await this.runSteps(walk.steps), walk.steps) };
  }

  /**
   * fast-check takes the last move that was made for the one that failed, and shrinks what stands before it: the walk is made once
   * more, without the device, and ends at the move that showed what was found.
   */
  private async replay(
    moves: Iterable<Command>,
    answers: readonly State[],
    { signature }: Failing,
    last: number,
  ): Promise<void> {
    let next = 0;
    const walk = new Walk(async () => {
      const answer = answers[next];
      next += 1;
      if (answer === undefined) throw new WalkEnds(signature);
      return answer;
    });
    await fc.asyncModelRun(() => this.start(walk), endAfter(moves, last, walk, signature));
    throw new WalkEnds(signature);
  }

  private start(walk: Walk): { model: Model; real: Walk } {
    return { model: new Model(this.options.abilities, this.options.maxSteps), real: walk };
  }

  private runSteps(steps: readonly WalkStep[]): Promise<CaseResult> {
    this.cases += 1;
    const text = scenarioText({
      name: NAME,
      clauses: ['STATE-STEADY'],
      steps: steps.map(({ data }) => data),
      comment: [],
    });
    // No step may blame the first clause of the scenario by default: what it blames has to be its own.
    return this.runner.run({ ...caseOfText('walk.yaml', text), clauses: [] });
  }
}

/** The moves; the walk ends when the one of this number has been made. */
function* endAfter(moves: Iterable<Command>, last: number, walk: Walk, why: string): Generator<Command> {
  for (const move of moves) {
    if (walk.moves.length > last) throw new WalkEnds(why);
    yield move;
  }
}

function isFailing(outcome: Outcome): outcome is Failing {
  return outcome.kind === 'found' || outcome.kind === 'trouble';
}

/** The move that made the step at which something showed, from 0. */
function moveOf(walk: Walk, { step }: Failing): number {
  return (walk.steps[step] ?? walk.steps.at(-1))?.move ?? 0;
}
