/** The engine of real runs: the language of this package and an executor of its own for each test file. */
import path from 'node:path';
import { createExecutorClient } from '../execution/executor-client';
import type { DevicePlan, RunPlan } from '../execution/run-plan';
import { loadCatalogue, loadScenario, loadSuite, resolveTargets } from '../language';
import type { Diagnostic } from '../language/scenario';
import { brokenFile } from './broken-file';
import type { BrokenFile, CaseGroup, Engine, LoadedTarget } from './engine';

export function createEngine(plan: RunPlan, device: DevicePlan): Engine {
  return {
    load,
    clause(id) {
      const catalogue = loadCatalogue();
      return catalogue.ok ? catalogue.value.clauses.get(id) : undefined;
    },
    client: () => createExecutorClient(plan, device),
  };
}

/** A suite with its scenarios, or a single scenario. A scenario that is not valid does not keep the others from running. */
function load(file: string): LoadedTarget {
  const targets = resolveTargets([file], path.dirname(file));
  if (!targets.ok)
    return { title: path.basename(file), claims: [], groups: [], broken: [brokenFile(file, targets.errors)] };
  const groups: CaseGroup[] = [];
  const broken: BrokenFile[] = [];
  const take = (scenarioFile: string): string | undefined => {
    const scenario = loadScenario(scenarioFile);
    if (!scenario.ok) {
      broken.push(brokenFile(scenarioFile, scenario.errors));
      return undefined;
    }
    groups.push({ scenario: scenario.value.name, file: scenarioFile, cases: scenario.value.cases });
    return scenario.value.name;
  };
  if (targets.value[0]?.kind === 'scenario')
    return { title: take(file) ?? path.basename(file), claims: [], groups, broken };
  const suite = loadSuite(file);
  if (!suite.ok) return { title: path.basename(file), claims: [], groups: [], broken: byFile(suite.errors, file) };
  for (const scenario of suite.value.scenarios) take(scenario);
  return { title: suite.value.name, claims: suite.value.claims, groups, broken };
}

/** A suite's complaints may be about a file that it includes. */
function byFile(errors: readonly Diagnostic[], file: string): BrokenFile[] {
  const files = new Set(errors.map((error) => error.file));
  if (files.size === 0) files.add(file);
  return [...files].map((each) =>
    brokenFile(
      each,
      errors.filter((error) => error.file === each),
    ),
  );
}
