/** run.json: the verdict of a run and everything that it rests on. `run --json` writes the same. */
import { rmSync, writeFileSync } from 'node:fs';
import type { CaseResult, Finding } from '../../execution/case-result';
import { judgingFor } from '../../execution/judging';
import type { DeviceDescription } from '../../execution/probe';
import type { RunPlan } from '../../execution/run-plan';
import type { RunVerdict } from '../../execution/verdict';
import { writeWholeFile } from '../../execution/whole-file';
import { fileStatus } from '../support/file-status';
import { jsonText } from '../support/printable';
import { shownPath } from '../support/shown-path';
import { type Judgement, type Unreachable, waiversOf } from './judgement';
import type { RunTarget } from './targets';

export interface RecordParts {
  readonly plan: RunPlan;
  readonly targets: readonly RunTarget[];
  /** Those that could be looked at. */
  readonly descriptions: readonly DeviceDescription[];
  readonly results: readonly CaseResult[];
  /** Absent when the run did not come to its first case; then `reasons` say why. */
  readonly judgement?: Judgement;
  readonly reasons?: readonly string[];
  readonly interrupted: boolean;
  /** The run came to its end. */
  readonly finished?: boolean;
  readonly unreachable?: readonly Unreachable[];
  /** Of results.jsonl, when it will not grow any more. */
  readonly resultsDigest?: string;
}

export function runRecord(parts: RecordParts): Record<string, unknown> {
  const { plan, targets, descriptions, results, judgement } = parts;
  const verdict: RunVerdict = judgement?.verdict ?? 'incomplete';
  return {
    schemaVersion: 1,
    verdict,
    waived: judgement?.waived ?? 0,
    reasons: judgement?.reasons ?? parts.reasons ?? [],
    interrupted: parts.interrupted,
    finished: parts.finished === true && !parts.interrupted,
    devices: plan.devices.map((device) => {
      const judged = judgement?.devices.find((one) => one.device === device.device);
      const description = descriptions.find((one) => one.device === device.device);
      const missing = parts.unreachable?.find((one) => one.device === device.device);
      return {
        ...device,
        ...description,
        ...(description ? { waivers: waiversOf(description) } : {}),
        ...(missing ? { unreachable: missing.reason } : {}),
        verdict: judged?.verdict ?? 'incomplete',
        waived: judged?.waived ?? 0,
        reasons: judged?.reasons ?? [],
        ...(plan.devices.length > 1 ? { clauses: judged?.clauses ?? [] } : {}),
      };
    }),
    host: descriptions[0]?.host ?? null,
    kit: {
      name: 'vfio-conformance',
      version: plan.kitVersion,
      catalogue: judgingFor(plan, undefined).catalogueHash,
      node: process.version,
    },
    suite: targets.map((target) => target.title).join(', '),
    targets: targets.map(({ kind, file, title, claims, clauses, cases, taken }) => ({
      kind,
      file: shownPath(file),
      title,
      claims,
      clauses,
      cases: cases.length,
      taken: taken.length,
    })),
    seed: plan.seed,
    strict: plan.strict,
    grade: plan.grade,
    repeat: plan.repeat,
    filter: plan.filter,
    folder: shownPath(plan.folder),
    startedAt: plan.startedAt,
    ...(plan.resumedAt === undefined ? {} : { resumedAt: plan.resumedAt }),
    endedAt: new Date().toISOString(),
    ...(parts.resultsDigest === undefined ? {} : { results: { sha256: parts.resultsDigest } }),
    unstable: judgement?.unstable ?? [],
    clauses: judgement?.clauses ?? [],
    scenarios: results.map(scenarioRow),
    findings: results.flatMap((result) => result.findings.map((finding) => findingRow(finding, result.device))),
  };
}

function scenarioRow(result: CaseResult): Record<string, unknown> {
  const { title, device, clauses, skip, attempts, matrix, status, durationMs } = result;
  return {
    file: shownPath(result.file),
    name: result.scenario,
    case: result.id,
    matrix,
    status,
    reason: result.reason ?? skip?.reason ?? null,
    durationMs,
    title,
    device,
    clauses,
    ...(skip ? { skip } : {}),
    attempts,
    figures: result.figures,
    notes: result.notes,
  };
}

/** The accesses stay in results.jsonl: here they would bury everything else. */
function findingRow(finding: Finding, device: string): Record<string, unknown> {
  const { accesses: _left, file, ...told } = finding;
  return { ...told, file: shownPath(file), device };
}

/** Whole or not at all, except where the name stands for a pipe or a terminal. */
export function writeRecord(file: string, record: Record<string, unknown>): void {
  const text = jsonText(record);
  const status = fileStatus(file);
  if (status && !status.isFile()) {
    writeFileSync(file, text);
    return;
  }
  writeWholeFile(file, text);
}

/** What an earlier run wrote must not be taken for this one's, should this one end without a word. */
export function removeOldRecord(file: string): void {
  if (fileStatus(file)?.isFile()) rmSync(file);
}
