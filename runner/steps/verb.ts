/** A verb of the scenario language: one file in this folder, named after the verb, exporting `verb`. */
import type { Static, TObject } from '@sinclair/typebox';
import type { StepContext } from './step-context';

export interface Verb<Arguments extends TObject = TObject> {
  /** As in the YAML; the same as the file's name. */
  readonly name: string;
  /** One sentence, shown by editors. */
  readonly summary: string;
  /** JSON Schema (draft-07) of the arguments; scalars from language/scalars.ts, so that `Static` is the lowered type. */
  readonly arguments: Arguments;
  /** The argument that the short form gives: `transition: pre-copy` is `transition: {to: pre-copy}`. */
  readonly main?: string;
  /** YAML examples for docs and editors; the tests run them through the language. */
  readonly examples: readonly string[];
  /** True where the verb looks at `expect:`; the language refuses `expect:` beside the others. */
  readonly takesExpect: boolean;
  /** True where a device is not needed (`note`, `wait`). */
  run(context: StepContext, args: Static<Arguments>): void;
}

/** Ties the type of `args` to the schema. */
export function defineVerb<Arguments extends TObject>(verb: Verb<Arguments>): Verb<Arguments> {
  return verb;
}
