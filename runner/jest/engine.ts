/**
 * What the Jest side needs of the rest of the kit: the language, the catalogue and an executor. `kit-engine` is the real one; the
 * kit's own tests give another, so that the Jest side is tested apart from devices.
 */
import type { ExecutorClient } from '../execution/executor-client';
import type { DevicePlan, RunPlan } from '../execution/run-plan';
import type { Case, Clause, ClauseId, SourcePosition } from '../language/scenario';

/** The cases of one scenario, in order. */
export interface CaseGroup {
  readonly scenario: string;
  readonly file: string;
  readonly cases: readonly Case[];
}

/** A file that the language refuses. It becomes one failing test, so that a typo can never look like a pass. */
export interface BrokenFile {
  readonly file: string;
  readonly position: SourcePosition;
  /** One line: the first complaint. */
  readonly summary: string;
  /** Every complaint with its code frame, in plain text. */
  readonly text: string;
}

/** A suite file or a single scenario file, as tests. */
export interface LoadedTarget {
  /** The suite's name, or the scenario's. */
  readonly title: string;
  /** What the suite claims of the device: what it must therefore show. Empty for a single scenario. */
  readonly claims: readonly string[];
  readonly groups: readonly CaseGroup[];
  readonly broken: readonly BrokenFile[];
}

export interface Engine {
  /** Reads the file afresh; what is wrong with it is in the result. */
  load(file: string): LoadedTarget;
  clause(id: ClauseId): Clause | undefined;
  /** Starts nothing before the first case runs. */
  client(): ExecutorClient;
}

/** The shape of a module that `testEnvironmentOptions.vfioConformance.engine` names. */
export interface EngineModule {
  createEngine(plan: RunPlan, device: DevicePlan): Engine;
}
