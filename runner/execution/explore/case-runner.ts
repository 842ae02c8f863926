/** Where the cases of an exploration run: in this process for the simulated device, in the executor for real ones. */
import type { Case } from '../../language/scenario';
import type { CaseResult } from '../case-result';
import { createExecutorClient } from '../executor-client';
import type { Probe } from '../probe';
import type { DevicePlan, RunPlan } from '../run-plan';
import { Workbench } from '../workbench';

export interface CaseRunner {
  run(case_: Case): Promise<CaseResult>;
  probe(): Promise<Probe>;
  /** Leaves the device reset and closed. */
  stop(): Promise<void>;
}

/** Throws LanguageError when the device's profile cannot be read. */
export function createCaseRunner(plan: RunPlan, device: DevicePlan): CaseRunner {
  // A simulated device cannot hang or crash this process, and its clock costs no time.
  if (!device.device.startsWith('reference')) return createExecutorClient(plan, device);
  const workbench = new Workbench(plan, device, { hang: 'virtual' });
  return {
    run: async (case_) => {
      // Everything else here ends without waiting for anything: signals and output would have to wait for the last walk.
      await new Promise(setImmediate);
      return workbench.run(case_, []);
    },
    probe: async () => workbench.probe(),
    stop: async () => undefined,
  };
}
