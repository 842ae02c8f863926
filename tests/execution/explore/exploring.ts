/** Explorations of the reference device, and runners that stand in for it. */

import type { CaseResult } from '../../../runner/execution/case-result';
import type { Abilities } from '../../../runner/execution/explore/abilities';
import type { CaseRunner } from '../../../runner/execution/explore/case-runner';
import { type ExploreOptions, explore } from '../../../runner/execution/explore/explore';
import { prepare } from '../../../runner/execution/explore/prepare';
import type { Case } from '../../../runner/language/scenario';
import { planFor } from '../../support/plans';

export const ALL_ABILITIES: Abilities = {
  migration: true,
  reset: true,
  destination: 'other',
  mark: true,
  counter: true,
  dma: true,
  irq: true,
  error: true,
  dirtyPages: true,
  capabilities: true,
};

export async function ready(device: string) {
  const prepared = await prepare(planFor(device), { device, host: 'local' });
  if (!prepared.ok) throw new Error(prepared.failure.message);
  return prepared;
}

/** Explores a reference device, and keeps the titles of all steps of every case that was run. */
export async function exploreReference(device: string, options: Partial<ExploreOptions> = {}) {
  const { runner, abilities } = await ready(device);
  const cases: string[][] = [];
  const watched: CaseRunner = {
    ...runner,
    run: (case_) => {
      cases.push(case_.steps.map(({ title }) => title));
      return runner.run(case_);
    },
  };
  const exploration = await explore(watched, { abilities, seed: 1, runs: 30, maxSteps: 30, ...options });
  return { exploration, cases, runner };
}

/** A runner that makes up what came of a case. */
export function standIn(answer: (case_: Case) => Partial<CaseResult>): CaseRunner {
  return {
    run: async (case_) => ({ ...emptyResult(case_), ...answer(case_) }),
    probe: () => Promise.reject(new Error('nobody asks')),
    stop: async () => undefined,
  };
}

export function emptyResult(case_: Pick<Case, 'id' | 'title' | 'file' | 'steps'>): CaseResult {
  return {
    schemaVersion: 1,
    id: case_.id,
    title: case_.title,
    scenario: case_.title,
    file: case_.file,
    line: 1,
    column: 1,
    matrix: {},
    device: 'stand-in',
    clauses: [],
    tags: [],
    status: 'passed',
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 0,
    steps: case_.steps.map(({ title, verb, position }) => ({
      title,
      verb,
      position,
      status: 'passed',
      startMs: 0,
      durationMs: 0,
      steps: [],
      attachments: [],
    })),
    findings: [],
    tallies: [],
    figures: {},
    notes: [],
    accesses: [],
    attempts: 1,
  };
}

/** A finding at a top-level step, from 1; 0 is before the first one. */
export function findingAt(step: number, clause: string, more: Partial<CaseResult['findings'][number]> = {}) {
  return {
    clause,
    verdict: 'broken' as const,
    level: 'must' as const,
    who: 'driver' as const,
    file: 'walk.yaml',
    line: 1,
    column: 1,
    scenario: 'walk',
    case: 'walk',
    step: step === 0 ? 'before the first step' : `step ${step} "something"`,
    expected: 'this',
    observed: 'that',
    accesses: [],
    ...more,
  };
}
