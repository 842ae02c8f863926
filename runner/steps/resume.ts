/** resume: gives saved streams to a device in _RESUMING, in order and in the sizes in which they came (header diff, lines 227-244). */
import { Type } from '@sinclair/typebox';
import { Choice, Count, Label, Many } from '../language/scalars';
import type { MigrationRegion } from '../vfio/migration-region';
import type { Failure } from '../vfio/outcome';
import { requireMigration } from './device-session';
import { Pieces, toPieces } from './pieces';
import { isWhole, isWrong } from './saved-stream';
import { outcomeMatches, sayExpectation } from './state-check';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

const GARBAGE = 0xee;

export const verb = defineVerb({
  name: 'resume',
  summary: 'Writes saved streams into the migration region of a device in resuming.',
  arguments: Type.Object({
    from: Many(Label(), { default: 'state', description: 'The streams, in order.' }),
    buffers: Type.Optional(Count({ minimum: 0, description: 'Give only the first so many buffers.' })),
    pieces: Pieces({ default: 'bulk' }),
    via: Choice(['read', 'mmap'], {
      default: 'read',
      description: 'By write(), or through the mappable areas where there are any.',
    }),
    overwrite: Type.Boolean({
      default: false,
      description: 'Overwrite the section as soon as the write of data_size has returned.',
    }),
  }),
  main: 'from',
  examples: ['resume: {from: state}', 'resume: {from: [early, rest], pieces: natural}'],
  takesExpect: true,
  run(context: StepContext, args) {
    const migration = requireMigration(context);
    const streams = args.from.map(
      (label) =>
        context.memory.streams.get(label) ?? context.giveUp(`resume: there is no stream "${label}"; save it first`),
    );
    const all = streams.flatMap((stream) => stream.buffers);
    const given = args.buffers === undefined ? all : all.slice(0, args.buffers);
    const complete = given.length === all.length;
    context.declareGiven(isWrong(streams) ? 'wrong' : isWhole(streams) && complete ? 'whole' : 'partial');
    const started = context.host.now();
    for (const [n, buffer] of given.entries()) {
      const failure = giveBuffer(migration, buffer, args);
      if (!failure) continue;
      // The user leaves the loop, and looks at the state.
      migration.readState();
      if (context.step.expect && outcomeMatches(failure, context.step.expect)) return;
      const clause = failure.kind === 'outside' || failure.kind === 'limit' ? 'RES-OFFSET' : 'RES-APPLY';
      context.fail({
        clause,
        expected: `buffer ${n + 1} of ${given.length} (${buffer.length} bytes) is taken`,
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
        clause: 'RES-BAD-DATA',
        expected: `the resuming loop ends with ${sayExpectation(context.step.expect)}`,
        observed: 'every buffer was taken',
      });
    }
  },
});

interface GiveOptions {
  readonly pieces: Parameters<typeof toPieces>[0];
  readonly via: 'read' | 'mmap';
  readonly overwrite: boolean;
}

/** Steps a to c for one buffer; the failure, if any. A buffer larger than the section goes in parts: its own size is then not kept. */
function giveBuffer(migration: MigrationRegion, buffer: Uint8Array, options: GiveOptions): Failure | undefined {
  const offset = migration.readField('data_offset');
  if (!offset.ok) return offset;
  const transfer = { via: options.via, pieces: toPieces(options.pieces) };
  const written = migration.writeData(offset.value, buffer, transfer);
  if (!written.ok) return written;
  const told = migration.writeField('data_size', BigInt(buffer.length));
  if (!told.ok) return told;
  if (!options.overwrite) return undefined;
  const over = migration.writeData(offset.value, new Uint8Array(buffer.length).fill(GARBAGE), transfer);
  return over.ok ? undefined : over;
}
