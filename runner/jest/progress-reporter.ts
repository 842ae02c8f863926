/**
 * Jest's reporter for `run`. With a terminal: a progress line, and every case that did not pass above it. Without one: a line per case;
 * in CI only those that did not pass. It tells what results.jsonl says, because Jest knows neither broken cases nor reasons for skipping.
 */
import type { CaseResult } from '../execution/case-result';
import { endWithParent } from './parent';
import { ProgressDisplay } from './progress-display';
import { ResultsTail } from './results-tail';

/** How long Jest may take to end by itself once all is told. */
const LINGER_MS = 3_000;

export interface ProgressOptions {
  /** The run's folder, where results.jsonl grows. */
  readonly folder: string;
  readonly expectedCases?: number;
  /** False: a line per case, in a terminal as well. */
  readonly live?: boolean;
}

interface GlobalConfig {
  /** Set when standard output is for a program to read (`--json`). */
  readonly useStderr?: boolean;
  readonly watch?: boolean;
  readonly watchAll?: boolean;
}
interface TestFileResult {
  readonly failureMessage?: string | null;
}
interface AggregatedResult {
  readonly wasInterrupted?: boolean;
}

export default class ProgressReporter {
  private readonly tail: ResultsTail;
  private readonly display: ProgressDisplay;

  constructor(
    private readonly globalConfig: GlobalConfig,
    options: ProgressOptions,
  ) {
    endWithParent();
    this.tail = new ResultsTail(options.folder, true);
    this.display = new ProgressDisplay(
      globalConfig.useStderr ? process.stderr : process.stdout,
      process.env,
      options.expectedCases,
      options.live,
    );
  }

  onRunStart(): void {
    this.display.start(Date.now());
  }

  onTestCaseResult(): void {
    this.catchUp();
  }

  /** Jest's own text for the file's failures holds the YAML with its caret. */
  onTestResult(_test: unknown, result: TestFileResult): void {
    this.catchUp();
    if (result.failureMessage) this.display.failures(result.failureMessage);
  }

  onRunComplete(_contexts: unknown, results: AggregatedResult): void {
    this.catchUp();
    this.display.end(Date.now(), results.wasInterrupted === true);
    if (this.globalConfig.watch || this.globalConfig.watchAll) return;
    // An executor that the kernel does not let die keeps its pipes open, and they would keep this process. Jest has set its exit code by then.
    setTimeout(() => process.exit(), LINGER_MS).unref();
  }

  private catchUp(): void {
    const results: readonly CaseResult[] = this.tail.read();
    for (const result of results) this.display.result(result, Date.now());
  }
}
