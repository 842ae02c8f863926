/** What `npm test` says in its closing line. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

export interface NotRun {
  readonly what: string;
  readonly why: string;
}

/** The part of Jest's --json that is counted. */
export interface JestResults {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  /** Test files that ended before their first test. */
  readonly numRuntimeErrorTestSuites: number;
}

/** `exitedWell`: Jest's exit code was 0. */
export function addJest(counts: Counts, results: JestResults, exitedWell: boolean): void {
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  counts.passed += results.numPassedTests;
  // Jest may fail for what is no test's fault: a setup that threw, no tests found.
  counts.failed += failed === 0 && !exitedWell ? 1 : failed;
  counts.skipped += results.numPendingTests + results.numTodoTests;
}

/** `12 passed, 0 failed, 2 skipped; could not run: A, B (no C compiler)`. */
export function closingLine({ passed, failed, skipped }: Counts, notRun: readonly NotRun[]): string {
  const counted = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  const byReason = new Map<string, string[]>();
  for (const { what, why } of notRun) byReason.set(why, [...(byReason.get(why) ?? []), what]);
  const told = [...byReason].map(([why, what]) => `${what.join(', ')} (${why})`);
  return told.length === 0 ? counted : `${counted}; could not run: ${told.join('; ')}`;
}
