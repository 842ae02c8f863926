/** What makes a case the same case in Allure, on every machine and in every night: the case's id and its parameters, not paths. */
import { createHash } from 'node:crypto';
import type { Label, TestResult } from 'allure-js-commons';
import { steadyName } from '../execution/steady-name';
import { labelsOf, parametersOf } from './allure-labels';
import type { Told } from './file-session';

/** Labels that allure-jest derives from Jest's blocks; ours take their place. */
const REPLACED = new Set([
  'parentSuite',
  'suite',
  'subSuite',
  'epic',
  'feature',
  'story',
  'severity',
  'package',
  '_fallbackTestCaseId',
]);

export function allureIdentity({ result, context }: Told, labels: readonly Label[]): Partial<TestResult> {
  const fullName = `${context.suite}: ${result.id}`;
  // Allure makes the history's id itself, of the test case's id and of the parameters that are not left out: the device's steady name
  // stands in the one, because its name as given is left out of the other.
  const testCaseId = digest(`${fullName} on ${steadyName(result.device)}`);
  const parameters = parametersOf(result, context)
    .filter(({ excluded }) => excluded !== true)
    .map(({ name, value }) => `${name}=${value}`)
    .sort();
  const start = Date.parse(result.startedAt);
  return {
    fullName,
    testCaseId,
    historyId: `${testCaseId}.${digest(parameters.join('\0'))}`,
    titlePath: [result.device, context.suite, result.scenario],
    labels: [...labels.filter((label) => !REPLACED.has(label.name)), ...labelsOf(result, context)],
    start,
    stop: Math.round(start + result.durationMs),
  };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
