/** save: the loop of steps a to f in pre-copy or stop-and-copy (header diff, lines 199-225), into a named stream. */
import { Type } from '@sinclair/typebox';
import { VFIO_DEVICE_STATE_MASK } from '../abi';
import { Choice, Count, Duration, Label } from '../language/scalars';
import type { MigrationRegion } from '../vfio/migration-region';
import { requireMigration } from './device-session';
import { Pieces, toPieces } from './pieces';
import { outcomeMatches, sayExpectation, sayState } from './state-check';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

const STOP_AND_COPY = 0b010;
/** Iterations without a byte after which a device that still promises some is going nowhere. */
const MAX_EMPTY_ITERATIONS = 64;
/** A stopped device that delivers this many times what it promised, and this much more, is not draining. */
const DRAIN_FACTOR = 16n;
const DRAIN_SLACK = 1n << 20n;

export const verb = defineVerb({
  name: 'save',
  summary: 'Reads migration data until pending_bytes is 0, or so many buffers, into a stream.',
  arguments: Type.Object({
    as: Label({ default: 'state', description: 'The name of the stream.' }),
    until: Choice(['drained', 'stopped'], {
      default: 'drained',
      description: '`drained`: until pending_bytes is 0; `stopped`: until `buffers` were read, whatever is left.',
    }),
    buffers: Type.Optional(Count({ minimum: 0, description: 'Read at most so many buffers.' })),
    pieces: Pieces({ default: 'bulk' }),
    via: Choice(['read', 'mmap'], {
      default: 'read',
      description: 'By read(), or through the mappable areas where there are any.',
    }),
    poll: Count({
      default: 1,
      minimum: 1,
      maximum: 64,
      description: 'How often pending_bytes is read at the start of each iteration.',
    }),
    reread: Count({
      default: 1,
      minimum: 1,
      maximum: 64,
      description: 'How often data_offset and data_size are read in each iteration.',
    }),
    again: Type.Optional(Duration({ description: 'Read each buffer a second time after this long, and compare.' })),
    pause: Type.Optional(Duration({ description: 'Wait this long between two iterations.' })),
  }),
  main: 'as',
  examples: ['save: {as: state}', 'save: {buffers: 2, as: early}', 'save: {pieces: natural, as: state}'],
  takesExpect: true,
  run(context: StepContext, args) {
    const loop = new SaveLoop(context, requireMigration(context), args);
    loop.run();
  },
});

interface SaveArguments {
  readonly as: string;
  readonly buffers?: number;
  readonly pieces: Parameters<typeof toPieces>[0];
  readonly via: 'read' | 'mmap';
  readonly poll: number;
  readonly reread: number;
  readonly again?: number;
  readonly pause?: number;
}

class SaveLoop {
  private readonly buffers: Uint8Array[] = [];
  private bytes = 0n;
  private empty = 0;
  private largest = 0;
  private readonly stopped: boolean;
  private readonly started: number;
  private promised: bigint | undefined;

  constructor(
    private readonly context: StepContext,
    private readonly migration: MigrationRegion,
    private readonly args: SaveArguments,
  ) {
    const state = migration.readState();
    if (!state.ok)
      context.fail({ clause: 'MIG-LAYOUT', expected: 'device_state can be read', observed: state.message });
    const bits = state.value & VFIO_DEVICE_STATE_MASK;
    if (bits !== STOP_AND_COPY && bits !== 0b011)
      context.giveUp(
        `save: the device is in ${sayState(state.value)}; there is data in pre-copy and stop-and-copy only`,
      );
    this.stopped = bits === STOP_AND_COPY;
    this.started = context.host.now();
  }

  run(): void {
    const { context, args } = this;
    let drained = false;
    for (;;) {
      const pending = this.pending();
      if (pending === undefined) return;
      this.promised ??= pending;
      drained = pending === 0n;
      if (drained || this.buffers.length >= (args.buffers ?? Number.POSITIVE_INFINITY)) break;
      this.checkBounds(pending);
      if (!this.iterate()) return;
      if (args.pause !== undefined) context.host.sleep(args.pause);
    }
    if (!outcomeMatches({ ok: true, value: undefined }, context.step.expect)) {
      context.fail({
        clause: 'SAVE-READ',
        expected: `the save loop ends with ${sayExpectation(context.step.expect)}`,
        observed: 'it came to its end',
      });
    }
    this.keep(drained && this.stopped);
  }

