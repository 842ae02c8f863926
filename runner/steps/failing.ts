/** failing: makes one transition fail, by the profile, and the device stay where it was (header diff, lines 64-72). */
import { Type } from '@sinclair/typebox';
import { VFIO_DEVICE_STATE_MASK } from '../abi';
import { stateValue } from '../language/names';
import { StateName } from '../language/scalars';
import { requireMigration } from './device-session';
import { nestedStep } from './nested-step';
import { sayState } from './state-check';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

export const verb = defineVerb({
  name: 'failing',
  summary: 'Asks for a state after the profile has seen to it that this fails; the device then is where it was.',
  arguments: Type.Object({ to: StateName({ description: 'The state to ask for.' }) }),
  main: 'to',
  examples: ['- failing: stop\n- state: running'],
  takesExpect: false,
  run(context: StepContext, { to }) {
    const template = context.session.profile?.failing;
    if (!template)
      context.skip('not-applicable', 'failing', 'the device profile has no `failing:`: nothing made a transition fail');
    const before = readBits(context);
    context.declareFaultAsked(true);
    try {
      context.run(template.instantiate({}));
      const { position } = context.step;
      context.run([{ ...nestedStep(context, 'transition', { to }), expect: { result: 'either', position } }]);
    } finally {
      context.declareFaultAsked(false);
    }
    const now = readBits(context);
    if (now === before) return;
    // An internal error is a driver's good right; then there is nothing to see here.
    const observed = `device_state is ${sayState(now)}`;
    const made = now === (stateValue(to) & VFIO_DEVICE_STATE_MASK);
    context.skip(
      'not-judged',
      'failing',
      `the profile's \`failing:\` ${made ? 'let the transition happen' : 'led elsewhere'}: ${observed}`,
    );
  },
});

function readBits(context: StepContext): number {
  const state = requireMigration(context).readState();
  if (!state.ok) context.fail({ clause: 'MIG-LAYOUT', expected: 'device_state can be read', observed: state.message });
  return state.value & VFIO_DEVICE_STATE_MASK;
}
