/**
 * Walks a schema and a tree side by side: lowers what is right and says what is wrong, at the token that is wrong.
 * Whether a document is valid is for the generated validator to say (see validate.ts); this says why not.
 */
import type { JsonSchema } from './json-schema';
import { checkGroups } from './key-groups';
import { KINDS } from './kinds';
import type { Problem } from './problem';
import type { Step } from './scenario';
import type { TextRange } from './source';
import { listing, nearest, quote } from './suggest';
import {
  caretRange,
  describe,
  entryOf,
  type ListTree,
  type MapTree,
  render,
  type ScalarTree,
  type Tree,
  written,
} from './tree';

/** What a reader needs from the document that it reads in. */
export interface ReaderHost {
  /** A problem at a range; `scalar` is given where the problem is one scalar's own value. */
  complain(range: TextRange, problem: Problem, scalar?: ScalarTree): void;
  steps(tree: Tree, owner: TextRange): readonly Step[];
  /** A well-formed clause id or family: is it in the catalogue? */
  clause(id: string): Problem | undefined;
}

/** Where a value belongs, for messages and for what is missing in it. */
export interface Place {
  /** `save`, `a scenario`, `"from" of save`. */
  readonly name: string;
  /** Blamed for what is not there. */
  readonly owner: TextRange;
  /** The verb or the file that the value belongs to, however deep it lies. */
  readonly top?: string;
}

export class Reader {
  constructor(private readonly host: ReaderHost) {}

  read(schema: JsonSchema, tree: Tree, place: Place): unknown {
    if (tree.kind === 'scalar' && tree.unknown) return undefined;
    const kind = schema['x-kind'];
    if (kind === 'steps') return this.host.steps(tree, place.owner);
    if (kind === 'opaque') return tree;
    if (kind === 'many') return this.many(schema, tree, place);
    if (kind !== undefined) return this.scalar(kind, schema, tree, place);
    if (schema.anyOf) return this.union(schema.anyOf, tree, place);
    if (schema.type === 'object') return this.map(schema, tree, place);
    if (schema.type === 'array') return this.list(schema, tree, place);
    return this.plain(schema, tree, place);
  }

  private scalar(kind: string, schema: JsonSchema, tree: Tree, place: Place): unknown {
    if (tree.kind !== 'scalar') {
      this.wrongType(tree, 'one value', place);
      return undefined;
    }
    const lowered = KINDS[kind]?.(schema, tree, place.name.replace(/^an item of /, '')) ?? {
      problem: { code: 'schema', message: `no kind ${kind}` },
    };
    if ('problem' in lowered) {
      this.scalarProblem(tree, lowered.problem, place);
      return undefined;
    }
    if (kind === 'clause' || kind === 'selector') {
      const problem = this.host.clause(String(lowered.value));
      if (problem) this.scalarProblem(tree, problem, place);
    }
    return lowered.value;
  }

  /** A missing value has no token of its own: its key is shown. */
  private scalarProblem(tree: ScalarTree, problem: Problem, place: Place): void {
    this.host.complain(tree.range.end > tree.range.start ? tree.range : place.owner, problem, tree);
  }

  /** `wanted` completes "`place` takes": `a list`, `one value`. */
  private wrongType(tree: Tree, wanted: string, place: Place, suggestion?: string): void {
    const empty = tree.kind === 'scalar' && tree.value === null;
    this.host.complain(
      empty ? place.owner : caretRange(tree),
      {
        code: empty ? 'missing-value' : 'wrong-type',
        message: empty ? `${place.name} has no value` : `${place.name} takes ${wanted}, not ${describe(tree)}`,
        ...(empty ? { cause: `it takes ${wanted}` } : {}),
        ...(empty || suggestion === undefined ? {} : { suggestion }),
      },
      scalarFromElsewhere(tree),
    );
  }

  private many(schema: JsonSchema, tree: Tree, place: Place): unknown {
    const [item, list] = schema.anyOf ?? [];
    if (!item || !list) return undefined;
    return tree.kind === 'list' ? this.list(list, tree, place) : [this.read(item, tree, place)];
  }

