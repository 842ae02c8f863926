/** Names: what is taken was given before, a mapping is not given twice, and what is kept under a name of its own is used. */
import type { CheckedDocument } from './document';
import { type FollowedStep, type Follower, fails, isGiven, mayFail, type RoleValue } from './follow';
import type { NamedThing } from './roles';
import type { TextRange } from './source';
import { listing, nearest, quote } from './suggest';

const CALLED: Readonly<Record<NamedThing, { readonly a: string; readonly given: string }>> = {
  stream: { a: 'a stream', given: 'saved' },
  fingerprint: { a: 'a fingerprint', given: 'remembered' },
  mapping: { a: 'memory', given: 'mapped' },
  bitmap: { a: 'a bitmap', given: 'kept' },
  value: { a: 'a value', given: 'remembered' },
};

/** Kept for nothing when no step takes them; memory that is only mapped is mapped for the device's sake. */
const KEPT_TO_BE_TAKEN: ReadonlySet<NamedThing> = new Set(['stream', 'fingerprint', 'value']);

interface Use {
  readonly thing: NamedThing;
  readonly name: string;
  readonly range: TextRange;
  taken: boolean;
}

interface Missing {
  readonly thing: NamedThing;
  readonly scope: string;
  readonly name: string;
  readonly range: TextRange;
  readonly known: readonly string[];
}

export class NamesCheck implements Follower {
  /** What has been given so far in this case, by thing, scope and name. */
  private given = new Map<string, { use: Use | undefined; live: boolean }>();
  private missing: Missing[] = [];
  /** By the place where the name is written: cases of a matrix share it. */
  private readonly uses = new Map<number, Use>();

  constructor(private readonly document: CheckedDocument) {}

  enterCase(): void {
    this.tellMissing();
    this.given = new Map();
  }

  step(followed: FollowedStep): void {
    for (const value of followed.values) {
      const { role } = value;
      if (isGiven(role)) this.give(role.slice('gives-'.length) as NamedThing, value, followed);
      else if (role.startsWith('takes-') || role.startsWith('ends-'))
        this.take(role.slice(role.indexOf('-') + 1) as NamedThing, value, followed);
    }
    // Without a name it is the only mapping that goes.
    if (followed.absent.has('ends-mapping') && !fails(followed.step))
      for (const one of this.given.values()) one.live = false;
  }

  end(): void {
    this.tellMissing();
    if (this.document.course.incomplete) return;
    for (const { thing, name, range, taken } of this.uses.values()) {
      if (taken || !KEPT_TO_BE_TAKEN.has(thing)) continue;
      this.document.complaints.warning(range, 'unused-name', `nothing uses ${CALLED[thing].a} called ${quote(name)}`, {
        cause:
          thing === 'stream'
            ? 'where only the reading of it matters, it needs no name'
            : 'what is never compared shows nothing',
      });
    }
  }

  private give(thing: NamedThing, { value, range }: RoleValue, { step, side }: FollowedStep): void {
    if (fails(step)) return;
    const key = keyOf(thing, side, value);
    const before = this.given.get(key);
    if (thing === 'mapping' && before?.live && range && !mayFail(step)) {
      this.document.complain(range, {
        code: 'duplicate-name',
        message: `${quote(value)} is mapped already`,
        cause: 'unmap it first, or give this one a name of its own with `as:`',
      });
    }
    let use = range && this.uses.get(range.start);
    if (range && !use) {
      use = { thing, name: value, range, taken: false };
      this.uses.set(range.start, use);
    }
    this.given.set(key, { use, live: !mayFail(step) });
  }

  private take(thing: NamedThing, { role, value, range }: RoleValue, { step, side, range: verb }: FollowedStep): void {
    const keys = [keyOf(thing, side, value)];
    // A bitmap has the name of its mapping where it was given none.
    if (thing === 'bitmap') keys.push(keyOf('mapping', side, value));
    const found = keys.map((key) => this.given.get(key)).find((one) => one !== undefined);
    if (!found) {
      const prefix = keyOf(thing, side, '');
      const known = [...this.given.keys()]
        .filter((key) => key.startsWith(prefix))
        .map((key) => key.slice(prefix.length));
      this.missing.push({ thing, scope: side, name: value, range: range ?? verb, known });
      return;
    }
    if (found.use) found.use.taken = true;
    if (role.startsWith('ends-') && !fails(step)) found.live = false;
  }

  /** At the end of a case: what is given later than it is taken is told as that. */
  private tellMissing(): void {
    const { missing, given, document } = this;
    this.missing = [];
    if (document.course.incomplete) return;
    for (const { thing, scope, name, range, known } of missing) {
      const { a, given: verb } = CALLED[thing];
      const after = given.get(keyOf(thing, scope, name));
      const later = after !== undefined;
      if (after?.use) after.use.taken = true;
      const suggestion = later ? undefined : nearest(name, known);
      document.complain(range, {
        code: 'unknown-name',
        message: `${a} called ${quote(name)} is not ${verb} before this step`,
        cause: later
          ? `it is ${verb} only later`
          : known.length > 0
            ? `${listing([...new Set(known)])} ${known.length === 1 ? 'is' : 'are'} ${verb} before it`
            : `nothing is ${verb} before it`,
        ...(suggestion === undefined ? {} : { suggestion }),
      });
    }
  }
}

/** Devices of one container share their memory; what a case remembers is the same on all sides. */
function keyOf(thing: NamedThing, side: string, name: string): string {
  const own = thing === 'mapping' || thing === 'bitmap';
  return `${thing} ${own && side === 'destination' ? 'destination' : ''} ${name}`;
}
