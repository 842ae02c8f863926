/** What a walk found, written down: a scenario file of its own, that fails the same way when it is run. */
import fs from 'node:fs';
import path from 'node:path';
import { lintFiles, loadScenario } from '../../language';
import type { ClauseId } from '../../language/scenario';
import type { CaseResult, Finding } from '../case-result';
import { orThrow } from '../judging';
import type { CaseRunner } from './case-runner';
import { primaryFinding } from './primary-finding';
import { scenarioText } from './scenario-text';
import { withoutSpareNames } from './spare-names';
import type { StepData } from './step-data';

export interface WrittenScenario {
  readonly file: string;
  /** The file was read back and run, and the same clause came out. */
  readonly reproduced: boolean;
  /** Every clause that was broken or warned of in that run. */
  readonly reported: readonly ClauseId[];
  /** What came of it where that is something else: what the language complains of, or another clause. */
  readonly instead?: string;
}

export interface ToWrite {
  readonly folder: string;
  readonly finding: Finding;
  readonly steps: readonly StepData[];
  /** The command line that finds it again. */
  readonly command: string;
}

/** `save-ack.yaml`. Makes the folder. Without a runner the file is not run. */
export async function writeScenario(runner: CaseRunner | undefined, what: ToWrite): Promise<WrittenScenario> {
  const { folder, finding, steps, command } = what;
  const text = scenarioText({
    name: `A walk that breaks ${finding.clause}`,
    clauses: [finding.clause],
    steps,
    comment: [`Found by ${command}`, `Expected: ${finding.expected}`, `Observed: ${finding.observed}`],
  });
  fs.mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${finding.clause.toLowerCase()}.yaml`);
  fs.writeFileSync(file, text);
  if (!runner) return { file, reproduced: false, reported: [], instead: 'it was not run' };
  return { file, ...(await checkWritten(runner, file, finding)) };
}

/** Lints the file, reads it as anybody would, and runs it. */
async function checkWritten(
  runner: CaseRunner,
  file: string,
  { clause }: Finding,
): Promise<Omit<WrittenScenario, 'file'>> {
  const complaints = lintFiles([file]).filter(({ severity }) => severity === 'error');
  const told = complaints.map(({ message }) => message).join('; ');
  if (complaints.length > 0) return { reproduced: false, reported: [], instead: told };
  const [case_] = orThrow(loadScenario(file)).cases;
  if (!case_) return { reproduced: false, reported: [], instead: 'the file has no case' };
  const result = await runner.run(case_);
  const found = primaryFinding(result.findings);
  const bad = result.findings.filter(({ verdict }) => verdict === 'broken' || verdict === 'warned');
  const reported = [...new Set(bad.map((one) => one.clause))];
  if (found?.clause === clause && result.status !== 'broken') return { reproduced: true, reported };
  return { reproduced: false, reported, instead: found ? `${found.clause}: ${found.observed}` : sayResult(result) };
}

function sayResult({ status, reason }: CaseResult): string {
  return reason === undefined ? status : `${status}: ${reason}`;
}

/** The walk as the steps of a scenario. */
export function stepsOf(failure: { readonly steps: readonly { readonly data: StepData }[] }): readonly StepData[] {
  return withoutSpareNames(failure.steps.map(({ data }) => data));
}