  private list(schema: JsonSchema, tree: Tree, place: Place): unknown {
    if (tree.kind !== 'list') {
      this.wrongType(tree, 'a list', place, tree.kind === 'scalar' ? `[${render(tree)}]` : undefined);
      return undefined;
    }
    const count = tree.items.length;
    if (count < (schema.minItems ?? 0)) {
      this.host.complain(tree.range.end > tree.range.start ? tree.range : place.owner, {
        code: 'too-few',
        message: count === 0 ? 'this list is empty' : `this list has ${count} items`,
        cause: `${place.name} takes at least ${schema.minItems}`,
      });
    }
    if (count > (schema.maxItems ?? Number.POSITIVE_INFINITY)) {
      this.host.complain(caretRange(tree), {
        code: 'too-many',
        message: `this list has ${count} items`,
        cause: `${place.name} takes at most ${schema.maxItems}`,
      });
      return undefined;
    }
    if (schema.uniqueItems) this.unique(tree);
    const items = schema.items ?? {};
    const top = place.top ?? place.name;
    return tree.items.map((item) =>
      this.read(items, item, { name: `an item of ${place.name}`, owner: caretRange(item), top }),
    );
  }

  private unique(tree: ListTree): void {
    const seen = new Set<string>();
    for (const item of tree.items) {
      const text = render(item);
      if (seen.has(text)) {
        this.host.complain(caretRange(item), {
          code: 'duplicate-value',
          message: `${quote(text)} stands twice in this list`,
        });
      }
      seen.add(text);
    }
  }

  /** Reads a map's entries; `undefined` when it is no map. */
  map(schema: JsonSchema, tree: Tree, place: Place): Record<string, unknown> | undefined {
    if (tree.kind !== 'map') {
      const keys = Object.keys(schema.properties ?? {});
      this.wrongType(tree, keys.length > 0 ? `a map of ${listing(keys, 'and', 12)}` : 'a map', place);
      return undefined;
    }
    const properties = schema.properties ?? {};
    const result: Record<string, unknown> = {};
    const meant = new Set<string>();
    for (const entry of tree.entries) {
      const property = Object.hasOwn(properties, entry.key) ? properties[entry.key] : undefined;
      const extra = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
      const inner = property ?? extra;
      if (!inner) {
        const slip = this.unknownKey(entry.key, entry.keyRange, Object.keys(properties), place);
        if (slip) meant.add(slip);
        continue;
      }
      const top = place.top ?? place.name;
      const value = this.read(inner, entry.value, { name: `${entry.key} of ${top}`, owner: entry.keyRange, top });
      if (value !== undefined) result[entry.key] = value;
    }
    for (const key of schema.required ?? []) {
      // A key that is there with a slip in it was told already.
      if (!entryOf(tree, key) && !meant.has(key) && !tree.damaged) this.missingKey(key, properties[key], place);
    }
    const least = schema.minProperties ?? 0;
    if (tree.entries.length < least) {
      this.host.complain(tree.range.end > tree.range.start ? tree.range : place.owner, {
        code: 'too-few',
        message: 'this map is empty',
        cause: `${place.name} takes ${listing(Object.keys(properties), 'or', 12)}`,
      });
    }
    checkGroups(schema, tree, place, this.host);
    this.defaults(properties, tree, result, place);
    return result;
  }

  private unknownKey(key: string, range: TextRange, known: readonly string[], place: Place): string | undefined {
    const suggestion = nearest(key, known);
    this.host.complain(range, {
      code: 'unknown-key',
      message: `${quote(key)} is not a key of ${place.name}`,
      cause:
        key === '<<'
          ? 'YAML 1.2 has no merge keys: write the keys out'
          : known.length > 0
            ? `${place.name} takes ${listing(known)}`
            : `${place.name} takes no keys`,
      ...(suggestion === undefined ? {} : { suggestion }),
    });
    return suggestion;
  }

  private missingKey(key: string, schema: JsonSchema | undefined, place: Place): void {
    this.host.complain(place.owner, {
      code: 'missing-key',
      message: `${quote(key)} is missing in ${place.name}`,
      ...(schema?.description === undefined ? {} : { cause: `${key}: ${schema.description}` }),
    });
  }

