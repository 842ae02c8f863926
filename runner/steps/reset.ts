/** reset: VFIO_DEVICE_RESET (header diff, lines 73-74). */
import { Type } from '@sinclair/typebox';
import { ERRNO, VFIO_DEVICE_FLAGS_RESET } from '../abi';
import type { Outcome } from '../vfio/outcome';
import { checkOutcome } from './state-check';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

/** A device that is busy for a moment answers EAGAIN: a correct one gives in within this time. */
const PATIENCE_MS = 2000;
const PAUSE_MS = 20;

export const verb = defineVerb({
  name: 'reset',
  summary: 'Resets the device. EAGAIN is tried again for two seconds.',
  arguments: Type.Object({}),
  examples: ['reset: {}', 'reset: {}\nexpect: {errno: [EINVAL, ENOTTY]}'],
  takesExpect: true,
  run(context: StepContext) {
    const info = context.session.device.info();
    const offered = info.ok && (info.value.values.flags & VFIO_DEVICE_FLAGS_RESET) !== 0;
    if (info.ok && !offered && !context.step.expect) {
      context.skip(
        'not-applicable',
        'reset',
        `the device has no VFIO_DEVICE_FLAGS_RESET (flags 0x${info.value.values.flags.toString(16)})`,
      );
    }
    context.session.restoring = undefined;
    checkOutcome(context, resetPatiently(context), 'VFIO_DEVICE_RESET', { clause: 'DEV-INFO-FLAGS' });
  },
});

export function resetPatiently(context: Pick<StepContext, 'session' | 'host'>): Outcome {
  const { device } = context.session;
  const deadline = context.host.now() + PATIENCE_MS;
  for (;;) {
    const outcome = device.reset();
    const again = !outcome.ok && outcome.errno === ERRNO.EAGAIN && context.host.now() < deadline;
    if (!again) return outcome;
    context.host.sleep(PAUSE_MS);
  }
}
