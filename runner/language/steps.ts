/** Steps: one verb each, in short or long form, and the keys that may stand beside any verb. */
import { VERB } from './course';
import type { CheckedDocument } from './document';
import { readExpectation } from './expectation';
import type { JsonSchema } from './json-schema';
import type { ReaderHost } from './reader';
import type { Expectation, Step } from './scenario';
import type { CommonKeys } from './schemas';
import { useSharedSteps } from './shared-steps';
import type { TextRange } from './source';
import { listing, nearest, quote } from './suggest';
import { caretRange, describe, type Entry, entryOf, type MapTree, render, type Tree } from './tree';
import { type VerbEntry, verbValidator } from './vocabulary';

const MAX_TITLE = 100;

/** Reads lists of steps in one document. */
export class StepReader implements ReaderHost {
  private readonly common: Readonly<Record<string, JsonSchema>>;

  constructor(private readonly document: CheckedDocument) {
    this.common = document.surroundings.vocabulary.documents.common.properties ?? {};
  }

  complain: ReaderHost['complain'] = (range, problem, scalar) => this.document.complain(range, problem, scalar);

  clause: ReaderHost['clause'] = (id) => this.document.clause(id);

  /** Every step that could be read; what is wrong with the others is in the complaints. */
  steps(tree: Tree, owner: TextRange): readonly Step[] {
    if (tree.kind === 'scalar' && tree.unknown) return [];
    if (tree.kind !== 'list' || tree.items.length === 0) {
      const written = tree.range.end > tree.range.start;
      this.complain(tree.kind === 'map' ? caretRange(tree) : written ? tree.range : owner, {
        code: tree.kind === 'list' ? 'too-few' : 'wrong-type',
        message: tree.kind === 'list' ? 'there are no steps' : `steps are a list, not ${describe(tree)}`,
        cause: 'each step begins with "- " and holds one verb, as in "- transition: pre-copy"',
      });
      return [];
    }
    const steps = tree.items.map((item) => this.step(item, owner)).filter((step) => step !== undefined);
    if (steps.length < tree.items.length) this.document.course.incomplete = true;
    return steps;
  }

  private step(tree: Tree, owner: TextRange): Step | undefined {
    if (tree.kind !== 'map') {
      this.notAStep(tree, owner);
      return undefined;
    }
    const { verbs } = this.document.surroundings.vocabulary;
    const named = tree.entries.filter((entry) => verbs.has(entry.key));
    // `note` is a verb and stands beside others: it is the verb only where nothing else is.
    const strong = named.filter((entry) => !Object.hasOwn(this.common, entry.key));
    const [first, ...others] = strong.length > 0 ? strong : named;
    const verb = first && verbs.get(first.key);
    if (!first || !verb) {
      if (!tree.damaged) this.noVerb(tree, owner);
      return undefined;
    }
    for (const other of others) {
      this.complain(other.keyRange, {
        code: 'two-verbs',
        message: `a step holds one verb, and this one has ${first.key} already`,
        cause: `begin a new step: "- ${other.key}: ..."`,
      });
    }
    const long = this.longForm(verb, first, tree);
    const args = long && this.args(verb, first, long);
    if (!args) this.document.course.incomplete = true;
    const beside = this.beside(verb, first, tree, named);
    const step: Step = {
      verb: verb.name,
      args: args ?? {},
      title: title(verb, first.value),
      position: this.document.complaints.position(first.keyRange),
      ...beside,
    };
    this.document.course.remember(step, this.tokens(first, long));
    return step;
  }

  /** Where the verb and the values of its arguments are written. */
  private tokens(verb: Entry, args: MapTree | undefined): ReadonlyMap<string, readonly TextRange[]> {
    const tokens = new Map<string, readonly TextRange[]>([[VERB, [this.document.shown(verb.keyRange)]]]);
    for (const { key, value } of args?.entries ?? []) {
      const written = value.kind === 'list' ? value.items : [value];
      tokens.set(
        key,
        written.map((one) => this.document.shown(caretRange(one), one.kind === 'scalar' ? one : undefined)),
      );
    }
    return tokens;
  }