  /** A `default` is in YAML spelling and is read like an author's own value. */
  private defaults(
    properties: Readonly<Record<string, JsonSchema>>,
    tree: MapTree,
    result: Record<string, unknown>,
    place: Place,
  ): void {
    for (const [key, property] of Object.entries(properties)) {
      if (property.default === undefined || entryOf(tree, key)) continue;
      const value = this.read(property, written(property.default, place.owner), place);
      if (value !== undefined) result[key] = value;
    }
  }

  /** The first branch that takes the value; else what the nearest branch says is wrong. */
  private union(branches: readonly JsonSchema[], tree: Tree, place: Place): unknown {
    let best: { problems: Complaint[]; weight: number } | undefined;
    const causes: string[] = [];
    for (const branch of branches) {
      const problems: Complaint[] = [];
      const trial = new Reader({
        complain: (range, problem, scalar) => problems.push({ range, problem, scalar }),
        steps: (steps, owner) => this.host.steps(steps, owner),
        clause: (id) => this.host.clause(id),
      });
      const value = trial.read(branch, tree, place);
      if (problems.length === 0) return value;
      const first = problems[0]?.problem;
      if (first?.cause) causes.push(first.cause);
      // A branch of another type altogether is never the one that was meant.
      const weight =
        problems.length + (first?.code === 'wrong-type' ? 1000 : 0) - (first?.suggestion === undefined ? 0 : 0.5);
      if (!best || weight < best.weight) best = { problems, weight };
    }
    for (const { range, problem, scalar } of best?.problems ?? []) {
      const single = tree.kind === 'scalar' && causes.length > 1;
      this.host.complain(range, single ? { ...problem, cause: [...new Set(causes)].join('; or ') } : problem, scalar);
    }
    return undefined;
  }

  private plain(schema: JsonSchema, tree: Tree, place: Place): unknown {
    if (tree.kind !== 'scalar') {
      this.wrongType(tree, 'one value', place);
      return undefined;
    }
    if (schema.enum || schema.const !== undefined) {
      return this.scalar('choice', schema.enum ? schema : { ...schema, enum: [schema.const] }, tree, place);
    }
    if (schema.type === 'boolean') {
      if (typeof tree.value === 'boolean') return tree.value;
      const meant = /^(yes|on|y)$/i.test(tree.text) ? 'true' : /^(no|off|n)$/i.test(tree.text) ? 'false' : undefined;
      this.scalarProblem(
        tree,
        {
          code: tree.value === null ? 'missing-value' : 'wrong-type',
          message: `${tree.value === null ? 'nothing' : quote(tree.text)} is neither true nor false`,
          ...(meant ? { suggestion: meant } : {}),
        },
        place,
      );
      return undefined;
    }
    const kind = schema.type === 'integer' ? 'count' : schema.type === 'string' ? 'text' : undefined;
    if (kind) return this.scalar(kind, withLimits(schema), tree, place);
    return tree.value;
  }
}

/** A list or a map that another file's use put in is told of by one of its scalars, which knows where it is written. */
function scalarFromElsewhere(tree: Tree): ScalarTree | undefined {
  if (tree.kind === 'scalar') return tree.filledFrom?.elsewhere ? tree : undefined;
  const inner = tree.kind === 'list' ? tree.items : tree.entries.map((entry) => entry.value);
  for (const one of inner) {
    const found = scalarFromElsewhere(one);
    if (found) return found;
  }
  return undefined;
}

interface Complaint {
  readonly range: TextRange;
  readonly problem: Problem;
  readonly scalar: ScalarTree | undefined;
}

/** A plain `Type.Integer()` has JSON limits only. */
function withLimits(schema: JsonSchema): JsonSchema {
  return {
    ...schema,
    'x-minimum': String(schema.minimum ?? Number.MIN_SAFE_INTEGER),
    'x-maximum': String(schema.maximum ?? Number.MAX_SAFE_INTEGER),
  };
}
