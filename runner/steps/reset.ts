/** reset: VFIO_DEVICE_RESET (header diff, lines 73-74). */
import { Type } from '@sinclair/typebox';
import { ERRNO, VFIO_DEVICE_FLAGS_RESET, VFIO_DEVICE_STATE_IS_ERROR } from '../abi';
import type { Outcome } from '../vfio/outcome';
import { checkOutcome } from './state-check';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

/** A device that is busy for a moment answers EAGAIN: a correct one gives in within this time. */
const PATIENCE_MS = 2000;
const PAUSE_MS = 20;

export const verb = defineVerb({
  name: 'reset',
  summary:
    'Resets the device. EAGAIN is tried again for two seconds. Without FLAGS_RESET it is tried in ERROR only; else the case ends as not applicable.',
  arguments: Type.Object({}, { 'x-state': 'running' }),
  examples: ['- transition: stop\n- reset: {}\n- state: running'],
  takesExpect: true,
  run(context: StepContext) {
    const { session, step } = context;
    const info = session.device.info();
    const offered = !info.ok || (info.value.values.flags & VFIO_DEVICE_FLAGS_RESET) !== 0;
    if (!offered && !step.expect) withoutFlag(context);
    session.restoring = undefined;
    const reset = resetPatiently(context);
    if (!offered && !step.expect && !reset.ok)
      context.fail({
        clause: 'STATE-RESET-FLAG',
        expected: EXPECTED_IN_ERROR,
        observed: `${reset.message}, and FLAGS_RESET is not set`,
      });
    checkOutcome(context, reset, 'VFIO_DEVICE_RESET', { clause: 'DEV-INFO-FLAGS', oracleJudges: true });
  },
});

const EXPECTED_IN_ERROR = 'a driver that reports the error state offers VFIO_DEVICE_RESET';

/** A user tries it all the same where nothing else is left: in ERROR. Elsewhere the case ends here. */
function withoutFlag(context: StepContext): void {
  const state = context.session.migration?.readState();
  if (state?.ok === true && VFIO_DEVICE_STATE_IS_ERROR(state.value)) return;
  context.skip('not-applicable', 'reset', 'the device has no VFIO_DEVICE_FLAGS_RESET');
}

export function resetPatiently(context: {
  readonly session: Pick<StepContext['session'], 'device'>;
  readonly host: StepContext['host'];
}): Outcome {
  const { device } = context.session;
  const deadline = context.host.now() + PATIENCE_MS;
  for (;;) {
    const outcome = device.reset();
    const again = !outcome.ok && outcome.errno === ERRNO.EAGAIN && context.host.now() < deadline;
    if (!again) return outcome;
    context.host.sleep(PAUSE_MS);
  }
}
