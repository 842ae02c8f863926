/** Finds the file of a verb: its name is the file's name, so that adding a verb is adding a file. */
import type { Verb } from './verb';

const known = new Map<string, Verb>();

/** The verb; throws for a name that the language should have refused. */
export function findVerb(name: string): Verb {
  const cached = known.get(name);
  if (cached) return cached;
  if (!/^[a-z][a-z0-9-]*$/.test(name)) throw new Error(`"${name}" is not the name of a verb`);
  const { verb } = require(`./${name}`) as { verb: Verb };
  known.set(name, verb);
  return verb;
}
