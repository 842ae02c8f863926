/** on: runs steps on another device of the case. */
import { Type } from '@sinclair/typebox';
import { Choice, Steps } from '../language/scalars';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

export const verb = defineVerb({
  name: 'on',
  summary: 'Runs steps on another device: the destination, or a second device in the same container.',
  arguments: Type.Object({
    device: Choice(['source', 'destination', 'second'], { description: 'Which device.', 'x-role': 'side' }),
    steps: Steps({ description: 'What to do there.' }),
  }),
  main: 'device',
  examples: ['on: destination\nsteps:\n  - transition: resuming'],
  takesExpect: false,
  run(context: StepContext, { device, steps }) {
    context.run(steps, device);
  },
});
