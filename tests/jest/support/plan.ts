/** Plans for tests: a fresh folder each, fixtures as targets. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DEFAULT_LIMITS, type RunPlan } from '../../../runner/execution/run-plan';

/** The package's folder; tests run from dist/tests. */
export const PACKAGE = resolve(__dirname, '../../../..');
export const FIXTURES = join(PACKAGE, 'tests/jest/fixtures');
export const STUB_ENGINE = join(__dirname, '../fixtures/stub-engine.js');

const folders: string[] = [];

/** A folder that is removed when the test file is through. */
export function freshFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `vfio-conformance-${name}-`));
  folders.push(folder);
  return folder;
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export function testPlan(changes: Partial<RunPlan>): RunPlan {
  return {
    schemaVersion: 1,
    kitVersion: '0.0.0-test',
    folder: changes.folder ?? freshFolder('run'),
    targets: [join(FIXTURES, 'stub-suite.yaml')],
    devices: [{ device: 'reference', host: 'local' }],
    filter: { cases: [], tags: [], only: [], skip: [] },
    repeat: 1,
    strict: false,
    grade: 'kit',
    seed: 1,
    limits: DEFAULT_LIMITS,
    allow: [],
    startedAt: '2026-01-02T03:04:05.000Z',
    ...changes,
  };
}
