/** state: reads device_state and expects one of the states named. */
import { Type } from '@sinclair/typebox';
import { VFIO_DEVICE_STATE_MASK } from '../abi';
import { stateValue } from '../language/names';
import { Choice, Many, StateName } from '../language/scalars';
import { requireMigration } from './device-session';
import { sayState } from './state-check';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

export const verb = defineVerb({
  name: 'state',
  summary: 'Reads device_state and expects it to be one of the states named, under the mask.',
  arguments: Type.Object({
    is: Many(StateName({ 'x-role': 'expects-state' }), { description: 'The state, or the states, that it may be in.' }),
    or: Choice(['fail', 'skip'], {
      default: 'fail',
      description: '`skip`: in any other state the case ends here, with nothing said against the device.',
    }),
  }),
  main: 'is',
  examples: ['state: running', 'state: [running, error]'],
  takesExpect: false,
  run(context: StepContext, { is, or }) {
    const state = requireMigration(context).readState();
    if (!state.ok)
      context.fail({ clause: 'MIG-LAYOUT', expected: 'device_state can be read', observed: state.message });
    const fits = is.some((name) => stateValue(name) === (state.value & VFIO_DEVICE_STATE_MASK));
    if (!fits && or === 'skip')
      context.skip('not-applicable', 'state', `device_state is ${sayState(state.value)}, not ${is.join(' or ')}`);
    if (!fits) context.fail({ expected: `device_state is ${is.join(' or ')}`, observed: sayState(state.value) });
  },
});
