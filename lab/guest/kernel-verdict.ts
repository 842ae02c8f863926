/** A case during which the kernel complained has failed, whatever its steps say: DEV-RESPONDS, with the kernel's own words. */
import type { CaseResult, Finding } from '../../runner/execution/case-result';
import type { KernelFinding } from '../kernel-log';

/** `result` as it is when the kernel had nothing to say. */
export function withKernelFindings(result: CaseResult, findings: readonly KernelFinding[]): CaseResult {
  const [worst] = findings;
  if (worst === undefined) return result;
  const last = result.steps.at(-1);
  const finding: Finding = {
    clause: 'DEV-RESPONDS',
    verdict: 'broken',
    level: 'must',
    who: 'driver',
    file: last?.position.file ?? result.file,
    line: last?.position.line ?? result.line,
    column: last?.position.column ?? result.column,
    scenario: result.scenario,
    case: result.id,
    step: 'the case as a whole',
    expected: 'no oops, warning, lock-up or taint of the kernel while the driver is used',
    observed: findings.flatMap(({ quote }) => quote).join('\n'),
    hint: 'the kernel said this while the case ran',
    accesses: result.accesses.slice(-20),
  };
  return {
    ...result,
    status: 'failed',
    reason: `DEV-RESPONDS: the kernel said: ${worst.line.trim()}`,
    findings: [...result.findings, finding],
    tallies: [...result.tallies, { clause: 'DEV-RESPONDS', kept: 0, broken: 1 }],
  };
}
