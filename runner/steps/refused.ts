/** refused: a stream that is no good was answered with an error, or did no harm (RES-BAD-DATA). */
import { Type } from '@sinclair/typebox';
import { Label } from '../language/scalars';
import { captureFingerprint, firstDifference } from './captured-fingerprint';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

export const verb = defineVerb({
  name: 'refused',
  summary:
    'Expects that what was given last was refused by an error: at a data_size write, at the transition to running, or by the error state.',
  arguments: Type.Object({
    unless: Type.Optional(
      Label({ description: 'Taking it is fine where the device has this fingerprint then: nothing was missing.' }),
    ),
  }),
  main: 'unless',
  examples: ['refused: {}', 'refused: {unless: wanted}'],
  takesExpect: false,
  run(context: StepContext, { unless }) {
    const { session, memory, judge, step } = context;
    const given = session.restoring ?? context.giveUp('refused: nothing was given since the device was reset');
    const clause = step.judge ?? 'RES-BAD-DATA';
    if (given.refused !== undefined) {
      judge.kept(clause);
      judge.note(`refused: ${given.refused}`);
      return;
    }
    const wanted =
      unless === undefined
        ? undefined
        : (memory.fingerprints.get(unless) ?? context.giveUp(`refused: nothing is remembered as "${unless}"`));
    const difference = wanted && firstDifference(wanted, captureFingerprint(context));
    if (wanted && !difference) {
      judge.kept(clause);
      judge.note('not refused, and nothing was missing');
      return;
    }
    context.fail({
      clause,
      expected: 'an error at a data_size write or at the transition to running',
      observed: difference
        ? `all of it was taken, and ${difference.what} is ${difference.now} in place of ${difference.before}`
        : 'all of it was taken',
    });
  },
});
