/** state: reads device_state and expects one of the states named. */
import { Type } from '@sinclair/typebox';
import { VFIO_DEVICE_STATE_MASK } from '../abi';
import { stateValue } from '../language/names';
import { Many, StateName } from '../language/scalars';
import { requireMigration } from './device-session';
import { sayState } from './state-check';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

export const verb = defineVerb({
  name: 'state',
  summary: 'Reads device_state and expects it to be one of the states named, under the mask.',
  arguments: Type.Object({
    is: Many(StateName(), { description: 'The state, or the states, that it may be in.' }),
  }),
  main: 'is',
  examples: ['state: running', 'state: [running, error]'],
  takesExpect: false,
  run(context: StepContext, { is }) {
    const state = requireMigration(context).readState();
    if (!state.ok)
      context.fail({ clause: 'MIG-LAYOUT', expected: 'device_state can be read', observed: state.message });
    const fits = is.some((name) => stateValue(name) === (state.value & VFIO_DEVICE_STATE_MASK));
    if (!fits) context.fail({ expected: `device_state is ${is.join(' or ')}`, observed: sayState(state.value) });
  },
});