  private notAStep(tree: Tree, owner: TextRange): void {
    const { verbs } = this.document.surroundings.vocabulary;
    const range = tree.kind === 'scalar' && tree.range.end === tree.range.start ? owner : caretRange(tree);
    const word = tree.kind === 'scalar' ? (/^[a-z-]+/.exec(tree.text)?.[0] ?? '') : '';
    const rest = tree.kind === 'scalar' ? tree.text.slice(word.length).trim() : '';
    const meant = verbs.has(word) ? word : rest === '' ? nearest(word, verbs.keys()) : undefined;
    this.complain(range, {
      code: 'not-a-step',
      message: `a step is a verb and its arguments, not ${describe(tree)}`,
      cause: 'a verb is followed by a colon, also when it takes no arguments',
      ...(meant ? { suggestion: rest === '' ? `${meant}:` : `${meant}: ${rest}` } : {}),
    });
  }

  private noVerb(tree: MapTree, owner: TextRange): void {
    const { verbs } = this.document.surroundings.vocabulary;
    const stranger = tree.entries.find((entry) => !Object.hasOwn(this.common, entry.key) && entry.key !== 'steps');
    if (!stranger) {
      const first = tree.entries[0];
      this.complain(first?.keyRange ?? (tree.range.end > tree.range.start ? tree.range : owner), {
        code: 'no-verb',
        message: 'this step has no verb',
        cause: first
          ? `${quote(first.key)} stands beside a verb: is it indented too little, or is the "- " before it too much?`
          : `a step holds one of ${listing([...verbs.keys()], 'or')}`,
      });
      return;
    }
    const suggestion = nearest(stranger.key, verbs.keys());
    this.complain(stranger.keyRange, {
      code: 'unknown-verb',
      message: `${quote(stranger.key)} is not a verb`,
      cause: `the verbs are ${listing([...verbs.keys()])}`,
      ...(suggestion ? { suggestion } : {}),
    });
  }

  private args(verb: VerbEntry, entry: Entry, tree: MapTree): Record<string, unknown> | undefined {
    const place = { name: verb.name, owner: entry.keyRange };
    const validator = this.document.surroundings.vocabulary.validator(verbValidator(verb.name));
    const read = this.document.read(verb.arguments, validator, tree, place, this) as
      | Record<string, unknown>
      | undefined;
    return read && this.withSharedSteps(verb, read, tree, entry.keyRange);
  }

  /** A file of shared steps stands for its steps: what runs them gets them like nested steps. */
  private withSharedSteps(
    verb: VerbEntry,
    { with: _values, ...args }: Record<string, unknown>,
    tree: MapTree,
    owner: TextRange,
  ): Record<string, unknown> {
    const key = Object.keys(verb.arguments.properties ?? {}).find(
      (name) => verb.arguments.properties?.[name]?.['x-kind'] === 'shared',
    );
    if (key === undefined) return _values === undefined ? args : { ...args, with: _values };
    const file = entryOf(tree, key)?.value;
    const steps =
      file?.kind === 'scalar' && typeof args[key] === 'string'
        ? useSharedSteps(this.document, file, entryOf(tree, 'with'), owner)
        : [];
    return { ...args, steps };
  }

  /** Every form as a map: what stands in the short form is the main argument, and `steps:` may stand beside the verb. */
  private longForm(verb: VerbEntry, { value, keyRange }: Entry, step: MapTree): MapTree | undefined {
    const entries: Entry[] = [];
    if (value.kind === 'map') entries.push(...value.entries);
    else if (value.kind === 'list' || value.value !== null || value.unknown) {
      if (verb.main === undefined) {
        const keys = Object.keys(verb.arguments.properties ?? {});
        this.complain(caretRange(value), {
          code: 'no-short-form',
          message: `${verb.name} has no short form`,
          cause: keys.length > 0 ? `its arguments stand in a map of ${listing(keys)}` : 'it takes no arguments',
          ...(keys.length > 0 ? {} : { suggestion: `${verb.name}:` }),
        });
        return undefined;
      }
      entries.push({ key: verb.main, keyRange, value });
    }
    for (const beside of step.entries) {
      const key = this.argumentBeside(verb, beside.key);
      if (key === undefined || beside.keyRange === keyRange) continue;
      if (!entries.some((entry) => entry.key === key)) entries.push({ ...beside, key });
      else if (key === beside.key && key === 'steps') {
        this.complain(beside.keyRange, { code: 'duplicate-key', message: `${verb.name} has its steps already` });
      }
    }
    return { kind: 'map', range: value.range, entries };
  }

