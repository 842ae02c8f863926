/** Steps that a verb runs by itself, as if they stood in the file at its own place. */
import type { ClauseId, Step } from '../language/scenario';
import type { StepContext } from './step-context';
import { findVerb } from './verbs';

/** A step with the verb's own defaults for what `args` leaves out. Arguments are lowered already. */
export function nestedStep(
  context: Pick<StepContext, 'step'>,
  verb: string,
  args: Readonly<Record<string, unknown>>,
  judge?: ClauseId,
): Step {
  const defaults: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(findVerb(verb).arguments.properties)) {
    if (schema.default !== undefined) defaults[name] = schema.default;
  }
  return {
    verb,
    args: { ...defaults, ...args },
    title: titleOf(verb, args),
    position: context.step.position,
    ...(judge === undefined ? {} : { judge }),
  };
}

function titleOf(verb: string, args: Readonly<Record<string, unknown>>): string {
  const shown = Object.entries(args).map(([name, value]) => `${name}: ${say(value)}`);
  return `${verb}: {${shown.join(', ')}}`;
}

function say(value: unknown): string {
  if (Array.isArray(value)) return value.length === 1 ? say(value[0]) : `[${value.map(say).join(', ')}]`;
  return String(value);
}
