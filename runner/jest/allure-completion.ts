/**
 * Brings a run's Allure results into line with results.jsonl, after a crash or a power cut: what was not written yet, or was lost because
 * the disk had not been told to keep it, is written again. results.jsonl is the record; Allure's files are made from it.
 */
import fs from 'node:fs';
import path from 'node:path';
import { Stage, type TestResult } from 'allure-js-commons';
import { ReporterRuntime } from 'allure-js-commons/sdk/reporter';
import { allureDetails } from './allure-details';
import { allureIdentity } from './allure-identity';
import { ALLURE_STATUS, replay } from './allure-replay';
import { AllureWriter } from './allure-writer';
import type { Told } from './file-session';

/** Writes an Allure result for each of these cases that has none, and removes results that are damaged or of no case. Returns how many were written. */
export function completeAllureResults(folder: string, cases: readonly Told[]): number {
  const wanted = new Map(cases.map((told) => [key(allureIdentity(told, [])), told]));
  for (const file of resultFiles(folder)) {
    const result = parse(file);
    // Twice the same would count as a second try.
    if (result === undefined || !wanted.delete(key(result))) fs.rmSync(file, { force: true });
  }
  for (const told of wanted.values()) write(folder, told);
  return wanted.size;
}

/** The same case, tried at the same time. */
function key({ historyId = '', start = 0 }: Partial<TestResult>): string {
  return `${historyId} ${start}`;
}

function resultFiles(folder: string): string[] {
  try {
    return fs
      .readdirSync(folder)
      .filter((name) => name.endsWith('-result.json'))
      .map((name) => path.join(folder, name));
  } catch {
    return [];
  }
}

/** Undefined for a file that is damaged, or has an attachment that is not there or empty. */
function parse(file: string): Partial<TestResult> | undefined {
  try {
    const result = JSON.parse(fs.readFileSync(file, 'utf8')) as TestResult;
    const whole = attachmentsOf(result).every((name) => fs.statSync(path.join(path.dirname(file), name)).size > 0);
    return whole ? result : undefined;
  } catch {
    return undefined;
  }
}

function attachmentsOf({ attachments, steps }: Pick<TestResult, 'attachments' | 'steps'>): string[] {
  return [...attachments.map(({ source }) => source), ...steps.flatMap((step) => attachmentsOf(step))];
}

function write(folder: string, told: Told): void {
  const runtime = new ReporterRuntime({ writer: new AllureWriter(folder) });
  const { result, context } = told;
  const uuid = runtime.startTest({ name: result.title });
  runtime.applyRuntimeMessages(uuid, replay(result, context));
  const { start = 0, stop = start, ...identity } = allureIdentity(told, []);
  runtime.updateTest(uuid, (allure) => {
    Object.assign(allure, identity, { start });
    allure.status = ALLURE_STATUS[result.status];
    allure.stage = Stage.FINISHED;
    allure.statusDetails = allureDetails(told);
  });
  runtime.stopTest(uuid, { stop });
  runtime.writeTest(uuid);
}
