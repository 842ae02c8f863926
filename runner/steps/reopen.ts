/** reopen: closes the device in whatever state it is and opens it anew (TRANS-RUN-STOP-OPT, STATE-DEFAULT). */
import { Type } from '@sinclair/typebox';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

export const verb = defineVerb({
  name: 'reopen',
  summary:
    'Closes the device, in whatever state it is, and opens it again. Its container, and what is mapped there, stay.',
  arguments: Type.Object({}, { 'x-state': 'running' }),
  examples: ['- transition: stop\n- reopen: {}\n- state: running'],
  takesExpect: false,
  run(context: StepContext) {
    context.session.restoring = undefined;
    context.session.reopen();
  },
});
