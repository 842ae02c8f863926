/**
 * JSON Schemas for editors (yaml-language-server and others): the same schemas with placeholders allowed, both forms of every verb, and the
 * catalogue's clause ids for completion. The checks that count are the language's own.
 */
import { parse } from 'yaml';
import type { JsonSchema } from '../runner/language/json-schema';
import { HELP } from '../runner/language/kinds';
import { STATE_NAMES } from '../runner/language/names';
import { CLAIMS, NEEDS } from '../runner/language/needs';
import { PLACEHOLDER_PATTERN } from '../runner/language/patterns';
import type { Clause } from '../runner/language/scenario';
import type { DocumentKind, GeneratedLanguage, VerbEntry } from '../runner/language/vocabulary';
import { kindOf } from './kind-words';

type Schema = Record<string, unknown>;

/** Of a clause, what an editor shows. */
export type KnownClause = Pick<Clause, 'id' | 'text' | 'level' | 'who'>;

export function editorSchemas(
  language: GeneratedLanguage,
  clauses: readonly KnownClause[],
): Record<DocumentKind, Schema> {
  const build = new Builder(clauses);
  const shared = { definitions: build.definitions(language) };
  const root = (kind: DocumentKind, extra: Schema = {}): Schema => ({
    $schema: 'http://json-schema.org/draft-07/schema#',
    ...build.schema(language.documents[kind], false, kind),
    ...extra,
  });
  const schemas = {} as Record<DocumentKind, Schema>;
  for (const kind of ['scenario', 'shared', 'profile'] as const) schemas[kind] = root(kind, shared);
  for (const kind of ['suite', 'catalogue', 'conditions'] as const)
    schemas[kind] = root(kind, { definitions: build.simple() });
  return schemas;
}

class Builder {
  /** Lists of words that are too long to stand wherever they may be written, by the key that they belong to. */
  readonly lists = new Map<string, Schema>();

  constructor(private readonly clauses: readonly KnownClause[]) {}

  simple(): Schema {
    return {
      clause: {
        type: 'string',
        title: 'A clause',
        ...(this.clauses.length > 0
          ? {
              enum: this.clauses.map(({ id }) => id),
              markdownEnumDescriptions: this.clauses.map(
                ({ level, who, text }) => `${text.replaceAll(/\s*\n\s*/g, ' ')} (${level}, ${who})`,
              ),
            }
          : {}),
        errorMessage: 'not in the catalogue of clauses: `vfio-conformance clauses` lists them',
      },
    };
  }

  definitions(language: GeneratedLanguage): Schema {
    const verbs = Object.fromEntries(language.verbs.map((verb) => [`verb-${verb.name}`, this.verb(verb)]));
    const steps = {
      steps: { type: 'array', minItems: 1, items: { $ref: '#/definitions/step' } },
      step: this.step(language),
      expectation: this.expectation(language),
      ...verbs,
    };
    // Last: the others fill the lists.
    return { ...this.simple(), ...Object.fromEntries(this.lists), ...steps };
  }

  private step(language: GeneratedLanguage): Schema {
    const common = language.documents.common.properties ?? {};
    const beside = Object.fromEntries(
      Object.entries(common).map(([key, schema]) => [key, this.schema(schema, true, key)]),
    );
    const names = language.verbs.map((verb) => verb.name);
    const properties: Schema = {};
    for (const name of names) properties[name] = { $ref: `#/definitions/verb-${name}` };
    for (const [key, schema] of Object.entries(beside)) {
      properties[key] = key in properties ? { anyOf: [properties[key], schema] } : schema;
    }
    if (language.verbs.some((verb) => verb.arguments.properties?.steps)) {
      properties.steps = { $ref: '#/definitions/steps', description: 'The steps of `on` or `repeat`' };
    }
    // A key that is both a verb and stands beside one is no sign of a second verb.
    const strong = names.filter((name) => !(name in beside));
    const weak = names.filter((name) => name in beside);
    return {
      type: 'object',
      title: 'A step',
      description: 'One verb with its arguments; beside it expect, judge, provoke, within and note',
      properties,
      additionalProperties: false,
      // Of a key that is no verb it is enough to say that: not that each of the verbs is missing, too.
      ...conditional(
        { propertyNames: { enum: Object.keys(properties) } },
        {
          oneOf: [
            ...strong.map((name) => ({ required: [name] })),
            ...weak.map((name) => ({
              required: [name],
              not: { anyOf: strong.map((other) => ({ required: [other] })) },
            })),
          ],
        },
        {},
      ),
    };
  }

