/** error: brings the device into ERROR, by its profile (header diff, lines 70-74). */
import { Type } from '@sinclair/typebox';
import { VFIO_DEVICE_STATE_IS_ERROR } from '../abi';
import { requireMigration } from './device-session';
import { sayState } from './state-check';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

export const verb = defineVerb({
  name: 'error',
  summary: 'Brings the device into ERROR, by its profile: a transition that fails meanwhile is what was asked for.',
  arguments: Type.Object({}, { 'x-state': 'error' }),
  examples: ['- error: {}\n- reset: {}'],
  takesExpect: false,
  run(context: StepContext) {
    const template = context.session.profile?.error;
    if (!template)
      // Nothing in the interface lets a user force it: that it did not come about is the device's good right.
      context.skip('not-applicable', 'error', 'the device profile has no `error:`, so that ERROR did not come about');
    context.declareFaultAsked(true);
    try {
      context.run(template.instantiate({}));
    } finally {
      context.declareFaultAsked(false);
    }
    const state = requireMigration(context).readState();
    if (!state.ok)
      context.fail({ clause: 'MIG-LAYOUT', expected: 'device_state can be read', observed: state.message });
    if (!VFIO_DEVICE_STATE_IS_ERROR(state.value))
      context.skip(
        'not-judged',
        'error',
        `the profile's \`error:\` left the device in ${sayState(state.value)}, not in ERROR`,
      );
  },
});
