/** Puts the language together from its verbs; pure, so that tests can do it with verbs of their own. */
import type { TObject } from '@sinclair/typebox';
import { Ajv } from 'ajv';
import standaloneCode from 'ajv/dist/standalone';
import type { JsonSchema } from '../runner/language/json-schema';
import { LABEL_PATTERN } from '../runner/language/patterns';
import { DOCUMENT_SCHEMAS } from '../runner/language/schemas';
import {
  type DocumentKind,
  type GeneratedLanguage,
  type Validator,
  type VerbEntry,
  type Vocabulary,
  verbValidator,
  vocabularyOf,
} from '../runner/language/vocabulary';
import { strictSchema } from './strict-schema';

/** The part of a verb (steps/verb.ts) that the language needs. */
export interface VerbSource {
  readonly name: string;
  readonly summary: string;
  readonly arguments: TObject;
  readonly main?: string;
  readonly examples: readonly string[];
  readonly takesExpect: boolean;
}

/** Keys that stand beside a verb and can therefore not name one; `note` is both, and the verb counts when it stands alone. */
const RESERVED = new Set(['expect', 'judge', 'provoke', 'within', 'steps']);

export function assembleLanguage(verbs: readonly VerbSource[]): GeneratedLanguage {
  const documents = Object.entries(DOCUMENT_SCHEMAS).map(([kind, schema]) => [kind, strictSchema(schema, kind)]);
  const sorted = [...verbs].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    verbs: sorted.map(verbEntry),
    documents: Object.fromEntries(documents) as Record<DocumentKind, JsonSchema>,
  };
}

function verbEntry(verb: VerbSource): VerbEntry {
  const { name, main } = verb;
  if (!new RegExp(LABEL_PATTERN).test(name)) throw new Error(`verb "${name}": a verb is lower-case words with hyphens`);
  if (RESERVED.has(name)) throw new Error(`verb "${name}": this key means something else in a step`);
  const schema = strictSchema(verb.arguments, `verb ${name}`);
  if (schema.type !== 'object') throw new Error(`verb ${name}: its arguments are a map`);
  if (main !== undefined) {
    const property = schema.properties?.[main];
    if (!property) throw new Error(`verb ${name}: its main argument "${main}" is not among its arguments`);
    if (property.type === 'object')
      throw new Error(`verb ${name}: its main argument "${main}" is a map, which the short form cannot give`);
  }
  const { summary, takesExpect, examples } = verb;
  return { name, summary, ...(main === undefined ? {} : { main }), takesExpect, examples, arguments: schema };
}

function compiler(language: GeneratedLanguage, standalone: boolean): { ajv: Ajv; names: readonly string[] } {
  // strict mode would refuse the language's own keywords and unions of types, both meant.
  const ajv = new Ajv({
    strict: false,
    allErrors: false,
    ...(standalone ? { code: { source: true, lines: true } } : {}),
  });
  const names: string[] = [];
  for (const [kind, schema] of Object.entries(language.documents)) {
    ajv.addSchema(schema, kind);
    names.push(kind);
  }
  for (const verb of language.verbs) {
    const name = verbValidator(verb.name);
    ajv.addSchema(verb.arguments, name);
    names.push(name);
  }
  return { ajv, names };
}

/** The source of a CommonJS module that exports one validator for each schema: loading it costs no compilation. */
export function validatorModule(language: GeneratedLanguage): string {
  const { ajv, names } = compiler(language, true);
  return standaloneCode(ajv, Object.fromEntries(names.map((name) => [name, name])));
}

/** The vocabulary in memory, for tests of the language with verbs of their own. */
export function vocabularyInMemory(verbs: readonly VerbSource[]): Vocabulary {
  const language = assembleLanguage(verbs);
  const { ajv, names } = compiler(language, false);
  const validators: Record<string, Validator> = {};
  for (const name of names) {
    const validate = ajv.getSchema(name);
    if (validate) validators[name] = validate as unknown as Validator;
  }
  return vocabularyOf(language, validators);
}
