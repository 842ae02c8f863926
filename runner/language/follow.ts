/** Follows the steps of every case in their order, without a device: names that are given and taken, and states that are entered. */
import { CleanUpCheck } from './clean-up-check';
import type { CheckedDocument } from './document';
import type { JsonSchema } from './json-schema';
import { NamesCheck } from './names-check';
import type { Role } from './roles';
import type { Step } from './scenario';
import type { TextRange } from './source';
import { StatesCheck } from './states-check';
import type { VerbEntry } from './vocabulary';

/** Steps that are followed in one file, all cases and rounds together; a longer one is followed so far. */
const MAX_FOLLOWED = 50_000;

export interface FollowedCase {
  readonly steps: readonly Step[];
  readonly finallySteps: readonly Step[];
}

/** An argument of a step that has a role. */
export interface RoleValue {
  readonly role: Role;
  readonly value: string;
  /** Absent where a default stands for it. */
  readonly range: TextRange | undefined;
}

/** One step on its way. */
export interface FollowedStep {
  readonly step: Step;
  readonly schema: JsonSchema;
  readonly values: readonly RoleValue[];
  /** Roles of arguments that are not given. */
  readonly absent: ReadonlySet<Role>;
  readonly side: string;
  /** Where complaints about the step as a whole are shown. */
  readonly range: TextRange;
}

export interface Follower {
  enterCase(): void;
  /** The steps are over; `any`: `finally:` has steps. */
  enterFinally?(any: boolean): void;
  step(followed: FollowedStep): void;
  end(): void;
}

export function followCases(document: CheckedDocument, cases: readonly FollowedCase[]): void {
  const followers: readonly Follower[] = [
    new NamesCheck(document),
    new StatesCheck(document),
    new CleanUpCheck(document),
  ];
  const walk = new Walk(document, followers);
  for (const { steps, finallySteps } of cases) {
    for (const follower of followers) follower.enterCase();
    walk.steps(steps, 'source');
    for (const follower of followers) follower.enterFinally?.(finallySteps.length > 0);
    walk.steps(finallySteps, 'source');
    if (walk.isOver) return;
  }
  for (const follower of followers) follower.end();
}

class Walk {
  private followed = 0;

  constructor(
    private readonly document: CheckedDocument,
    private readonly followers: readonly Follower[],
  ) {}

  get isOver(): boolean {
    return this.followed > MAX_FOLLOWED;
  }

  steps(steps: readonly Step[], side: string): void {
    for (const step of steps) {
      if (this.isOver) return;
      this.step(step, side);
    }
  }

  private step(step: Step, side: string): void {
    this.followed += 1;
    const { verbs } = this.document.surroundings.vocabulary;
    const verb = verbs.get(step.verb);
    const range = this.document.course.verb(step);
    if (!verb || !range) return;
    const { values, absent } = this.roles(step, verb);
    const followed = { step, schema: verb.arguments, values, absent, side, range };
    for (const follower of this.followers) follower.step(followed);
    const nested = step.args.steps as readonly Step[] | undefined;
    if (!Array.isArray(nested)) return;
    const inner = values.find(({ role }) => role === 'side')?.value ?? side;
    // What only goes wrong the second time goes wrong in the second round.
    const rounds = Number(values.find(({ role }) => role === 'rounds')?.value ?? 1);
    for (let round = 0; round < Math.min(rounds, 2); round += 1) this.steps(nested, inner);
  }

  private roles(step: Step, verb: VerbEntry): { values: readonly RoleValue[]; absent: ReadonlySet<Role> } {
    const values: RoleValue[] = [];
    const absent = new Set<Role>();
    for (const [argument, schema] of Object.entries(verb.arguments.properties ?? {})) {
      const role = schema['x-role'] ?? schema.anyOf?.[0]?.['x-role'];
      if (role === undefined) continue;
      const value = step.args[argument];
      if (value === undefined) absent.add(role);
      else
        for (const [n, one] of (Array.isArray(value) ? value : [value]).entries())
          if (one !== undefined)
            values.push({ role, value: String(one), range: this.document.course.token(step, argument, n) });
    }
    // A verb takes what was there before it gives what it makes.
    return { values: values.sort((a, b) => Number(isGiven(a.role)) - Number(isGiven(b.role))), absent };
  }
}

export function isGiven(role: Role): boolean {
  return role.startsWith('gives-');
}

/** True where the step is expected to fail, so that what it would give is not there. */
export function fails({ expect }: Step): boolean {
  return expect?.result === 'failure' || (expect?.errno !== undefined && expect.result !== 'either');
}

/** True where the step need not come out well. */
export function mayFail(step: Step): boolean {
  return fails(step) || step.expect?.result === 'either';
}