  /**
   * Both forms of a verb. Conditions instead of a union: an editor then says what is wrong with the form that was written, and not
   * that neither form fits.
   */
  private verb(verb: VerbEntry): Schema {
    const { main, summary } = verb;
    const mainSchema = main === undefined ? undefined : verb.arguments.properties?.[main];
    // Nested steps may stand beside the verb instead.
    const required = (verb.arguments.required ?? []).filter((key) => key !== 'steps');
    const long: Schema = { ...this.schema(verb.arguments, true, verb.name), description: summary };
    delete long.required;
    if (required.length > 0) long.required = required;
    const short =
      mainSchema && required.every((key) => key === main) ? this.schema(mainSchema, true, verb.name) : undefined;
    const nothing = required.length === 0 ? { type: 'null' } : undefined;
    const described = { title: verb.name, description: summary, ...examplesOf(verb) };
    if (!short) return { ...described, ...(nothing ? conditional(nothing, {}, long) : long) };
    const description = [summary, short.description].filter((text) => text !== undefined).join(' ');
    const otherwise = { ...short, description };
    const rest = nothing ? conditional(nothing, {}, otherwise) : otherwise;
    return { ...described, ...conditional({ type: 'object' }, long, rest), ...offer(short) };
  }

  private expectation(language: GeneratedLanguage): Schema {
    const map = this.schema(language.documents.expectation, true, 'expect');
    const result = language.documents.expectation.properties?.result;
    const short = result ? this.schema(result, true, 'result') : map;
    return { ...conditional({ type: 'object' }, map, short), ...offer(short) };
  }

  /** One schema with what only we understand taken out, and placeholders let in where `placeholders` says so. */
  schema(schema: JsonSchema, placeholders: boolean, key: string): Schema {
    const { 'x-kind': kind, 'x-values': values } = schema;
    // Keywords of our own would only draw warnings from strict validators.
    const plain = Object.fromEntries(Object.entries(schema).filter(([keyword]) => !keyword.startsWith('x-')));
    const describing = describingPart(schema);
    if (kind === 'steps') return { ...describing, $ref: '#/definitions/steps' };
    if (kind === 'opaque') return this.opaque(key, describing);
    if (kind === 'clause') return { ...describing, ...orPlaceholder({ $ref: '#/definitions/clause' }, placeholders) };
    if (values) {
      const number = { type: 'integer', minimum: schema.minimum, maximum: schema.maximum };
      const names = { type: 'string', enum: values, ...explained(values) };
      return {
        ...describing,
        ...orPlaceholder(conditional({ type: 'integer' }, number, names), placeholders),
        ...offer(names),
      };
    }
    const result: Schema = { ...plain, ...describing, ...(schema.enum ? explained(schema.enum) : {}) };
    if (schema.properties) {
      result.properties = Object.fromEntries(
        Object.entries(schema.properties).map(([name, inner]) => [
          name,
          this.schema(inner, placeholders || PLACEHOLDER_KEYS.has(name), name),
        ]),
      );
    }
    if (typeof schema.additionalProperties === 'object') {
      result.additionalProperties = this.schema(schema.additionalProperties, placeholders, key);
    }
    if (schema['x-with']) result.dependencies = schema['x-with'];
    if (schema.items) result.items = this.schema(schema.items, placeholders, key);
    if (kind === 'many' && schema.anyOf?.[0] && schema.anyOf[1]) {
      const list = this.schema(schema.anyOf[1], placeholders, key);
      const one = this.schema(schema.anyOf[0], placeholders, key);
      return { ...describing, ...conditional({ type: 'array' }, list, one), ...offer(one) };
    }
    if (schema.anyOf) result.anyOf = schema.anyOf.map((branch) => this.schema(branch, placeholders, key));
    const help = kind === undefined ? undefined : (HELP as Readonly<Record<string, string>>)[kind];
    if (help !== undefined) {
      result.errorMessage = help;
      if (schema.pattern !== undefined) result.patternErrorMessage = help;
    }
    if (schema.enum && schema.enum.length > MAX_INLINE_WORDS) {
      this.lists.set(key, { type: 'string', title: 'An errno name', enum: schema.enum });
      return { ...describing, ...orPlaceholder({ $ref: `#/definitions/${key}` }, placeholders) };
    }
    const scalar = schema.type !== 'object' && schema.type !== 'array' && !schema.anyOf;
    if (!placeholders || !scalar || freeText(schema)) return result;
    const { title: _title, description: _description, default: _default, examples: _examples, ...bare } = result;
    return { ...describing, ...orPlaceholder(bare, true) };
  }

