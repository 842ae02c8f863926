/** Names under which a walk keeps something: those that nothing takes are left away, as a person would not have given them. */
import { nestedIn, type StepData } from './step-data';

/** Verbs that keep a stream or a fingerprint under a name, and do their work without one as well. */
const KEEPING: ReadonlySet<string> = new Set(['save', 'mark', 'fingerprint']);

export function withoutSpareNames(steps: readonly StepData[]): readonly StepData[] {
  const taken = new Set(steps.flatMap(namesTaken));
  const spare = (name: unknown): boolean => typeof name === 'string' && !taken.has(name);
  const strip = (step: StepData): StepData => {
    const nested = nestedIn(step);
    if (nested.length > 0) return { ...step, steps: nested.map(strip) };
    const verb = Object.keys(step).find((key) => KEEPING.has(key));
    const given = verb === undefined ? undefined : step[verb];
    if (verb === undefined) return step;
    if (spare(given)) return { ...step, [verb]: {} };
    if (!isObject(given) || !spare(given.as)) return step;
    const { as: _spare, ...rest } = given;
    return { ...step, [verb]: rest };
  };
  return steps.map(strip);
}

/** Every text of a step that is no name given by it. */
function namesTaken(step: StepData): readonly string[] {
  return Object.entries(step).flatMap(([key, value]) => {
    if (key === 'save' && typeof value === 'string') return [];
    return textsIn(value);
  });
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap((one) => (isObject(one) ? namesTaken(one) : textsIn(one)));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, one]) => (key === 'as' ? [] : textsIn(one)));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
