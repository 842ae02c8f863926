/**
 * What was saved and what is given again, transaction by transaction, as it crosses the port: a stream is known by the digests of its
 * buffers, so that order, sizes and bytes are all watched (header diff, lines 242-244).
 */
import { createHash, type Hash } from 'node:crypto';
import * as zlib from 'node:zlib';

/** One buffer on its way, in pieces. */
export class Transaction {
  private checksum = 0;
  private hash: Hash | undefined;
  /** Bytes without a gap, from the start. */
  length = 0n;

  /** A piece; one that does not begin where the last one ended is a second look and says nothing new. */
  add(start: bigint, bytes: Uint8Array): void {
    if (start !== this.length) return;
    // Nobody means to deceive here, and the checksum costs a quarter of a hash; zlib has it from Node 20.15 on.
    if (typeof zlib.crc32 === 'function') this.checksum = zlib.crc32(bytes, this.checksum);
    else {
      this.hash ??= createHash('sha1');
      this.hash.update(bytes);
    }
    this.length += BigInt(bytes.length);
  }

  digest(): string {
    return `${this.length}:${this.hash?.digest('base64') ?? this.checksum}`;
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
