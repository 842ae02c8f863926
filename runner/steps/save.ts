/** save: the loop of steps a to f in pre-copy or stop-and-copy (header diff, lines 199-225), into a named stream. */
import { Type } from '@sinclair/typebox';
import { Choice, Count, Duration, Label } from '../language/scalars';
import { requireMigration } from './device-session';
import { Pieces } from './pieces';
import { SaveLoop } from './save-loop';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

export const verb = defineVerb({
  name: 'save',
  summary: 'Reads migration data until pending_bytes is 0, or so many buffers, into a stream.',
  arguments: Type.Object(
    {
      as: Label({ default: 'state', description: 'The name of the stream.', 'x-role': 'gives-stream' }),
      until: Choice(['drained', 'stopped'], {
        default: 'drained',
        description: '`drained`: until pending_bytes is 0; `stopped`: until `buffers` were read, whatever is left.',
      }),
      buffers: Type.Optional(
        Count({ minimum: 0, description: 'Read at most so many buffers, fewer if there are no more.' }),
      ),
      leave: Type.Optional(
        Choice(['after-pending', 'after-offset', 'after-size', 'mid-data', 'after-data'], {
          description:
            'With `buffers`: where in the iteration after them the loop is left; `after-data` keeps that buffer too.',
        }),
      ),
      pieces: Pieces({ default: 'bulk' }),
      via: Choice(['read', 'mmap', 'both'], {
        default: 'read',
        description:
          'By read(), or through the mappable areas where there are any; `both`: each buffer both ways, and compared.',
      }),
      compare: Type.Optional(
        Pieces({
          description: 'Read each buffer in these pieces as well, and compare.',
        }),
      ),
      poll: Count({
        default: 1,
        minimum: 1,
        maximum: 64,
        description: 'How often pending_bytes is read at the start and at the end of each iteration.',
      }),
      reread: Count({
        default: 1,
        minimum: 1,
        maximum: 64,
        description: 'How often data_offset and data_size are read in each iteration.',
      }),
      order: Choice(['pairs', 'each', 'size'], {
        default: 'pairs',
        description:
          'With `reread`: data_offset and data_size in turn; data_offset so often, then data_size so often; or data_size alone again.',
      }),
      again: Type.Optional(
        Duration({ description: 'Read the first buffers a second time after this long, and compare.' }),
      ),
      pause: Type.Optional(Duration({ description: 'Wait this long between the data and the read of pending_bytes.' })),
    },
    { 'x-in': ['pre-copy', 'stop-and-copy'], 'x-with': { leave: ['buffers'] } },
  ),
  main: 'as',
  examples: [
    '- transition: stop-and-copy\n- save: {}',
    '- transition: pre-copy\n- save: {buffers: 2, as: early}\n- transition: stop-and-copy\n- save: {as: rest, pieces: natural}\n- transition: stop\n- on: destination\n  steps:\n    - transition: resuming\n    - resume: {from: [early, rest]}',
  ],
  takesExpect: true,
  run(context: StepContext, args) {
    if (args.until === 'stopped' && args.buffers === undefined)
      context.giveUp('save: `until: stopped` takes `buffers`: after how many of them');
    new SaveLoop(context, requireMigration(context), args).run();
  },
});
