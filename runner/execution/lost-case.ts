/** The result of a case whose executor did not come back: the steps it had told of, and what was last seen of it. */
import { errnoName } from '../abi';
import type { Case } from '../language/scenario';
import type { AccessRow, CaseResult, Finding, StepResult } from './case-result';
import { type FlightSummary, type Loss, sayRow } from './executor-loss';

export interface LostCase {
  readonly case_: Case;
  readonly device: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly steps: readonly StepResult[];
  readonly loss: Loss;
}

export function lostCase({ case_, device, startedAt, durationMs, steps, loss }: LostCase): CaseResult {
  const accesses = loss.kind === 'device' ? rowsOf(loss.flight) : [];
  const finding = loss.kind === 'device' ? findingOf(case_, loss, steps, accesses) : undefined;
  const known = {
    ...(case_.owner === undefined ? {} : { owner: case_.owner }),
    ...(case_.severity === undefined ? {} : { severity: case_.severity }),
  };
  return {
    schemaVersion: 1,
    id: case_.id,
    title: case_.title,
    scenario: case_.scenarioName,
    file: case_.file,
    line: case_.position.line,
    column: case_.position.column,
    matrix: case_.matrix,
    device,
    clauses: case_.clauses,
    tags: case_.tags,
    ...known,
    status: finding ? 'failed' : 'broken',
    reason: finding ? `DEV-RESPONDS at ${finding.step}: ${finding.observed}` : loss.message,
    startedAt,
    durationMs,
    steps: [...steps, lostStep(case_, steps, loss, durationMs)],
    findings: finding ? [finding] : [],
    tallies: finding ? [{ clause: 'DEV-RESPONDS', kept: 0, broken: 1 }] : [],
    figures: {},
    notes: [],
    accesses,
    attempts: 1,
  };
}

/** The step that the executor was in, by how many it had told the end of. */
function lostStep(case_: Case, steps: readonly StepResult[], loss: Loss, durationMs: number): StepResult {
  const step = [...case_.steps, ...case_.finallySteps][steps.length];
  const startMs = steps.reduce((sum, done) => sum + done.durationMs, 0);
  return {
    title: step?.title ?? 'opening the device',
    verb: step?.verb ?? '',
    position: step?.position ?? case_.position,
    status: loss.kind === 'device' ? 'failed' : 'broken',
    startMs,
    durationMs: Math.max(0, durationMs - startMs),
    message: loss.message,
    steps: [],
    attachments: [],
  };
}

function findingOf(
  case_: Case,
  loss: Loss & { kind: 'device' },
  steps: readonly StepResult[],
  accesses: readonly AccessRow[],
): Finding {
  const opening = loss.step === 'opening the device';
  const step = opening ? undefined : [...case_.steps, ...case_.finallySteps][steps.length];
  const position = step?.position ?? case_.position;
  const last = accesses.at(-1);
  return {
    clause: 'DEV-RESPONDS',
    verdict: 'broken',
    level: 'must',
    who: 'driver',
    file: position.file,
    line: position.line,
    column: position.column,
    scenario: case_.scenarioName,
    case: case_.id,
    step: opening ? loss.step : `step ${steps.length + 1} "${loss.step}"`,
    expected: 'every access returns within its deadline and leaves the process alive',
    observed: loss.message,
    hint: 'the executor was ended; the kernel log may say more (dmesg)',
    accesses: last ? [...accesses.slice(0, -1), { ...last, marked: true }] : accesses,
  };
}

function rowsOf(flight: FlightSummary): AccessRow[] {
  const first = flight.rows[0]?.startedMs ?? 0;
  return flight.rows.map((row) => ({
    sequence: row.sequence,
    atMs: row.startedMs - first,
    side: '',
    call: row.call,
    target: sayRow(row),
    length: row.length,
    value: row.value === undefined ? '' : `0x${row.value.toString(16)}`,
    result: row.result ?? 0,
    errno: row.result === undefined ? 'did not return' : row.result < 0 ? errnoName(-row.result) : '',
  }));
}
