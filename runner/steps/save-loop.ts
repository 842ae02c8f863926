/** SaveLoop: the user's side of steps a to f (header diff, lines 199-225), with the liberties that a `save` step takes on purpose. */
import { DEVICE_STATE_BITS, VFIO_DEVICE_STATE_MASK } from '../abi';
import type { Via } from '../vfio/data-transfer';
import type { MigrationRegion } from '../vfio/migration-region';
import type { Failure } from '../vfio/outcome';
import { type PiecesWord, readInPieces } from './pieces';
import { SaveBounds } from './save-bounds';
import type { SaveIteration } from './saved-stream';
import { outcomeMatches, sayExpectation, sayState } from './state-check';
import type { StepContext } from './step-context';

/** `again` waits this often in one save. */
const MOST_SECOND_LOOKS = 32;
/** What came late is there by now, ms. */
const SETTLED_MS = 30;

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

/** The buffer on offer. */
interface Offer {
  readonly offset: bigint;
  readonly size: bigint;
}

/** Why the loop went no further: the user left it, or an error that the step expects ended it. */
type Stopped = 'left' | 'ended';

export class SaveLoop {
  private readonly buffers: Uint8Array[] = [];
  private readonly iterations: SaveIteration[] = [];
  private readonly bounds: SaveBounds;
  private readonly stopped: boolean;
  private readonly started: number;
  private looks = 0;

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
      const half = this.fetch({ ...offer, size: offer.size / 2n }, args.pieces, 'read');
      return half === 'ended' ? half : 'left';
    }
    const bytes = this.fetchAndCompare(offer);
    if (bytes === 'ended') return bytes;
    if (args.again !== undefined && offer.size > 0n && this.looks < MOST_SECOND_LOOKS)
      this.lookAgain(offer, bytes, args.again);
    this.iterations.push({ pending, after: undefined, size: offer.size });
    this.bounds.delivered(offer.size);
    // Nothing was there: it is no transaction.
    if (bytes.length > 0) this.buffers.push(bytes);
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

  /** Step d; with something to compare each buffer is read twice, the plainer way first but for every third one. */
  private fetchAndCompare(offer: Offer): Uint8Array | 'ended' {
    const { pieces, compare } = this.args;
    const both = this.args.via === 'both' && this.isMappable(offer);
    const via = this.args.via === 'both' ? 'read' : this.args.via;
    const plain = () => this.fetch(offer, pieces, via);
    const other = both
      ? () => this.fetch(offer, pieces, 'mmap')
      : compare === undefined
        ? undefined
        : () => this.fetch(offer, compare, via);
    if (other === undefined) return plain();
    const plainFirst = this.iterations.length % 3 === 2;
    const first = plainFirst ? plain() : other();
    if (first === 'ended') return first;
    const second = plainFirst ? other() : plain();
    if (second === 'ended') return second;
    const [mine, others] = plainFirst ? [first, second] : [second, first];
    if (Buffer.compare(mine, others) !== 0) this.lookWhenSettled(plain, other);
    if (both) this.compare('MIG-MMAP-OPTIONAL', mine, others, 'by read()', 'through the mapping');
    else this.compare('SAVE-READ-PIECES', mine, others, `in ${pieces} pieces`, `in ${compare} pieces`);
    return mine;
  }

  /** Two reads of one buffer differ: if they no longer do when some time has passed, it was not there in the first place. */
  private lookWhenSettled(one: () => Uint8Array | 'ended', other: () => Uint8Array | 'ended'): void {
    const context: StepContext = this.context;
    context.host.sleep(SETTLED_MS);
    const [now, again] = [one(), other()];
    if (now === 'ended' || again === 'ended' || Buffer.compare(now, again) !== 0) return;
    context.fail({
      clause: 'SAVE-OFFSET-READY',
      foundOut: true,
      expected: 'two reads of one buffer give the same bytes',
      observed: `they do not at first, and ${SETTLED_MS} ms later they do`,
    });
  }

  private lookAgain(offer: Offer, first: Uint8Array, after: number): void {
    const { context, args } = this;
    this.looks += 1;
    context.host.sleep(after);
    const second = this.fetch(offer, args.pieces, args.via === 'both' ? 'read' : args.via);
    if (second !== 'ended') this.compare('SAVE-OFFSET-READY', first, second, 'at once', `${after} ms later`);
  }

  private compare(clause: string, one: Uint8Array, other: Uint8Array, how: string, otherwise: string): void {
    const { context } = this;
    if (Buffer.compare(one, other) === 0) {
      context.judge.kept(context.step.judge ?? clause);
      return;
    }
    const at = one.findIndex((byte, n) => byte !== other[n]);
    context.fail({
      clause,
      expected: `a buffer read ${how} and ${otherwise}, within one iteration, is the same`,
      observed: `byte ${at} of ${one.length} is 0x${hex(one[at])} ${how} and 0x${hex(other[at])} ${otherwise}`,
    });
  }

  /** True when some of the buffer can be mapped. */
  private isMappable({ offset, size }: Offer): boolean {
    return this.migration.region.info.mappableAreas.some(
      (area) => area.offset < offset + size && offset < area.offset + area.size,
    );
  }

  /** The bytes of one buffer. */
  private fetch({ offset, size }: Offer, pieces: PiecesWord, via: Via): Uint8Array | 'ended' {
    const read = readInPieces(this.migration, offset, size, { pieces, via });
    if (read.ok) return read.value;
    const clause = read.kind === 'outside' ? 'MIG-DATA-NONZERO' : 'SAVE-READ';
    return this.ended(`the ${size} bytes at 0x${offset.toString(16)}`, read, clause);
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

function hex(byte: number | undefined): string {
  return (byte ?? 0).toString(16).padStart(2, '0');
}
