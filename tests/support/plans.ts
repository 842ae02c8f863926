/** Run plans and cases for tests. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DEFAULT_LIMITS, type RunLimits, type RunPlan } from '../../runner/execution/run-plan';
import { loadScenario } from '../../runner/language';
import type { Case } from '../../runner/language/scenario';

export function planFor(device: string, limits: Partial<RunLimits> = {}): RunPlan {
  return {
    schemaVersion: 1,
    kitVersion: 'test',
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
    startedAt: '2026-06-01T00:00:00.000Z',
  };
}

/** The cases of a scenario text; throws with every complaint when it is not valid. */
export function casesOf(yaml: string): readonly Case[] {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vfio-conformance-test-'));
  const file = path.join(folder, 'scenario.yaml');
  try {
    fs.writeFileSync(file, yaml);
    const loaded = loadScenario(file);
    if (!loaded.ok)
      throw new Error(loaded.errors.map((error) => `${error.line}:${error.column} ${error.message}`).join('\n'));
    return loaded.value.cases;
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** The only case of a scenario text. */
export function caseOf(yaml: string): Case {
  const [first, ...others] = casesOf(yaml);
  if (!first || others.length > 0) throw new Error(`one case expected, not ${others.length + (first ? 1 : 0)}`);
  return first;
}
