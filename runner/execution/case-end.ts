/** How a step ends a case early. These travel as exceptions through verbs and are caught by the case's run alone. */
import type { StepFailureReason } from '../steps/step-context';

/** The device (or the kernel) did not do what the step expects. */
export class StepFailure extends Error {
  override readonly name = 'StepFailure';
  constructor(readonly reason: StepFailureReason) {
    super(`expected ${reason.expected}, observed ${reason.observed}`);
  }
}

/** The kit, the profile, the scenario or the machine is at fault. */
export class GiveUp extends Error {
  override readonly name = 'GiveUp';
}

/** The case cannot be run on this device. */
export class SkipCase extends Error {
  override readonly name = 'SkipCase';
  constructor(
    readonly kind: 'not-applicable' | 'not-judged',
    readonly need: string,
    message: string,
  ) {
    super(message);
  }
}
