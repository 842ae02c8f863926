/** SaveLoop: the user's side of steps a to f (header diff, lines 199-225), with the liberties that a `save` step takes on purpose. */
import { DEVICE_STATE_BITS, VFIO_DEVICE_STATE_MASK } from '../abi';
import type { Via } from '../vfio/data-transfer';
import type { MigrationRegion } from '../vfio/migration-region';
import type { Failure } from '../vfio/outcome';
import { BufferReader, type Offer } from './buffer-reader';
import type { PiecesWord } from './pieces';
import { SaveBounds } from './save-bounds';
import type { SaveIteration } from './saved-stream';
import { outcomeMatches, sayExpectation, sayState } from './state-check';
import type { StepContext } from './step-context';
import type { SavedBuffer } from './stream-spool';

export interface SaveArguments {
  readonly as: string;
  readonly buffers?: number;
  readonly leave?: 'after-pending' | 'after-offset' | 'after-size' | 'mid-data' | 'after-data';
  readonly pieces: PiecesWord;
  readonly via: Via | 'both';
  readonly compare?: PiecesWord;
  readonly poll: number;
  readonly reread: number;
  readonly order: 'pairs' | 'each' | 'size';
  readonly again?: number;
  readonly pause?: number;
}

/** Why the loop went no further: the user left it, or an error that the step expects ended it. */
type Stopped = 'left' | 'ended';

export class SaveLoop {
  private readonly buffers: SavedBuffer[] = [];
  private readonly iterations: SaveIteration[] = [];
  private readonly bounds: SaveBounds;
  private readonly stopped: boolean;
  private readonly started: number;
  private readonly reader: BufferReader;

  constructor(
    private readonly context: StepContext,
    private readonly migration: MigrationRegion,
    private readonly args: SaveArguments,
  ) {
    const state = migration.readState();
    if (!state.ok)
      context.fail({ clause: 'MIG-LAYOUT', expected: 'device_state can be read', observed: state.message });
    const bits = state.value & VFIO_DEVICE_STATE_MASK;
    if (bits !== DEVICE_STATE_BITS['stop-and-copy'] && bits !== DEVICE_STATE_BITS['pre-copy'])
      context.giveUp(
        `save: the device is in ${sayState(state.value)}; there is data in pre-copy and stop-and-copy only`,
      );
    this.stopped = bits === DEVICE_STATE_BITS['stop-and-copy'];
    this.reader = new BufferReader(context, migration, args, (...why) => this.ended(...why));
    this.bounds = new SaveBounds(context, this.stopped);
    this.started = context.host.now();
  }

