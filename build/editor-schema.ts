/**
 * JSON Schemas for editors (yaml-language-server and others): the same schemas with placeholders allowed, both forms of every verb, and the
 * catalogue's clause ids for completion. The checks that count are the language's own.
 */
import type { JsonSchema } from '../runner/language/json-schema';
import { PLACEHOLDER_PATTERN } from '../runner/language/patterns';
import type { DocumentKind, GeneratedLanguage, VerbEntry } from '../runner/language/vocabulary';

type Schema = Record<string, unknown>;

const PLACEHOLDER: Schema = { $ref: '#/definitions/placeholder' };

export function editorSchemas(language: GeneratedLanguage, clauses: readonly string[]): Record<DocumentKind, Schema> {
  const build = new Builder(clauses);
  const shared = { definitions: build.definitions(language) };
  const root = (kind: DocumentKind, extra: Schema = {}): Schema => ({
    $schema: 'http://json-schema.org/draft-07/schema#',
    ...build.schema(language.documents[kind], false, kind),
    ...extra,
  });
  const schemas = {} as Record<DocumentKind, Schema>;
  for (const kind of ['scenario', 'profile'] as const) schemas[kind] = root(kind, shared);
  for (const kind of ['suite', 'catalogue', 'conditions'] as const)
    schemas[kind] = root(kind, { definitions: build.simple() });
  return schemas;
}

class Builder {
  constructor(private readonly clauses: readonly string[]) {}

  simple(): Schema {
    return {
      placeholder: {
        type: 'string',
        pattern: PLACEHOLDER_PATTERN,
        patternErrorMessage: `a placeholder is a lower-case name in braces, as in \${from}`,
      },
      clause: this.clauses.length > 0 ? { type: 'string', enum: this.clauses } : { type: 'string' },
    };
  }

  definitions(language: GeneratedLanguage): Schema {
    const verbs = Object.fromEntries(language.verbs.map((verb) => [`verb-${verb.name}`, this.verb(verb)]));
    return {
      ...this.simple(),
      steps: { type: 'array', minItems: 1, items: { $ref: '#/definitions/step' } },
      step: this.step(language),
      expectation: this.expectation(language),
      ...verbs,
    };
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
      oneOf: [
        ...strong.map((name) => ({ required: [name] })),
        ...weak.map((name) => ({ required: [name], not: { anyOf: strong.map((other) => ({ required: [other] })) } })),
      ],
    };
  }

  private verb(verb: VerbEntry): Schema {
    const long = this.schema(verb.arguments, true, verb.name);
    const { main } = verb;
    const mainSchema = main === undefined ? undefined : verb.arguments.properties?.[main];
    const required = (verb.arguments.required ?? []).filter((key) => key !== 'steps');
    const bare = required.length === 0;
    const short = mainSchema && required.every((key) => key === main) ? [this.schema(mainSchema, true, verb.name)] : [];
    // Nested steps may stand beside the verb instead.
    const forms = [
      ...short,
      { ...long, ...(required.length > 0 ? { required } : { required: undefined }) },
      ...(bare ? [{ type: 'null' }] : []),
    ];
    const description = {
      title: verb.name,
      description: verb.summary,
      ...(verb.examples.length > 0 ? { examples: verb.examples } : {}),
    };
    return forms.length === 1 ? { ...forms[0], ...description } : { ...description, anyOf: forms };
  }

  private expectation(language: GeneratedLanguage): Schema {
    const map = this.schema(language.documents.expectation, true, 'expect');
    const result = language.documents.expectation.properties?.result;
    return { anyOf: [...(result ? [this.schema(result, true, 'result')] : []), map] };
  }

  /** One schema with what only we understand taken out, and placeholders let in where `placeholders` says so. */
  schema(schema: JsonSchema, placeholders: boolean, key: string): Schema {
    const { 'x-kind': kind, 'x-values': values } = schema;
    // Keywords of our own would only draw warnings from strict validators.
    const plain = Object.fromEntries(Object.entries(schema).filter(([keyword]) => !keyword.startsWith('x-')));
    const describing = describingPart(schema);
    if (kind === 'steps') return { ...describing, $ref: '#/definitions/steps' };
    if (kind === 'opaque') return this.opaque(key, describing);
    if (kind === 'clause')
      return { ...describing, anyOf: [{ $ref: '#/definitions/clause' }, ...(placeholders ? [PLACEHOLDER] : [])] };
    if (values) {
      const number = { type: 'integer', minimum: schema.minimum, maximum: schema.maximum };
      return {
        ...describing,
        anyOf: [{ type: 'string', enum: values }, number, ...(placeholders ? [PLACEHOLDER] : [])],
      };
    }
    const result: Schema = { ...plain };
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
    if (schema.items) result.items = this.schema(schema.items, placeholders, key);
    if (schema.anyOf) result.anyOf = schema.anyOf.map((branch) => this.schema(branch, placeholders, key));
    const scalar = schema.type !== 'object' && schema.type !== 'array' && !schema.anyOf;
    if (!placeholders || !scalar || freeText(schema)) return result;
    const { title: _title, description: _description, default: _default, examples: _examples, ...bare } = result;
    return { ...describing, anyOf: [bare, PLACEHOLDER] };
  }

  private opaque(key: string, describing: Schema): Schema {
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

/** Keys of a scenario that differ from case to case. */
const PLACEHOLDER_KEYS: ReadonlySet<string> = new Set(['clauses', 'needs', 'tags']);

/** Any text is text, a placeholder too. */
function freeText(schema: JsonSchema): boolean {
  return schema.type === 'string' && !schema.enum && !schema.pattern;
}

function describingPart(schema: JsonSchema): Schema {
  const { title, description, default: standard, examples } = schema;
  return JSON.parse(JSON.stringify({ title, description, default: standard, examples })) as Schema;
}
