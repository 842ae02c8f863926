/** use: the steps of another file, with this file's values. The language has read them in already. */
import { Type } from '@sinclair/typebox';
import { SharedFile, SharedValues } from '../language/scalars';
import type { Step } from '../language/scenario';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

export const verb = defineVerb({
  name: 'use',
  summary: 'Runs the steps of a file of shared steps, with values for its parameters.',
  arguments: Type.Object({
    file: SharedFile({
      description: 'The file, as seen from this one, or from the folder scenarios of the package.',
    }),
    with: Type.Optional(
      SharedValues({ description: 'A value for each parameter of the file that has no default: {as: early}.' }),
    ),
  }),
  main: 'file',
  examples: [
    '- use: shared/save-and-restore.yaml',
    '- use: {file: shared/save-and-restore.yaml, with: {pieces: natural, stream: whole}}',
  ],
  takesExpect: false,
  run(context: StepContext) {
    context.run(context.step.args.steps as readonly Step[]);
  },
});
