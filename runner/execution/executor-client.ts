/**
 * The parent's side of the executor: a child process that makes every system call on the device. It may hang, crash or be killed; that
 * costs one case, and the next case gets a fresh child.
 */
import type { Case } from '../language/scenario';
import type { CaseResult } from './case-result';
import type { Probe } from './probe';
import type { DevicePlan, RunPlan } from './run-plan';

export interface ExecutorClient {
  /** Runs one case to its end, whatever the device does. Never rejects: what goes wrong is in the result. */
  run(case_: Case): Promise<CaseResult>;
  /** Opens the device, looks at what it shows, and closes it again. */
  probe(): Promise<Probe>;
  /** Resets and closes the device and ends the child; bounded in time. Safe to call twice. */
  stop(): Promise<void>;
}

/** Nothing is started before the first `run`. */
export declare function createExecutorClient(plan: RunPlan, device: DevicePlan): ExecutorClient;
