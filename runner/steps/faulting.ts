/** faulting: makes the next read of the saving loop fail, by the profile (header diff, lines 237-240). */
import { Type } from '@sinclair/typebox';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

export const verb = defineVerb({
  name: 'faulting',
  summary: 'Sees to it, by the profile, that the next read of data_offset in the saving loop fails.',
  arguments: Type.Object({}),
  examples: ['- transition: stop-and-copy\n- faulting: {}\n- save: {}\n  expect: {result: either}'],
  takesExpect: false,
  run(context: StepContext) {
    const template = context.session.profile?.faulting;
    if (!template)
      // Nothing in the interface lets a user force it: that no read failed is the device's good right.
      context.skip('not-applicable', 'faulting', 'the device profile has no `faulting:`: nothing made a read fail');
    context.run(template.instantiate({}));
  },
});
