/** mark: puts a value into the device where its fingerprint shows it, so that a source and a destination can be told apart. */
import { Type } from '@sinclair/typebox';
import { Number64 } from '../language/scalars';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

export const verb = defineVerb({
  name: 'mark',
  summary: 'Puts a value into the device, by its profile, where its fingerprint shows it.',
  arguments: Type.Object({ value: Number64({ maximum: 0xffff_ffffn, description: 'Any value of 32 bits.' }) }),
  main: 'value',
  examples: ['mark: 0x5eed0001'],
  takesExpect: false,
  run(context: StepContext, { value }) {
    const template = context.session.profile?.mark;
    if (!template) context.skip('not-judged', 'mark', 'the device profile has no `mark:`; give one with --profile');
    context.run(template.instantiate({ value }));
  },
});
