/** States: what a scenario asks for and expects, against where its own steps leave the device. All of it is legal, and likely a slip. */
import type { CheckedDocument } from './document';
import { type FollowedStep, type Follower, fails, mayFail, type RoleValue } from './follow';
import type { TextRange } from './source';
import { isArc, isEnterable, statesAfter } from './state-arcs';
import { listing } from './suggest';

interface Known {
  readonly state: string;
  /** Where it was entered; undefined for the state that a device has when it is opened. */
  readonly by: TextRange | undefined;
}

export class StatesCheck implements Follower {
  /** By side; undefined where the steps do not say. */
  private states = new Map<string, Known | undefined>();

  constructor(private readonly document: CheckedDocument) {}

  enterCase(): void {
    this.states = new Map();
  }

  end(): void {}

  step(followed: FollowedStep): void {
    const { step, schema, values, side } = followed;
    const known = this.states.has(side) ? this.states.get(side) : { state: 'running', by: undefined };
    const entered = values.find(({ role }) => role === 'enters-state');
    const expected = values.filter(({ role }) => role === 'expects-state');
    const places = schema['x-in'];
    const expectedState = step.expect?.state?.length === 1 ? step.expect.state[0] : undefined;
    if (known && places && !places.includes(known.state) && step.provoke === undefined && !mayFail(step))
      this.wrongPlace(followed, known, places);
    if (known && expected.length > 0) this.expects(expected, known);
    let next: Known | undefined = known;
    if (entered) {
      this.enters(entered, known, followed);
      const to = { state: entered.value, by: entered.range };
      next = fails(step) || mayFail(step) || step.provoke !== undefined || !isEnterable(entered.value) ? undefined : to;
    } else if (schema['x-state'] !== undefined) {
      const state = schema['x-state'];
      next = state === 'any' || mayFail(step) ? undefined : { state, by: followed.range };
    } else if (expected.length > 0) {
      const [only] = expected;
      next = expected.length === 1 && only ? { state: only.value, by: known?.by } : known;
    } else if (step.provoke !== undefined || (places && mayFail(step))) next = undefined;
    if (expectedState !== undefined) next = { state: expectedState, by: followed.range };
    this.states.set(side, next);
  }

  private enters({ value, range }: RoleValue, known: Known | undefined, { step, range: verb }: FollowedStep): void {
    if (step.provoke !== undefined || mayFail(step)) return;
    if (!isEnterable(value)) {
      this.warn(range ?? verb, 'unreachable-state', `no device may enter ${value}, and no user may ask for it`, {
        cause: 'a step that asks for it on purpose says so: `provoke: STATE-VALID-USER`, and what it expects',
      });
      return;
    }
    if (!known || !isEnterable(known.state) || isArc(known.state, value)) return;
    this.warn(range ?? verb, 'unreachable-state', `there is no transition from ${known.state} to ${value}`, {
      cause: `${this.where(known)}, from where the state machine goes to ${listing(statesAfter(known.state), 'or')}; a driver may refuse the others, and \`expect: either\` allows for that`,
    });
  }

  private expects(expected: readonly RoleValue[], known: Known): void {
    const [first] = expected;
    if (!first?.range || expected.some(({ value }) => value === known.state)) return;
    const named = listing(
      expected.map(({ value }) => value),
      'or',
    );
    this.warn(first.range, 'unreachable-state', `the steps before this one do not lead to ${named}`, {
      cause: this.where(known),
    });
  }

  private wrongPlace({ step, range }: FollowedStep, known: Known, places: readonly string[]): void {
    this.warn(range, 'unreachable-state', `${step.verb} does nothing in ${known.state}`, {
      cause: `it is for ${listing(places, 'or')}, and ${this.where(known)}`,
    });
  }

  private where({ state, by }: Known): string {
    if (!by) return `the device is in ${state} since it was opened`;
    return `the device is in ${state} since line ${this.document.complaints.position(by).line}`;
  }

  private warn(range: TextRange, code: string, message: string, advice: { cause: string }): void {
    this.document.complaints.warning(range, code, message, advice);
  }
}