  private opaque(key: string, describing: Schema): Schema {
    if (key === 'with') return { ...describing, type: 'object', minProperties: 1 };
    if (key === 'default') return describing;
    if (key === 'expect') return { ...describing, $ref: '#/definitions/expectation' };
    if (key !== 'matrix') return { ...describing, $ref: '#/definitions/steps' };
    const row = { type: 'object', minProperties: 1 };
    return {
      ...describing,
      anyOf: [
        { ...row, additionalProperties: { type: 'array', minItems: 1, uniqueItems: true } },
        { type: 'array', minItems: 1, items: row },
      ],
    };
  }
}

function conditional(test: Schema, yes: Schema, no: Schema): Schema {
  return Object.fromEntries([
    ['if', test],
    ['then', yes],
    ['else', no],
  ]);
}

/** A condition, too, for the same reason as in a verb. */
function orPlaceholder(schema: Schema, placeholders: boolean): Schema {
  if (!placeholders) return schema;
  return { ...conditional({ type: 'string', pattern: PLACEHOLDER_PATTERN }, {}, schema), ...offer(schema) };
}

/** yaml-language-server completes from unions and not from conditions: a union that refuses nothing carries the words. */
function offer(schema: Schema): Schema {
  const words = wordsOf(schema);
  return words ? { anyOf: [words, {}] } : {};
}

function wordsOf(schema: Schema): Schema | undefined {
  if (schema.$ref !== undefined && schema.$ref !== '#/definitions/steps') return { $ref: schema.$ref };
  if (schema.enum)
    return {
      enum: schema.enum,
      ...(schema.markdownEnumDescriptions ? { markdownEnumDescriptions: schema.markdownEnumDescriptions } : {}),
    };
  if (schema.type === 'boolean') return { enum: [true, false] };
  const [first] = Array.isArray(schema.anyOf) ? (schema.anyOf as readonly Schema[]) : [];
  return first ? wordsOf(first) : undefined;
}

/** What each word of a list means, where the list is one that explains itself badly. */
function explained(words: readonly unknown[]): Schema {
  const lists: readonly Readonly<Record<string, string>>[] = [CLAIMS, NEEDS, STATE_MEANINGS];
  const meanings = lists.find((list) => words.every((one) => list[String(one)] !== undefined));
  return meanings ? { markdownEnumDescriptions: words.map((one) => meanings[String(one)]) } : {};
}

const STATE_MEANINGS = Object.fromEntries(
  STATE_NAMES.map((name, bits) => [name, `device_state ${bits.toString(2).padStart(3, '0')}b`]),
);

/** What stands behind the verb in its examples: an editor offers it there. */
function examplesOf(verb: VerbEntry): Schema {
  const values = verb.examples.flatMap((example) => {
    const parsed = parse(example) as unknown;
    const steps = (Array.isArray(parsed) ? parsed : [parsed]) as readonly Record<string, unknown>[];
    return steps
      .filter((step) => step[verb.name] !== undefined && step[verb.name] !== null)
      .map((step) => step[verb.name]);
  });
  return values.length > 0 ? { examples: values } : {};
}

/** Longer lists of words are written once and referred to. */
const MAX_INLINE_WORDS = 40;

/** Keys of a scenario that differ from case to case. */
const PLACEHOLDER_KEYS: ReadonlySet<string> = new Set(['clauses', 'needs', 'tags']);

/** Any text is text, a placeholder too. */
function freeText(schema: JsonSchema): boolean {
  return schema.type === 'string' && !schema.enum && !schema.pattern;
}

function describingPart(schema: JsonSchema): Schema {
  const { title, description, default: standard, examples } = schema;
  const words = kindOf(schema);
  // Where words of a list are offered, further examples would only stand in their way.
  const samples = schema.enum || schema['x-values'] ? [] : (words?.examples ?? []).map((one) => parse(one) as unknown);
  return JSON.parse(
    JSON.stringify({
      title: title ?? words?.title,
      description: description ?? words?.help,
      default: standard,
      examples: examples ?? (samples.length > 0 ? samples : undefined),
    }),
  ) as Schema;
}
