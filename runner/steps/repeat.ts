/** repeat: runs steps several times. */
import { Type } from '@sinclair/typebox';
import { Count, Steps } from '../language/scalars';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

export const verb = defineVerb({
  name: 'repeat',
  summary: 'Runs steps several times, one round after the other.',
  arguments: Type.Object({
    times: Count({ minimum: 1, maximum: 10_000, description: 'How often.', 'x-role': 'rounds' }),
    steps: Steps({ description: 'What to do each time.' }),
  }),
  main: 'times',
  examples: ['repeat: 3\nsteps:\n  - transition: stop\n  - transition: running'],
  takesExpect: false,
  run(context: StepContext, { times, steps }) {
    for (let round = 0; round < times; round += 1) context.run(steps);
  },
});