  run(): void {
    const { context, args } = this;
    let drained = false;
    for (;;) {
      const pending = this.pending();
      if (pending === 'ended') return;
      this.settle(pending);
      drained = pending === 0n;
      const enough = this.buffers.length >= (args.buffers ?? Number.POSITIVE_INFINITY);
      if (drained || this.bounds.exceeded(pending)) break;
      if (enough && (args.leave ?? 'after-pending') === 'after-pending') break;
      const stopped = this.iterate(pending, enough);
      if (stopped === 'ended') return;
      if (stopped === 'left') break;
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

  /** The iteration before has come to its end. */
  private settle(pending: bigint): void {
    const last = this.iterations.at(-1);
    if (!last || last.after !== undefined) return;
    last.after = pending;
    this.bounds.settled(last.pending - pending === last.size);
  }

  private keep(drained: boolean): void {
    const { context, args, buffers, stopped, iterations } = this;
    const { session } = context;
    const origin = {
      side: session.side,
      session: session.savingSession,
      entry: session.savingEntry ?? (stopped ? 'running' : 'pre-copy'),
      segment: session.savedSegments,
    };
    session.savedSegments += 1;
    const plain = this.isPlain();
    const { pieces, via } = args;
    const how = { plain, pieces, via, iterations };
    context.memory.streams.set(args.as, { buffers, origin, drained, stopped, tampered: false, ...how });
    const phase = stopped ? 'stop-and-copy' : 'pre-copy';
    const { judge } = context;
    judge.figure(`${phase} bytes`, Number(this.bounds.bytes));
    judge.figure(`${phase} buffers`, buffers.length);
    judge.figure(`${phase} ms`, context.host.now() - this.started);
    judge.figure(
      'largest buffer',
      buffers.reduce((most, buffer) => Math.max(most, buffer.length), 0),
    );
  }

  private isPlain(): boolean {
    const { pieces, via, poll, reread, compare, again, pause } = this.args;
    const asRead = pieces === 'bulk' && via === 'read' && poll === 1 && reread === 1;
    return asRead && [compare, again, pause].every((argument) => argument === undefined);
  }

  /** Step a, and f of the iteration before. */
  private pending(): bigint | 'ended' {
    let pending = 0n;
    for (let n = 0; n < this.args.poll; n += 1) {
      const read = this.migration.readField('pending_bytes');
      if (!read.ok) return this.ended('pending_bytes', read);
      pending = read.value;
    }
    return pending;
  }

  /** Steps b to e; `leaving`: this is the iteration in which the user leaves. */
  private iterate(pending: bigint, leaving: boolean): Stopped | undefined {
    const { migration, args } = this;
    const leave = leaving ? args.leave : undefined;
    if (leave === 'after-offset') {
      const read = migration.readField('data_offset');
      return read.ok ? 'left' : this.ended('data_offset', read);
    }
    const offer = this.offer();
    if (offer === 'ended') return offer;
    if (leave === 'after-size') return 'left';
    if (leave === 'mid-data') {
      // Half of it: what was read of it is worth nothing.
      const half = this.reader.fetch({ ...offer, size: offer.size / 2n }, args.pieces, 'read');
      return half === 'ended' ? half : 'left';
    }
    const bytes = this.reader.read(offer);
    if (bytes === 'ended') return bytes;
    this.iterations.push({ pending, after: undefined, size: offer.size });
    this.bounds.delivered(offer.size);
    // Nothing was there: it is no transaction.
    if (bytes.length > 0) this.buffers.push(this.context.memory.spool.add(bytes));
    return leave === undefined ? undefined : 'left';
  }

  /** Steps b and c, as often and in the order that the step says; the first answers count. */
  private offer(): Offer | 'ended' {
    const { reread, order } = this.args;
    const values: { data_offset?: bigint; data_size?: bigint } = {};
    for (const field of fieldOrder(reread, order)) {
      const read = this.migration.readField(field);
      if (!read.ok) return this.ended(field, read);
      values[field] ??= read.value;
    }
    return { offset: values.data_offset ?? 0n, size: values.data_size ?? 0n };
  }

  /** An error ends the loop: the user looks at the state, and the step fails unless it expects one. */
  private ended(what: string, failure: Failure, clause = 'SAVE-READ'): 'ended' {
    const context: StepContext = this.context;
    this.migration.readState();
    if (context.step.expect && outcomeMatches(failure, context.step.expect)) return 'ended';
    const oracleJudges = clause !== 'SAVE-READ' || failure.call === 'pread';
    context.fail({
      clause,
      expected: `${what} can be read in the saving loop`,
      observed: failure.message,
      oracleJudges,
    });
  }
}

/** `pairs`: offset, size, offset, size; `each`: offset, offset, size, size; `size`: offset, size, size. */
function fieldOrder(reread: number, order: SaveArguments['order']): readonly ('data_offset' | 'data_size')[] {
  const times = Array.from({ length: reread });
  if (order === 'pairs') return times.flatMap(() => ['data_offset', 'data_size'] as const);
  const sizes = times.map(() => 'data_size' as const);
  return order === 'each' ? [...times.map(() => 'data_offset' as const), ...sizes] : ['data_offset', ...sizes];
}
