/** What Allure shows at the head of a case that did not simply pass. */
import type { TestResult } from 'allure-js-commons';
import { failingStep } from './failure-text';
import type { Told } from './file-session';
import { yamlFrame } from './yaml-frame';

export function allureDetails({ result, failure }: Told): TestResult['statusDetails'] {
  if (failure) {
    const broken = result.findings.find((finding) => finding.verdict === 'broken');
    return {
      message: failure.message,
      trace: [...failure.frames, '', yamlFrame(broken ?? failingStep(result.steps)?.position ?? result)]
        .join('\n')
        .trimEnd(),
      ...(broken ? { expected: broken.expected, actual: broken.observed } : {}),
    };
  }
  if (result.status === 'skipped') return { message: result.skip?.reason ?? result.reason ?? 'no reason given' };
  return result.reason === undefined ? {} : { message: result.reason };
}
