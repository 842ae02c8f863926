/** resume: gives saved streams to a device in _RESUMING, in order and in the sizes in which they came (header diff, lines 227-244). */
import { Type } from '@sinclair/typebox';
import { Choice, Count, Duration, Label, Many, Size } from '../language/scalars';
import { requireMigration } from './device-session';
import { type Giving, giveBuffers, isPlainGiving } from './give-stream';
import { Pieces } from './pieces';
import { isWhole, isWrong } from './saved-stream';
import { failRestore } from './second-look';
import { outcomeMatches, sayExpectation } from './state-check';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

export const verb = defineVerb({
  name: 'resume',
  summary: 'Writes saved streams into the migration region of a device in resuming.',
  arguments: Type.Object(
    {
      from: Many(Label({ 'x-role': 'takes-stream' }), { default: 'state', description: 'The streams, in order.' }),
      buffers: Type.Optional(Count({ minimum: 0, description: 'Give only the first so many buffers.' })),
      pieces: Pieces({ default: 'bulk' }),
      via: Choice(['read', 'mmap', 'alternate'], {
        default: 'read',
        description:
          'By write(), through the mappable areas where there are any, or one buffer this way and the next one the other.',
      }),
      overwrite: Type.Boolean({
        default: false,
        description: 'Overwrite the section as soon as the write of data_size has returned.',
      }),
      pause: Type.Optional(Duration({ description: 'Wait this long after each write of data_size.' })),
      claim: Type.Optional(
        Size({ description: 'For the last of these buffers: another data_size than the bytes that were written.' }),
      ),
      beyond: Type.Optional(
        Size({
          description: 'For the last of these buffers: a data_size so much larger than what the region has room for.',
        }),
      ),
    },
    { 'x-in': ['resuming'] },
  ),
  main: 'from',
  examples: [
    '- on: destination\n  steps:\n    - transition: stop-and-copy\n    - save: state\n- transition: resuming\n- resume: state\n- transition: running',
    '- on: destination\n  steps:\n    - transition: pre-copy\n    - save: {buffers: 2, as: early}\n    - transition: stop-and-copy\n    - save: {as: rest}\n- transition: resuming\n- resume: {from: [early, rest], pieces: natural}\n- transition: running',
  ],
  takesExpect: true,
  run(context: StepContext, args) {
    const migration = requireMigration(context);
    const streams = args.from.map(
      (label) =>
        context.memory.streams.get(label) ?? context.giveUp(`resume: there is no stream "${label}"; save it first`),
    );
    const all = streams.flatMap((stream) => stream.buffers);
    const given = args.buffers === undefined ? all : all.slice(0, args.buffers);
    const giving: Giving = args;
    const whole = isWhole(streams) && given.length === all.length;
    const { session } = context;
    session.restoring = { streams, whole, plain: isPlainGiving(giving) };
    const complete = context.memory.plainlyRestored.has(session.side) ? 'whole' : 'in-question';
    context.declareGiven(isWrong(streams) ? 'wrong' : whole ? complete : 'partial');
    const started = context.host.now();
    const failure = giveBuffers(context, migration, given, giving);
    if (failure) {
      // The user leaves the loop, and looks at the state.
      migration.readState();
      session.restoring.refused = failure.message;
      if (context.step.expect && outcomeMatches(failure, context.step.expect)) return;
      if (failure.tooLarge)
        context.giveUp(`resume: ${failure.message}; the stream is not from a device of the same kind`);
      failRestore(context, {
        clause: failure.kind === 'outside' || failure.kind === 'limit' ? 'RES-OFFSET' : 'RES-APPLY',
        expected: `buffer ${failure.at + 1} of ${given.length} (${given[failure.at]?.length ?? 0} bytes) is taken`,
        observed: failure.message,
      });
    }
    context.judge.figure(
      'resume bytes',
      given.reduce((sum, buffer) => sum + buffer.length, 0),
    );
    context.judge.figure('resume ms', context.host.now() - started);
    if (!outcomeMatches({ ok: true, value: undefined }, context.step.expect)) {
      context.fail({
        clause: args.claim === undefined && args.beyond === undefined ? 'RES-BAD-DATA' : 'RES-OVERSIZE',
        expected: `the resuming loop ends with ${sayExpectation(context.step.expect)}`,
        observed: 'every buffer was taken',
      });
    }
  },
});
