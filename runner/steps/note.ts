/** note: a line for the report. */
import { Type } from '@sinclair/typebox';
import { Text } from '../language/scalars';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

export const verb = defineVerb({
  name: 'note',
  summary: 'Writes a line into the report.',
  arguments: Type.Object({ text: Text({ description: 'The line.' }) }),
  main: 'text',
  examples: [
    'note: the device was paused by hand here',
    '- transition: stop\n  note: a note stands beside any other verb, too',
  ],
  takesExpect: false,
  run(context: StepContext, { text }) {
    context.judge.note(text);
  },
});
