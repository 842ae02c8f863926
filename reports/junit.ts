/** A run as JUnit XML, the form that CI systems read. */
import builder from 'junit-report-builder';
import type { CaseResult } from '../runner/execution/case-result';
import { harmless } from '../runner/jest/harmless';

export interface JUnitRun {
  readonly suite: string;
  readonly verdict: 'conformant' | 'non-conformant' | 'incomplete';
  readonly reasons: readonly string[];
  readonly devices: readonly string[];
  readonly results: readonly CaseResult[];
  /** Shown as properties of each suite. */
  readonly facts: Readonly<Record<string, string>>;
}

/**
 * One suite for each device, one test for each case, and last of all one for the verdict: CI systems look at tests, and a run in which no
 * case failed need not be conformant. A case that the driver failed is a failure; one that the kit or the machine broke is an error.
 */
export function junitXml({ suite, verdict, reasons, devices, results, facts }: JUnitRun): string {
  const report = builder.newBuilder().name(`vfio-conformance: ${harmless(suite)}`);
  for (const device of devices) {
    const group = report.testSuite().name(harmless(`${suite} on ${device}`));
    const own = results.filter((result) => result.device === device);
    const [first] = own;
    if (first) group.timestamp(new Date(first.startedAt));
    group.time(seconds(own.reduce((sum, { durationMs }) => sum + durationMs, 0)));
    for (const [name, value] of Object.entries(facts)) group.property(name, harmless(value));
    for (const result of own) tellCase(group.testCase(), result);
  }
  const last = report
    .testSuite()
    .name(harmless(`${suite}: the verdict`))
    .testCase();
  last.className('vfio-conformance.verdict').name('the run is conformant').time(0);
  const why = reasons.map(harmless).join('\n');
  if (verdict === 'non-conformant') last.failure(`verdict: ${verdict}`, verdict).stacktrace(why);
  else if (verdict === 'incomplete') last.error(`verdict: ${verdict}`, verdict, why);
  return report.build();
}

type JUnitCase = ReturnType<ReturnType<typeof builder.testSuite>['testCase']>;

function tellCase(test: JUnitCase, result: CaseResult): void {
  const { title, clauses, device, status, durationMs, file, line, findings } = result;
  test
    .className(harmless(`${device}.${clauses[0] ?? 'without a clause'}`))
    .name(harmless(title))
    .time(seconds(durationMs))
    .file(harmless(`${file}:${line}`));
  const reason = harmless(result.reason ?? result.skip?.reason ?? '');
  if (status === 'failed') {
    const broken = findings.filter(({ verdict }) => verdict === 'broken');
    const [first] = broken;
    test
      .failure(reason || 'a clause is broken', first?.clause ?? 'failed')
      .stacktrace(broken.map(tellFinding).join('\n\n'));
  } else if (status === 'broken') test.error(reason || 'the kit or the machine broke', 'broken');
  else if (status === 'skipped') test.skipped().standardOutput(`${result.skip?.kind ?? 'skipped'}: ${reason}`);
  else {
    const told = findings.filter(({ verdict }) => verdict === 'warned' || verdict === 'waived');
    if (told.length > 0)
      test.standardOutput(told.map((finding) => `${finding.verdict}: ${tellFinding(finding)}`).join('\n\n'));
  }
}

function tellFinding({
  clause,
  step,
  file,
  line,
  column,
  expected,
  observed,
  hint,
}: CaseResult['findings'][number]): string {
  return [
    `${clause} at ${step} (${file}:${line}:${column})`,
    `  expected  ${expected}`,
    `  observed  ${observed}`,
    ...(hint === undefined ? [] : [`  hint      ${hint}`]),
  ]
    .map(harmless)
    .join('\n');
}

/** To the millisecond. */
function seconds(milliseconds: number): number {
  return Math.round(milliseconds) / 1000;
}
