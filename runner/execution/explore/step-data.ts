/** Steps as a person writes them into a scenario: what a walk is made of. */

/** One verb with its arguments; `expect`, `judge` and `provoke` beside it. */
export type StepData = Readonly<Record<string, unknown>>;

/** The steps with those nested in them, each counted once. */
export function countSteps(steps: readonly StepData[]): number {
  return steps.reduce((sum, step) => sum + 1 + countSteps(nestedIn(step)), 0);
}

/** Every verb that the steps use, nested ones too. */
export function verbsIn(steps: readonly StepData[]): ReadonlySet<string> {
  const verbs = new Set<string>();
  for (const step of steps) {
    const [verb] = Object.keys(step);
    if (verb !== undefined) verbs.add(verb);
    for (const nested of verbsIn(nestedIn(step))) verbs.add(nested);
  }
  return verbs;
}

export function nestedIn(step: StepData): readonly StepData[] {
  const { steps } = step;
  return Array.isArray(steps) ? (steps as StepData[]) : [];
}
