/** The pictures of a whole run: what a page shows before anybody opens a case. */
import path from 'node:path';
import type { CaseResult } from '../runner/execution/case-result';
import type { RunPlan } from '../runner/execution/run-plan';
import { ResultsTail } from '../runner/jest/results-tail';
import { nightsUpTo } from './nights';
import { gridFacts, migrationPhases, transitionGrid, trendsOverNights, typicalMigration } from './pictures';

export interface Picture {
  readonly name: string;
  readonly svg: string;
}

/** Per device: the trends over the nights beside the run, the transition grid, and the run's usual migration. */
export function runPictures(folder: string, plan: RunPlan): Picture[] {
  const results = new ResultsTail(folder, false).read();
  return plan.devices.flatMap(({ device }) => {
    const own = results.filter((result) => result.device === device);
    const of = plan.devices.length > 1 ? ` of ${device}` : '';
    const trends = trendsOverNights(nightsUpTo(path.resolve(folder), device), device);
    const pictures: readonly (readonly [string, string | undefined])[] = [
      [`Trends over nights${of}`, trends],
      [`Transition grid${of}`, grid(own)],
      [`The usual migration${of}`, migration(own)],
    ];
    return pictures.flatMap(([name, svg]) => (svg === undefined ? [] : [{ name, svg }]));
  });
}

/** Undefined where no case asked for a transition. */
function grid(results: readonly CaseResult[]): string | undefined {
  const facts = gridFacts(results);
  return facts.some((cell) => cell.outcome !== 'untried') ? transitionGrid(facts) : undefined;
}

function migration(results: readonly CaseResult[]): string | undefined {
  const usual = typicalMigration(results);
  return usual?.course && migrationPhases(usual.course);
}
