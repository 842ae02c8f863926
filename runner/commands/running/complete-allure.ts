/** What Allure is to be told of cases that were done before a run was taken up again. */
import path from 'node:path';
import type { CaseResult } from '../../execution/case-result';
import { ALLURE_RESULTS, type RunPlan } from '../../execution/run-plan';
import { completeAllureResults } from '../../jest/allure-completion';
import { failureOf } from '../../jest/failure-text';
import type { Told } from '../../jest/file-session';
import { rerunLine } from '../../jest/rerun-line';
import { loadCatalogue } from '../../language';
import type { ClauseId } from '../../language/scenario';
import type { RunTarget } from './targets';

/** Brings the run's Allure results into line with its results. */
export function completeAllure(plan: RunPlan, targets: readonly RunTarget[], results: readonly CaseResult[]): void {
  const catalogue = loadCatalogue();
  const clause = (id: ClauseId) => (catalogue.ok ? catalogue.value.clauses.get(id) : undefined);
  const seen = new Map<string, number>();
  const told = results.flatMap((result): Told[] => {
    const device = plan.devices.find((one) => one.device === result.device);
    const having = targets.filter((target) => target.taken.some(({ id }) => id === result.id));
    const key = `${result.device}\0${result.id}`;
    const before = seen.get(key) ?? 0;
    seen.set(key, before + 1);
    // A case of several targets is done in their order, every repetition of the first one first.
    const target = having[Math.min(having.length - 1, Math.floor(before / plan.repeat))];
    if (!device || !target) return [];
    const rerun = rerunLine(plan, device, target.file, result.id);
    const unwell = result.status === 'failed' || result.status === 'broken';
    return [
      {
        result,
        failure: unwell ? failureOf(result, { clause, rerun }) : undefined,
        context: { suite: target.title, clause, repetition: [(before % plan.repeat) + 1, plan.repeat], rerun },
      },
    ];
  });
  completeAllureResults(path.join(plan.folder, ALLURE_RESULTS), told);
}
