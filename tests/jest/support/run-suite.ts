/** Runs a plan through Jest with the stub engine and reads everything that it left behind. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestResult } from 'allure-js-commons';
import type { CaseResult } from '../../../runner/execution/case-result';
import { ALLURE_RESULTS, RESULTS_FILE, type RunPlan } from '../../../runner/execution/run-plan';
import { runJest } from '../../../runner/jest';
import { STUB_ENGINE } from './plan';

export interface JestAssertion {
  readonly title: string;
  readonly fullName: string;
  readonly ancestorTitles: readonly string[];
  readonly status: string;
  readonly failureMessages: readonly string[];
}

export interface Ran {
  readonly code: number;
  readonly output: string;
  /** What Jest says of each test. */
  readonly jest: readonly JestAssertion[];
  readonly results: readonly CaseResult[];
  readonly allure: readonly TestResult[];
  /** What the executors were asked for: `DEVICE PID start|run ID|stop`. */
  readonly journal: readonly string[];
}

export async function runSuite(plan: RunPlan, extraArgs: readonly string[] = [], engine = STUB_ENGINE): Promise<Ran> {
  const json = join(plan.folder, 'jest.json');
  let output = '';
  const code = await runJest(plan, [...extraArgs, '--json', '--outputFile', json], {
    engine,
    output: 'pipe',
    onOutput: (text) => {
      output += text;
    },
  });
  const parsed = JSON.parse(readFileSync(json, 'utf8')) as { testResults: { assertionResults: JestAssertion[] }[] };
  return {
    code,
    output,
    jest: parsed.testResults.flatMap(({ assertionResults }) => assertionResults),
    results: readLines(join(plan.folder, RESULTS_FILE)).map((line) => JSON.parse(line) as CaseResult),
    allure: allureResults(plan.folder),
    journal: readLines(join(plan.folder, 'executor.log')),
  };
}

export function allureResults(folder: string): TestResult[] {
  const results = join(folder, ALLURE_RESULTS);
  return readdirSync(results)
    .filter((name) => name.endsWith('-result.json'))
    .map((name) => JSON.parse(readFileSync(join(results, name), 'utf8')) as TestResult);
}

export function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  } catch {
    return [];
  }
}