  /**
   * The argument that a key beside the verb stands for: `steps` by right; another one, or a slip of `steps`, by mistake, which is told
   * (see strayKey) and then checked like any argument, so that nothing is called missing that is only in the wrong place.
   */
  private argumentBeside(verb: VerbEntry, key: string): string | undefined {
    const { verbs } = this.document.surroundings.vocabulary;
    if (Object.hasOwn(this.common, key) || verbs.has(key)) return undefined;
    if (Object.hasOwn(verb.arguments.properties ?? {}, key)) return key;
    return takesSteps(verb) && nearest(key, [...Object.keys(this.common), 'steps']) === 'steps' ? 'steps' : undefined;
  }

  private beside(verb: VerbEntry, own: Entry, tree: MapTree, verbs: readonly Entry[]): Partial<Step> {
    const result: { -readonly [Key in keyof CommonKeys]?: CommonKeys[Key] } & { expect?: Tree } = {};
    let expect: Expectation | undefined;
    for (const entry of tree.entries) {
      const { key, keyRange, value } = entry;
      if (entry === own) continue;
      const schema = Object.hasOwn(this.common, key) ? this.common[key] : undefined;
      if (key === 'expect') expect = readExpectation(verb, entry, this.document, this);
      else if (schema) Object.assign(result, { [key]: this.read(schema, value, key, keyRange) });
      else if (key === 'steps' && takesSteps(verb)) continue;
      else if (!verbs.includes(entry)) this.strayKey(verb, entry);
    }
    this.checkWho(tree, result);
    const { judge, provoke, within, note } = result;
    return {
      ...(expect === undefined ? {} : { expect }),
      ...(judge === undefined ? {} : { judge }),
      ...(provoke === undefined ? {} : { provoke }),
      ...(within === undefined ? {} : { within }),
      ...(note === undefined ? {} : { note }),
    };
  }

  private read(schema: JsonSchema, tree: Tree, name: string, owner: TextRange): unknown {
    return this.document.read(schema, undefined, tree, { name, owner }, this);
  }

  private strayKey(verb: VerbEntry, { key, keyRange }: Entry): void {
    const known = Object.keys(verb.arguments.properties ?? {});
    if (known.includes(key)) {
      this.complain(keyRange, {
        code: 'unknown-key',
        message: `${quote(key)} is an argument of ${verb.name} and stands beside it`,
        cause: `arguments stand in the verb's own map: "${verb.name}: {${key}: ...}", or two spaces deeper`,
      });
      return;
    }
    const beside = [...Object.keys(this.common), ...(takesSteps(verb) ? ['steps'] : [])];
    const suggestion = nearest(key, beside) ?? nearest(key, this.document.surroundings.vocabulary.verbs.keys());
    this.complain(keyRange, {
      code: 'unknown-key',
      message: `${quote(key)} is neither a verb nor a key that stands beside one`,
      cause: `beside ${verb.name} stand ${listing(beside)}`,
      ...(suggestion ? { suggestion } : {}),
    });
  }

  /** A step provokes by breaking a user's clause, and judges one that is not the user's. */
  private checkWho(tree: MapTree, keys: { judge?: string; provoke?: string }): void {
    const { clauses } = this.document.surroundings;
    for (const key of ['judge', 'provoke'] as const) {
      const clause = clauses?.get(keys[key] ?? '');
      const entry = tree.entries.find((candidate) => candidate.key === key);
      if (!clause || !entry || entry.value.kind !== 'scalar') continue;
      if ((clause.who === 'user') === (key === 'provoke')) continue;
      this.complain(
        entry.value.range,
        {
          code: 'wrong-who',
          message:
            key === 'provoke'
              ? `${clause.id} is a clause of the ${clause.who}, which a step cannot break`
              : `${clause.id} is the user's own clause`,
          cause: key === 'provoke' ? 'provoke names a user clause' : 'judge names a clause of the driver or the kernel',
        },
        entry.value,
      );
    }
  }
}

function takesSteps(verb: VerbEntry): boolean {
  return verb.arguments.properties?.steps?.['x-kind'] === 'steps';
}

/** `transition: pre-copy`, `save: {buffers: 2, as: early}`: as it is written, on one line, without nested steps. */
function title(verb: VerbEntry, value: Tree): string {
  const shown: Tree =
    value.kind === 'map'
      ? { ...value, entries: value.entries.filter((entry) => !(entry.key === 'steps' && takesSteps(verb))) }
      : value;
  const nothing = shown.kind === 'map' ? shown.entries.length === 0 : shown.kind === 'scalar' && shown.value === null;
  const text = nothing ? verb.name : `${verb.name}: ${render(shown)}`;
  return text.length > MAX_TITLE ? `${text.slice(0, MAX_TITLE - 3)}...` : text;
}
