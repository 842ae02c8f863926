/** Moves of device_state: the arcs of the diagram, those beside it, the same state again, and states that nobody may ask for. */
import fc from 'fast-check';
import type { ClauseId } from '../../../language/scenario';
import { blame, type Model, type State, type ValidState } from '../model';
import { STATE_IS_LOST, type Walk } from '../walk';
import { Move, type WeightedMove } from './move';

/** The arcs that the diagram shows or that QEMU needs. _RESUMING to _RUNNING is one when everything was given. */
const ARCS: Readonly<Record<State, readonly ValidState[]>> = {
  running: ['stop', 'stop-and-copy', 'pre-copy', 'resuming'],
  stop: ['running', 'stop-and-copy'],
  'pre-copy': ['stop-and-copy', 'running'],
  'stop-and-copy': ['stop', 'running'],
  resuming: ['running'],
  error: [],
};

/** An arc that has to work. */
export class Go extends Move {
  constructor(private readonly to: ValidState) {
    super();
  }

  protected allowed({ state, given, spoilt, content, doubts }: Readonly<Model>): boolean {
    if (spoilt || !ARCS[state].includes(this.to)) return false;
    // A state that has just come is looked at before anything is made of it: what it lacks is not blamed on a later save.
    if (state === 'running' && content !== undefined && doubts.has('RES-APPLY')) return false;
    return state !== 'resuming' || given === 'whole';
  }

  take(model: Model, walk: Walk): void {
    const { state, taking, pokes, session, refused } = model;
    const resumes = state === 'resuming';
    const judge = blame(
      resumes ? (taking?.liberties ?? []) : pokes,
      refused ? ['STATE-REACHABLE'] : [],
      session?.inBuffer === true ? ['TRANS-NO-CONSUME'] : [],
    );
    const symptom = resumes ? STATE_IS_LOST : `${state} to ${this.to} is refused`;
    walk.add({ transition: this.to, ...(judge === undefined ? {} : { judge }) }, symptom);
    model.move(this.to);
  }

  toString(): string {
    return `go(${this.to})`;
  }
}

/** An arc that may go either way: what follows depends on what is read back. */
class Stray extends Move {
  constructor(private readonly to: ValidState) {
    super();
  }

  protected allowed({ state, given, spoilt }: Readonly<Model>): boolean {
    if (state === 'error' || state === this.to) return false;
    return spoilt || !ARCS[state].includes(this.to) || (state === 'resuming' && given !== 'whole');
  }

  async take(model: Model, walk: Walk): Promise<void> {
    const { state, given } = model;
    const short = state === 'resuming' && this.to === 'running' && given !== 'nothing';
    walk.add({
      transition: this.to,
      expect: { result: 'either' },
      // A user gives all of a stream before the device is told to run.
      ...(short ? { provoke: 'SAVE-DRAIN-USER' } : {}),
    });
    if (short) model.spoilt = true;
    const now = await walk.state();
    if (now === state) {
      model.doubt('STATE-AFTER-ERR');
      model.refused = true;
      return;
    }
    model.move(now);
    // What can be saved behind an arc that the text does not show is nobody's promise.
    model.session = undefined;
  }

  toString(): string {
    return `stray(${this.to})`;
  }
}

class Stay extends Move {
  protected allowed({ state, session, spoilt }: Readonly<Model>): boolean {
    return state !== 'error' && !spoilt && session?.inBuffer !== true;
  }

  take(model: Model, walk: Walk): void {
    const judge = blame(model.pokes, ['STATE-NOP']);
    walk.add({ transition: model.state, judge }, 'the same state again is refused');
    model.doubt('STATE-NOP');
  }

  toString(): string {
    return 'stay';
  }
}

const INVALID: Readonly<Record<string, ClauseId>> = {
  'invalid-101': 'STATE-INVALID-101',
  'invalid-111': 'STATE-INVALID-111',
  error: 'STATE-INVALID-110',
};

class AskForInvalid extends Move {
  constructor(private readonly to: string) {
    super();
  }

  protected allowed({ state, session }: Readonly<Model>): boolean {
    return state !== 'error' && session?.inBuffer !== true;
  }

  async take(model: Model, walk: Walk): Promise<void> {
    const { state } = model;
    const clause = INVALID[this.to] ?? 'STATE-VALID-USER';
    const after = this.to === 'error' ? [state, 'error'] : state;
    walk.add(
      {
        transition: this.to,
        provoke: 'STATE-VALID-USER',
        expect: { result: 'failure', state: after },
        judge: blame(model.pokes, [clause]) ?? clause,
      },
      `${this.to} is not refused`,
    );
    model.provoked = true;
    model.doubt(clause);
    if (this.to === 'error') model.move(await walk.state());
  }

  toString(): string {
    return `invalid(${this.to})`;
  }
}

/** In ERROR only a reset helps. */
class LeaveError extends Move {
  constructor(private readonly to: ValidState) {
    super();
  }

  protected allowed({ state }: Readonly<Model>): boolean {
    return state === 'error';
  }

  take(_model: Model, walk: Walk): void {
    walk.add({
      transition: this.to,
      provoke: 'STATE-RESET-USER',
      expect: { result: 'failure', state: 'error' },
      judge: 'STATE-ERR-STICKY',
    });
  }

  toString(): string {
    return `leave-error(${this.to})`;
  }
}

/** Reads the state, which only a write may have moved. */
class LookAtState extends Move {
  protected allowed(): boolean {
    return true;
  }

  take(model: Model, walk: Walk): void {
    walk.add({ state: model.state, judge: 'STATE-STEADY' });
  }

  toString(): string {
    return 'state';
  }
}

const anyState = fc.constantFrom<ValidState>('running', 'stop', 'stop-and-copy', 'pre-copy', 'resuming');

export const STATE_MOVES: readonly WeightedMove[] = [
  { weight: 14, arbitrary: anyState.map((to) => new Go(to)) },
  { weight: 2, arbitrary: anyState.map((to) => new Stray(to)) },
  { weight: 2, arbitrary: fc.constant(null).map(() => new Stay()) },
  { weight: 2, arbitrary: fc.constantFrom(...Object.keys(INVALID)).map((to) => new AskForInvalid(to)) },
  { weight: 4, arbitrary: anyState.map((to) => new LeaveError(to)) },
  { weight: 2, arbitrary: fc.constant(null).map(() => new LookAtState()) },
];
