/** BufferReader: step d of the saving loop, one way or another, and what two readings of one buffer say of each other. */
import type { Via } from '../vfio/data-transfer';
import type { MigrationRegion } from '../vfio/migration-region';
import type { Failure } from '../vfio/outcome';
import { type PiecesWord, piecesOfBuffer, readInPieces } from './pieces';
import type { StepContext } from './step-context';

/** `again` waits this often in one save. */
const MOST_SECOND_LOOKS = 32;
/** What came late is there by now, ms. */
const SETTLED_MS = 30;

/** The buffer on offer. */
export interface Offer {
  readonly offset: bigint;
  readonly size: bigint;
}

export interface ReadingArguments {
  readonly pieces: PiecesWord;
  readonly via: Via | 'both';
  readonly compare?: PiecesWord;
  readonly again?: number;
}

export class BufferReader {
  /** Used again for every buffer: fresh memory would cost as much as reading it. */
  private readonly memories: Uint8Array[] = [];
  private looks = 0;
  private count = 0;
  /** Bytes of the buffers before this one. */
  private before = 0;

  constructor(
    private readonly context: StepContext,
    private readonly migration: MigrationRegion,
    private readonly args: ReadingArguments,
    /** Called for an error; throws unless the step expects one. */
    private readonly ended: (what: string, failure: Failure, clause?: string) => 'ended',
  ) {}

  /** The bytes of a buffer, looked at as often as the step says; good until the next buffer is read. */
  read(offer: Offer): Uint8Array | 'ended' {
    const bytes = this.fetchAndCompare(offer);
    if (bytes === 'ended') return bytes;
    const { again } = this.args;
    if (again !== undefined && offer.size > 0n && this.looks < MOST_SECOND_LOOKS) this.lookAgain(offer, bytes, again);
    return bytes;
  }

  /** Step d; with something to compare each buffer is read twice, the plainer way first but for every third one. */
  private fetchAndCompare(offer: Offer): Uint8Array | 'ended' {
    const { compare } = this.args;
    const pieces = piecesOfBuffer(this.args.pieces, this.before);
    this.before += Number(offer.size);
    this.count += 1;
    const both = this.args.via === 'both' && this.isMappable(offer);
    const via = this.args.via === 'both' ? 'read' : this.args.via;
    const plain = (memory = 0) => this.fetch(offer, pieces, via, memory);
    const other = both
      ? (memory = 1) => this.fetch(offer, pieces, 'mmap', memory)
      : compare === undefined
        ? undefined
        : (memory = 1) => this.fetch(offer, compare, via, memory);
    if (other === undefined) return plain();
    const plainFirst = this.count % 3 === 0;
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
  private lookWhenSettled(one: Look, other: Look): void {
    const context: StepContext = this.context;
    context.host.sleep(SETTLED_MS);
    const [now, again] = [one(2), other(3)];
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
    const second = this.fetch(offer, args.pieces, args.via === 'both' ? 'read' : args.via, 1);
    if (second !== 'ended') this.compare('SAVE-OFFSET-READY', first, second, 'at once', `${after} ms later`);
  }

  private memory(which: number, bytes: number): Uint8Array {
    let memory = this.memories[which];
    if (!memory || memory.length < bytes) {
      memory = new Uint8Array(bytes);
      this.memories[which] = memory;
    }
    return memory.subarray(0, bytes);
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

  /** The bytes of one buffer, good until the same of the reader's memories is used again. */
  fetch({ offset, size }: Offer, pieces: PiecesWord, via: Via, memory = 0): Uint8Array | 'ended' {
    const read = readInPieces(this.migration, offset, size, { pieces, via }, (bytes) => this.memory(memory, bytes));
    if (read.ok) return read.value;
    const clause = read.kind === 'outside' ? 'MIG-DATA-NONZERO' : 'SAVE-READ';
    return this.ended(`the ${size} bytes at 0x${offset.toString(16)}`, read, clause);
  }
}

/** Reads a buffer into one of the reader's memories. */
type Look = (memory?: number) => Uint8Array | 'ended';

function hex(byte: number | undefined): string {
  return (byte ?? 0).toString(16).padStart(2, '0');
}
