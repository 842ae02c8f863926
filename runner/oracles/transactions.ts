/**
 * What was saved and what is given again, transaction by transaction, as it crosses the port: a stream is known by the digests of its
 * buffers, so that order, sizes and bytes are all watched (header diff, lines 242-244).
 */
import { createHash, type Hash } from 'node:crypto';
import * as zlib from 'node:zlib';

/** Bytes from the start of a buffer that all count. */
const WHOLE = 4 * 1024;
/** Behind them one block of so many bytes counts, and the next ones up to STRIDE do not. */
const BLOCK = 512;
const STRIDE = 32 * BLOCK;
/** The last bytes count in any case: that is where a buffer is cut short. */
const TAIL = 64;

/**
 * One buffer on its way, in pieces. Its digest tells whether the kit gives what it took, where it took it: nobody means to deceive here,
 * so that a checksum will do, and in a large buffer one block of every 16 KiB, which is what a loop at the speed of C can afford.
 * However it is cut into pieces, the digest is the same.
 */
export class Transaction {
  private checksum = 0;
  private hash: Hash | undefined;
  private readonly tail = new Uint8Array(TAIL);
  /** Bytes without a gap, from the start. */
  length = 0n;

  /** A piece; one that does not begin where the last one ended is a second look and says nothing new. */
  add(start: bigint, bytes: Uint8Array): void {
    if (start !== this.length) return;
    const at = Number(start);
    const end = at + bytes.length;
    if (at < WHOLE) this.count(end <= WHOLE ? bytes : bytes.subarray(0, WHOLE - at));
    // Counted from the end of what is looked at whole, wherever a piece begins.
    const first = at < WHOLE ? WHOLE : WHOLE + Math.floor((at - WHOLE) / STRIDE) * STRIDE;
    for (let block = first; block < end; block += STRIDE) {
      const from = Math.max(block, at);
      const to = Math.min(block + BLOCK, end);
      if (from < to) this.count(bytes.subarray(from - at, to - at));
    }
    this.keepTail(bytes);
    this.length += BigInt(bytes.length);
  }

  digest(): string {
    this.count(this.tail);
    return `${this.length}:${this.hash?.digest('base64') ?? this.checksum}`;
  }

  private count(bytes: Uint8Array): void {
    // zlib has the checksum from Node 20.15 on; it costs a quarter of a hash.
    if (typeof zlib.crc32 === 'function') this.checksum = zlib.crc32(bytes, this.checksum);
    else {
      this.hash ??= createHash('sha1');
      this.hash.update(bytes);
    }
  }

  private keepTail(bytes: Uint8Array): void {
    const last = bytes.subarray(-TAIL);
    this.tail.copyWithin(0, last.length);
    this.tail.set(last, TAIL - last.length);
  }
}

/** The buffers of one save, in order. */
interface Session {
  readonly buffers: string[];
  /** pending_bytes got to 0 in stop-and-copy. */
  drained: boolean;
}

/** All saves of a case. */
export class TransactionLog {
  private readonly sessions: Session[] = [];

  begin(): Session {
    const session = { buffers: [], drained: false };
    this.sessions.push(session);
    return session;
  }

  follow(): Replay {
    return new Replay(this.sessions);
  }
}

/** One stream that is being given: where in which save it may stand. */
export class Replay {
  private places: { readonly session: Session; readonly next: number }[] | undefined;

  constructor(private readonly sessions: readonly Session[]) {}

  get begun(): boolean {
    return this.places !== undefined;
  }

  /** False when no save has this buffer at this place. */
  give(digest: string): boolean {
    const before = this.places ?? this.sessions.map((session) => ({ session, next: 0 }));
    this.places = before
      .filter(({ session, next }) => session.buffers[next] === digest)
      .map(({ session, next }) => ({ session, next: next + 1 }));
    return this.places.length > 0;
  }

  /** True when what was given is all of a save that was fetched to its end. */
  get complete(): boolean {
    return (this.places ?? []).some(({ session, next }) => session.drained && next === session.buffers.length);
  }
}

export type { Session };
