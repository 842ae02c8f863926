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
      Label({
        description: 'Taking it is fine where the device has this fingerprint then: nothing was missing.',
        'x-role': 'takes-fingerprint',
      }),
    ),
    report: Type.Boolean({ default: false, description: 'Only say what became of it; nothing is expected.' }),
  }),
  main: 'unless',
  examples: [
    '- on: destination\n  steps:\n    - transition: stop-and-copy\n    - save: state\n- tamper: {stream: state, as: torn, how: truncate}\n- transition: resuming\n- resume: torn\n  provoke: RES-ORDER\n  expect: either\n- transition: running\n  expect: either\n- refused: {}\n- reset: {}',
  ],
  takesExpect: false,
  run(context: StepContext, { unless, report }) {
    const { session, judge, step } = context;
    const given = session.restoring ?? context.giveUp('refused: nothing was given since the device was reset');
    const clause = step.judge ?? 'RES-BAD-DATA';
    const outcome = whatBecame(context, given.refused, unless);
    if (report) judge.reported(clause, outcome.observed);
    else if (outcome.good) {
      judge.kept(clause);
      judge.note(outcome.observed);
    } else
      context.fail({
        clause,
        expected: 'an error at a data_size write or at the transition to running',
        observed: outcome.observed,
      });
  },
});

function whatBecame(
  context: StepContext,
  refused: string | undefined,
  unless: string | undefined,
): { good: boolean; observed: string } {
  if (refused !== undefined) return { good: true, observed: `refused: ${refused}` };
  if (unless === undefined) return { good: false, observed: 'all of it was taken' };
  const wanted =
    context.memory.fingerprints.get(unless) ?? context.giveUp(`refused: nothing is remembered as "${unless}"`);
  const difference = firstDifference(wanted, captureFingerprint(context));
  if (!difference) return { good: true, observed: 'taken, and nothing is missing' };
  const { what, before, now } = difference;
  return { good: false, observed: `all of it was taken, and ${what} is ${now} in place of ${before}` };
}
