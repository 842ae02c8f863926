/** What walks make of one reference device: whether they come to its fault, and what they say of it. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ClauseId } from '../../../language/scenario';
import { DEFAULT_LIMITS, type DevicePlan, type RunPlan } from '../../run-plan';
import { explore } from '../explore';
import { prepare } from '../prepare';
import { countSteps } from '../step-data';
import { stepsOf, writeScenario } from '../written-scenario';
import type { Subject } from './subjects';

export interface SurveyRow {
  readonly name: string;
  readonly device: string;
  readonly breaks: readonly ClauseId[];
  /** `trouble`: a walk that the kit itself could not finish. A correct device is `not-reached`, or else a `wrong-diagnosis`. */
  readonly outcome: 'found' | 'wrong-diagnosis' | 'not-reached' | 'trouble';
  readonly clause?: ClauseId;
  /** Reported in the run of the written scenario, and neither the fault's clause nor one that follows from it. */
  readonly beyond: readonly ClauseId[];
  /** Walks until it was found. */
  readonly walks: number;
  readonly steps: number;
  readonly stepsBefore: number;
  readonly reproduced: boolean;
  readonly message: string;
  readonly seconds: number;
}

export interface SurveyOptions {
  readonly seed: number;
  readonly runs: number;
  readonly maxSteps: number;
}

export async function surveyOne(subject: Subject, options: SurveyOptions): Promise<SurveyRow> {
  const began = performance.now();
  const { name, device, breaks } = subject;
  const base = { name, device, breaks, beyond: [], walks: 0, steps: 0, stepsBefore: 0, reproduced: false };
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vfio-conformance-survey-'));
  try {
    const found = await look(breaks, { device, host: 'local' }, folder, options);
    return { ...base, ...found, seconds: (performance.now() - began) / 1000 };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

type Found = Pick<SurveyRow, 'outcome' | 'message'> & Partial<SurveyRow>;

async function look(
  breaks: readonly ClauseId[],
  device: DevicePlan,
  folder: string,
  options: SurveyOptions,
): Promise<Found> {
  const prepared = await prepare(planFor(device, folder), device);
  if (!prepared.ok) return { outcome: 'trouble', message: prepared.failure.message };
  const { runner, abilities } = prepared;
  const { failure, impossible, walks } = await explore(runner, { ...options, abilities });
  if (impossible !== undefined) return { outcome: 'trouble', message: impossible, walks };
  if (!failure) return { outcome: 'not-reached', message: '', walks };
  const steps = stepsOf(failure);
  const shrunk = { walks, steps: countSteps(steps), stepsBefore: failure.stepsBefore };
  const { outcome } = failure;
  if (outcome.kind === 'trouble') return { ...shrunk, outcome: 'trouble', message: outcome.message };
  const { finding } = outcome;
  const written = await writeScenario(runner, { folder, finding, steps, command: 'the survey of faults' });
  const beyond = written.reported.filter((clause) => !breaks.includes(clause));
  return {
    ...shrunk,
    outcome: beyond.length === 0 && breaks.includes(finding.clause) ? 'found' : 'wrong-diagnosis',
    clause: finding.clause,
    beyond,
    reproduced: written.reproduced,
    message: written.instead ?? finding.observed,
  };
}

function planFor(device: DevicePlan, folder: string): RunPlan {
  return {
    schemaVersion: 1,
    kitVersion: '',
    folder,
    targets: [],
    devices: [device],
    filter: { cases: [], tags: [], only: [], skip: [] },
    repeat: 1,
    strict: false,
    grade: 'kit',
    seed: 1,
    limits: DEFAULT_LIMITS,
    allow: [],
    startedAt: new Date().toISOString(),
  };
}
