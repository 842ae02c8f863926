/** Plans and cases for tools that drive executors themselves. */
import os from 'node:os';
import { orThrow } from '../runner/execution/judging';
import { DEFAULT_LIMITS, type RunLimits, type RunPlan } from '../runner/execution/run-plan';
import { loadScenario, loadSuite, PACKAGE_ROOT } from '../runner/language';
import type { Case } from '../runner/language/scenario';

export function planFor(device: string, limits: Partial<RunLimits> = {}): RunPlan {
  return {
    schemaVersion: 1,
    kitVersion: '',
    folder: os.tmpdir(),
    targets: [],
    devices: [{ device, host: 'local' }],
    filter: { cases: [], tags: [], only: [], skip: [] },
    repeat: 1,
    strict: false,
    grade: 'kit',
    seed: 1,
    limits: { ...DEFAULT_LIMITS, ...limits },
    allow: [],
    startedAt: '2026-01-01T00:00:00.000Z',
  };
}

export function casesOf(suite: string): readonly Case[] {
  const loaded = orThrow(loadSuite(`${PACKAGE_ROOT}/suites/${suite}.yaml`));
  return loaded.scenarios.flatMap((file) => orThrow(loadScenario(file)).cases);
}
