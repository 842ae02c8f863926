/** restore: what a user does on the destination of a migration, from _RUNNING to _RUNNING (header diff, lines 152-157 and 227-244). */
import { Type } from '@sinclair/typebox';
import { Label, Many } from '../language/scalars';
import { nestedStep } from './nested-step';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

export const verb = defineVerb({
  name: 'restore',
  summary:
    'Makes the device unlike a fingerprint, resumes it from saved streams, and expects that fingerprint: mark, transition, resume, transition, fingerprint.',
  arguments: Type.Object({
    from: Many(Label(), { default: 'state', description: 'The streams, in order.' }),
    equals: Label({ description: 'The fingerprint that the device must have then.' }),
  }),
  examples: [
    'restore: {from: state, equals: before}\njudge: TRANS-RUN-SC',
    'restore: {from: [early, rest], equals: before}',
  ],
  takesExpect: false,
  run(context: StepContext, { from, equals }) {
    const { judge } = context.step;
    context.run([
      // A device that looks like the saved one already would pass without having taken anything over.
      nestedStep(context, 'mark', {}),
      nestedStep(context, 'fingerprint', { differs: equals }),
      nestedStep(context, 'transition', { to: 'resuming' }, judge),
      nestedStep(context, 'resume', { from }, judge),
      nestedStep(context, 'transition', { to: 'running' }, judge),
      nestedStep(context, 'fingerprint', { equals }, judge),
    ]);
  },
});
