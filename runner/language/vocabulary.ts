/** The generated half of the language: verbs, schemas and validators, assembled by the build from the files in steps/. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { JsonSchema } from './json-schema';

/** A verb as the language knows it; its code stays in steps/. */
export interface VerbEntry {
  readonly name: string;
  readonly summary: string;
  readonly main?: string;
  readonly takesExpect: boolean;
  readonly examples: readonly string[];
  /** Strict: what a case must fulfil once its placeholders are filled in. */
  readonly arguments: JsonSchema;
}

export type DocumentKind =
  | 'scenario'
  | 'expectation'
  | 'common'
  | 'suite'
  | 'profile'
  | 'catalogue'
  | 'conditions'
  | 'shared';

/** A validator as ajv generates it. */
export interface Validator {
  (value: unknown): boolean;
  errors?: readonly { readonly instancePath: string; readonly message?: string }[] | null;
}

export interface Vocabulary {
  readonly verbs: ReadonlyMap<string, VerbEntry>;
  readonly documents: Readonly<Record<DocumentKind, JsonSchema>>;
  /** `scenario`, ..., or `verb_transition`. */
  validator(name: DocumentKind | `verb_${string}`): Validator | undefined;
}

/** What the build writes to generated/verbs.json. */
export interface GeneratedLanguage {
  readonly verbs: readonly VerbEntry[];
  readonly documents: Readonly<Record<DocumentKind, JsonSchema>>;
}

/** The name of a verb's validator: an identifier, because it is an export of the generated module. */
export function verbValidator(verb: string): `verb_${string}` {
  return `verb_${verb.replaceAll('-', '_')}`;
}

export function vocabularyOf(language: GeneratedLanguage, validators: Readonly<Record<string, Validator>>): Vocabulary {
  return {
    verbs: new Map(language.verbs.map((verb) => [verb.name, verb])),
    documents: language.documents,
    validator: (name) => validators[name],
  };
}

let loaded: Vocabulary | undefined;

/** The vocabulary of this build; throws when the build did not run. */
export function vocabulary(): Vocabulary {
  if (loaded) return loaded;
  const folder = path.join(__dirname, '..', '..', 'generated');
  if (!existsSync(path.join(folder, 'verbs.json'))) {
    throw new Error(`${folder} is not there: run \`npm run build\` first`);
  }
  const language = require(path.join(folder, 'verbs.json')) as GeneratedLanguage;
  const validators = require(path.join(folder, 'validators.js')) as Record<string, Validator>;
  loaded = vocabularyOf(language, validators);
  return loaded;
}
