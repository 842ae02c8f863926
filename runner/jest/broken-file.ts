/** A file that the language refuses, as a CaseResult: on the record as broken, so that no run can be conformant over it. */
import type { CaseResult } from '../execution/case-result';
import type { DevicePlan } from '../execution/run-plan';
import type { BrokenFile } from './engine';

export function brokenFileResult(broken: BrokenFile, device: DevicePlan): CaseResult {
  const { file, position, summary } = broken;
  return {
    schemaVersion: 1,
    id: file.replace(/\.ya?ml$/, ''),
    title: `${file.slice(file.lastIndexOf('/') + 1)} is a valid file`,
    scenario: file,
    file,
    line: position.line,
    column: position.column,
    matrix: {},
    device: device.device,
    clauses: [],
    tags: [],
    status: 'broken',
    reason: `invalid file: ${summary}`,
    startedAt: new Date().toISOString(),
    durationMs: 0,
    steps: [],
    findings: [],
    tallies: [],
    figures: {},
    notes: [],
    accesses: [],
    attempts: 1,
  };
}
