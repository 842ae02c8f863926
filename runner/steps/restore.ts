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
  arguments: Type.Object(
    {
      from: Many(Label({ 'x-role': 'takes-stream' }), { default: 'state', description: 'The streams, in order.' }),
      equals: Label({ description: 'The fingerprint that the device must have then.', 'x-role': 'takes-fingerprint' }),
    },
    { 'x-state': 'running' },
  ),
  examples: [
    '- mark: {as: before}\n- transition: stop-and-copy\n- save: state\n- transition: stop\n- on: destination\n  steps:\n    - restore: {from: state, equals: before}\n      judge: TRANS-RUN-SC',
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
