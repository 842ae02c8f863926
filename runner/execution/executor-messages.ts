/** What parent and executor say to each other (child_process.fork, serialization 'advanced': bigint and Uint8Array cross as they are). */
import type { Case } from '../language/scenario';
import type { CaseResult, StepResult } from './case-result';
import type { Probe } from './probe';

export type Request =
  | { readonly kind: 'run'; readonly case: Case; readonly claims: readonly string[] }
  /** `reset`: an earlier run left the device open, and it is reset first. */
  | { readonly kind: 'probe'; readonly reset?: boolean }
  | { readonly kind: 'end' };

export type Reply =
  /** The executor is loaded and waits for requests. */
  | { readonly kind: 'ready' }
  /** A top-level step begins; until the next message the parent measures time. */
  | { readonly kind: 'step'; readonly title: string; readonly deadlineMs: number }
  | { readonly kind: 'step-end'; readonly step: StepResult }
  | { readonly kind: 'result'; readonly result: CaseResult }
  | { readonly kind: 'probed'; readonly probe: Probe }
  /** The executor itself could not go on: a bug, or a file that it could not read. */
  | { readonly kind: 'trouble'; readonly message: string };

/** argv of the executor: the plan as JSON, the device as JSON, the flight recorder's file. */
export const EXECUTOR_ARGUMENTS = 3;
