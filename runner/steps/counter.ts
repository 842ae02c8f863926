/** counter: the register that the profile names moves while the device runs (TRANS-RUN-PRE: pre-copy leaves it running). */
import { Type } from '@sinclair/typebox';
import { Choice, Duration } from '../language/scalars';
import { readCounter } from './quiet';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

const SAMPLES = 16;

export const verb = defineVerb({
  name: 'counter',
  summary: 'Expects the counter of the device profile to move, or to stand still.',
  arguments: Type.Object({
    is: Choice(['moving', 'still'], { default: 'moving', description: 'What it must do.' }),
    for: Duration({ default: '200ms', description: 'How long it is watched at most.' }),
  }),
  main: 'is',
  examples: ['counter: moving', '- transition: stop\n- counter: {is: still, for: 50ms}'],
  takesExpect: false,
  run(context: StepContext, args) {
    const first =
      readCounter(context) ??
      context.skip('not-judged', 'counter', 'the device profile has no `counter:`; give one with --profile');
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      context.host.sleep(args.for / SAMPLES);
      const now = readCounter(context);
      if (now === first) continue;
      if (args.is === 'still') context.fail({ expected: `the counter stands at ${first}`, observed: `${now}` });
      return;
    }
    if (args.is === 'moving')
      context.fail({ expected: `the counter moves within ${args.for} ms`, observed: `it stays at ${first}` });
  },
});
