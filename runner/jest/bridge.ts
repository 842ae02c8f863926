/**
 * The bridge from a test file's sandbox to the environment around it. Jest evaluates every module again in every sandbox; only
 * `runtime` lives there, and the language, the executor and Allure are loaded once per worker, outside.
 */

/** The global under which the environment offers the bridge. */
export const BRIDGE = 'vfioConformance';

/** One Jest test. */
export interface TestEntry {
  readonly title: string;
  /** For `Bridge.run`. */
  readonly key: number;
  /** Jest's own timeout, far above the executor's deadlines: it only catches a defect of the kit. */
  readonly timeoutMs: number;
}

export interface TestGroup {
  /** Absent for a scenario of one case, which needs no block of its own. */
  readonly title?: string;
  readonly tests: readonly TestEntry[];
}

export interface TestFile {
  readonly title: string;
  readonly groups: readonly TestGroup[];
  /** Says why, when the filter leaves no test of this file; Jest wants at least one. */
  readonly nothingTaken?: string;
}

/** What a failing test throws; plain text, because an Error of another realm would lose its stack in Jest. */
export interface Failure {
  readonly message: string;
  /** The lines below the message: `    at step 2 "read" (/abs/x.yaml:15:9)`, from which Jest draws the YAML with a caret. */
  readonly frames: readonly string[];
}

export interface Bridge {
  define(file: string): TestFile;
  /** Never rejects for what a device does. */
  run(key: number): Promise<Failure | undefined>;
}
