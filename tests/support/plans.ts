/** Run plans and cases for tests. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DEFAULT_LIMITS, type RunLimits, type RunPlan } from '../../runner/execution/run-plan';
import { loadCatalogue, loadScenario, vocabulary } from '../../runner/language';
import { checkScenario } from '../../runner/language/check-scenario';
import { checkSource } from '../../runner/language/load';
import type { Case, Diagnostic } from '../../runner/language/scenario';
import { makeSource } from '../../runner/language/source';

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

/** The only case of a text as if it lay in this file, and what is said of it; throws with every complaint when it is not valid. */
export function caseIn(file: string, yaml: string): { readonly case_: Case; readonly warnings: readonly Diagnostic[] } {
  const catalogue = loadCatalogue();
  if (!catalogue.ok) throw new Error('the catalogue is not valid');
  const checked = checkSource(makeSource(file, yaml), 'scenario', vocabulary(), catalogue.value, checkScenario);
  if (!checked.ok)
    throw new Error(checked.errors.map((error) => `${error.line}:${error.column} ${error.message}`).join('\n'));
  const [case_] = checked.value.cases;
  if (!case_) throw new Error('a scenario without a case');
  return { case_, warnings: checked.warnings };
}

/** The only case of a scenario text. */
export function caseOf(yaml: string): Case {
  const [first, ...others] = casesOf(yaml);
  if (!first || others.length > 0) throw new Error(`one case expected, not ${others.length + (first ? 1 : 0)}`);
  return first;
}
