/** mark: puts a value into the device where its fingerprint shows it, so that two states can be told apart. */
import { Type } from '@sinclair/typebox';
import { Label, Number64 } from '../language/scalars';
import { nestedStep } from './nested-step';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

/** Where the number of the last mark of a case is kept; no label can be written like this. */
const COUNTER = ' marks';
const FIRST = 0x5eed0001;
/** Apart by more than their last byte: a driver that loses half of a word is not to be lucky. */
const APART = 0x01000193;

export const verb = defineVerb({
  name: 'mark',
  summary:
    'Puts a value into the device, by its profile, where its fingerprint shows it, and remembers the fingerprint if wanted.',
  arguments: Type.Object({
    value: Type.Optional(
      Number64({
        maximum: 0xffff_ffffn,
        description: 'Any value of 32 bits; default: one that this case has not used.',
      }),
    ),
    as: Type.Optional(
      Label({
        description: 'Remember the fingerprint that the device then has under this name.',
        'x-role': 'gives-fingerprint',
      }),
    ),
  }),
  main: 'value',
  examples: ['mark: 0x5eed0001', '- mark: {as: before}\n- fingerprint: {equals: before}'],
  takesExpect: false,
  run(context: StepContext, { value, as }) {
    const template = context.session.profile?.mark;
    if (!template) context.skip('not-judged', 'mark', 'the device profile has no `mark:`; give one with --profile');
    context.run(template.instantiate({ value: value ?? freshMark(context) }));
    if (as === undefined) return;
    context.run([nestedStep(context, 'fingerprint', { as })]);
  },
});

/** A value that no other mark of this case has; the same one whenever the case is run again. */
function freshMark(context: StepContext): bigint {
  const { values } = context.memory;
  const count = Number(values.get(COUNTER) ?? '0');
  values.set(COUNTER, String(count + 1));
  return BigInt((FIRST + Math.imul(count, APART)) >>> 0);
}
