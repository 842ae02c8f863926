/** Files that the language refuses and cases that the kit could not even begin: on the record as broken, so that no run can be conformant over them. */
import fs from 'node:fs';
import path from 'node:path';
import type { CaseResult } from '../execution/case-result';
import type { DevicePlan } from '../execution/run-plan';
import { formatDiagnostic, scenarioId } from '../language';
import type { Case, Diagnostic } from '../language/scenario';
import type { BrokenFile } from './engine';

/** Every complaint about one file, with its code frames. */
export function brokenFile(file: string, errors: readonly Diagnostic[]): BrokenFile {
  const first = errors[0];
  let source: string | undefined;
  try {
    source = fs.readFileSync(file, 'utf8');
  } catch {
    // The complaint says so itself.
  }
  return {
    file,
    position: { file, line: first?.line ?? 1, column: first?.column ?? 1 },
    summary: first?.message ?? 'the file is not valid',
    text: errors.map((error) => formatDiagnostic(error, source)).join('\n\n'),
  };
}

export function brokenFileResult({ file, position, summary }: BrokenFile, device: DevicePlan): CaseResult {
  const title = `${path.basename(file)} is a valid file`;
  return brokenResult(
    { id: scenarioId(file), title, scenarioName: file, file, position, matrix: {}, clauses: [], tags: [] },
    device,
    `invalid file: ${summary}`,
  );
}

type Known = Pick<Case, 'id' | 'title' | 'scenarioName' | 'file' | 'position' | 'matrix' | 'clauses' | 'tags'>;

/** A case that never came to its first step. */
export function brokenResult(known: Known, device: DevicePlan, reason: string): CaseResult {
  return {
    schemaVersion: 1,
    id: known.id,
    title: known.title,
    scenario: known.scenarioName,
    file: known.file,
    line: known.position.line,
    column: known.position.column,
    matrix: known.matrix,
    device: device.device,
    clauses: known.clauses,
    tags: known.tags,
    status: 'broken',
    reason,
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