  private keep(drained: boolean): void {
    const { context, args } = this;
    const { session } = context;
    const origin = { session: session.savingSession, segment: session.savedSegments };
    session.savedSegments += 1;
    context.memory.streams.set(args.as, { buffers: this.buffers, origin, drained, tampered: false });
    const phase = this.stopped ? 'stop-and-copy' : 'pre-copy';
    context.judge.figure(`${phase} bytes`, Number(this.bytes));
    context.judge.figure(`${phase} buffers`, this.buffers.length);
    context.judge.figure(`${phase} ms`, context.host.now() - this.started);
  }

  /** Step a (and f of the iteration before); undefined when an error that was expected ended the loop. */
  private pending(): bigint | undefined {
    let pending = 0n;
    for (let n = 0; n < this.args.poll; n += 1) {
      const read = this.migration.readField('pending_bytes');
      if (!read.ok) return this.ended('pending_bytes', read);
      pending = read.value;
    }
    return pending;
  }

  /** Steps b to e; false when an error that was expected ended the loop. */
  private iterate(): boolean {
    const { migration, args, context } = this;
    let offset = 0n;
    let size = 0n;
    for (let n = 0; n < args.reread; n += 1) {
      const dataOffset = migration.readField('data_offset');
      if (!dataOffset.ok) return this.ended('data_offset', dataOffset) !== undefined;
      const dataSize = migration.readField('data_size');
      if (!dataSize.ok) return this.ended('data_size', dataSize) !== undefined;
      if (n === 0) {
        offset = dataOffset.value;
        size = dataSize.value;
      }
    }
    const read = migration.readData(offset, size, { via: args.via, pieces: toPieces(args.pieces) });
    if (!read.ok) {
      const clause = read.kind === 'outside' || read.kind === 'limit' ? 'MIG-DATA-NONZERO' : 'SAVE-READ';
      return this.ended(`the ${size} bytes at 0x${offset.toString(16)}`, read, clause) !== undefined;
    }
    if (args.again !== undefined && size > 0n) this.readAgain(offset, read.value.bytes, args.again);
    this.empty = size === 0n ? this.empty + 1 : 0;
    this.bytes += size;
    this.buffers.push(read.value.bytes);
    this.largest = Math.max(this.largest, read.value.bytes.length);
    context.judge.figure('largest buffer', this.largest);
    return true;
  }

  private readAgain(offset: bigint, first: Uint8Array, after: number): void {
    const { migration, args } = this;
    const context: StepContext = this.context;
    context.host.sleep(after);
    const second = migration.readData(offset, BigInt(first.length), { via: args.via, pieces: toPieces(args.pieces) });
    if (!second.ok)
      context.fail({
        clause: 'SAVE-OFFSET-READY',
        expected: 'the same buffer can be read again',
        observed: second.message,
      });
    const at = first.findIndex((byte, n) => byte !== second.value.bytes[n]);
    const same = context.judge.check('SAVE-OFFSET-READY', at < 0, () => ({
      expected: 'an immediate read of the section gives the same bytes as a later one',
      observed: `byte ${at} of ${first.length} was 0x${first[at]?.toString(16)}, ${after} ms later it is 0x${second.value.bytes[at]?.toString(16)}`,
    }));
    if (!same) context.fail({ clause: 'SAVE-OFFSET-READY', expected: 'the same bytes', observed: 'other bytes' });
  }

  private ended(
    what: string,
    failure: Parameters<typeof outcomeMatches>[0] & { ok: false },
    clause = 'SAVE-READ',
  ): undefined {
    const { context } = this;
    // The user leaves the loop, and looks at the state.
    this.migration.readState();
    if (outcomeMatches(failure, context.step.expect) && context.step.expect) return undefined;
    context.fail({ clause, expected: `${what} can be read in the saving loop`, observed: failure.message });
  }

  private checkBounds(pending: bigint): void {
    const { context } = this;
    const { limits } = context.session.device;
    const fail = (observed: string): never =>
      context.fail({
        clause: this.stopped ? 'SAVE-DRAIN' : 'SAVE-ACK',
        expected: 'pending_bytes reaches 0 in a bounded number of iterations',
        observed: `${observed}; pending_bytes is ${pending}`,
      });
    if (this.empty >= MAX_EMPTY_ITERATIONS) fail(`${this.empty} iterations in a row gave no data`);
    if (this.buffers.length >= limits.maxBuffers) fail(`${this.buffers.length} buffers, the limit of this run`);
    if (this.bytes > limits.maxStateBytes) fail(`${this.bytes} bytes, above the limit of this run`);
    const promised = this.promised ?? 0n;
    if (this.stopped && this.bytes > promised * DRAIN_FACTOR + DRAIN_SLACK)
      fail(`${this.bytes} bytes were delivered where ${promised} were promised`);
  }
}
