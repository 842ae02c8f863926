/** One connection to an agent: a request out, its reply in, synchronously. */
import { randomInt } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { errnoName } from '../../abi';
import { HostLost } from '../vfio-host';
import { BUSY, OP, type Operation, PAYLOAD_MAX, REPLY_HEAD, REQUEST_HEAD, writeRequestHead } from './protocol';
import type { StreamSocket } from './socket-calls';

/** What carries the frames, and knows why it ended. */
export interface Connection {
  readonly socket: StreamSocket;
  /** `ssh:me@lab`: for messages. */
  readonly name: string;
  /** What is known of the end of the connection, for people: ssh's own words. */
  lastWords(): string;
  close(): void;
}

export interface Reply {
  readonly result: number;
  readonly detail: number;
  /** Valid until the next exchange, unless it is the caller's own `into`. */
  readonly payload: Uint8Array;
}

/** How long the agent may say nothing. While a request takes long it says BUSY twice a second. */
export const SILENCE_MS = 5000;
/** After so much of it the agent is pinged: an emulated serial port loses a wake-up now and then, and the next byte makes up for it. */
const PING_MS = 1000;
/** Longest stale reply that a greeting passes over. */
const STALE_MAX = 4096;

const NOTHING = new Uint8Array(0);

export class Channel {
  /** How long a call may take although the machine answers; whoever has a watchdog needs none. */
  longestCallMs = 30_000;
  readonly #head = new DataView(new ArrayBuffer(REQUEST_HEAD));
  #outbox = new Uint8Array(4096);
  #inbox = new Uint8Array(4096);
  #from = 0;
  #to = 0;
  /** Not from 0: a port may still carry answers to whoever was connected before. */
  #id = randomInt(2 ** 30);
  #lost: string | undefined;
  #heard = 0;
  #pinged = 0;
  /** The request is out, its answer not yet in. */
  #waiting = false;

  constructor(readonly connection: Connection) {}

  get lost(): boolean {
    return this.#lost !== undefined;
  }

  /**
   * @param limit the longest payload that the reply may have
   * @param into where a reply's payload goes
   * @throws HostLost when the agent is gone, silent, or says what it cannot say; from then on for every call.
   */
  exchange(
    op: Operation,
    args: readonly (number | bigint)[],
    { payload = NOTHING, limit = 0, into, silenceMs = SILENCE_MS, passStale = false }: Exchange = {},
  ): Reply {
    if (this.#lost !== undefined) throw new HostLost(this.#lost);
    if (payload.length > PAYLOAD_MAX) throw new RangeError(`${payload.length} bytes do not fit into a frame`);
    this.#id = (this.#id + 1) % BUSY;
    writeRequestHead(this.#head, payload.length, this.#id, OP[op], args);
    const started = performance.now();
    this.#heard = started;
    this.#pinged = started;
    this.#waiting = false;
    this.#sendRequest(payload, silenceMs);
    this.#waiting = true;
    for (;;) {
      this.#fill(REPLY_HEAD, silenceMs);
      const head = new DataView(this.#inbox.buffer, this.#from, REPLY_HEAD);
      const length = head.getUint32(0, true);
      const id = head.getUint32(4, true);
      const result = head.getInt32(8, true);
      const detail = head.getUint32(12, true);
      if (id === BUSY && length === 0) {
        this.#from += REPLY_HEAD;
        if (performance.now() - started > this.longestCallMs)
          this.lose(`a call there (${op}) did not return within ${this.longestCallMs / 1000} s`);
        continue;
      }
      if (passStale && id !== this.#id && length <= STALE_MAX) {
        this.#from += REPLY_HEAD;
        this.#take(length, undefined, silenceMs);
        continue;
      }
      if (id !== this.#id || length > limit || (into !== undefined && length > into.length)) this.#nonsense();
      this.#from += REPLY_HEAD;
      return { result, detail, payload: this.#take(length, into, silenceMs) };
    }
  }

  close(): void {
    this.#lost ??= `the connection to ${this.connection.name} is closed`;
    this.connection.close();
  }

  /** Ends the channel for this reason. @throws HostLost always */
  lose(reason: string): never {
    const words = this.connection.lastWords();
    this.#lost = `${this.connection.name} is lost: ${reason}${words === '' ? '' : ` (${words})`}`;
    this.connection.close();
    throw new HostLost(this.#lost);
  }

  #sendRequest(payload: Uint8Array, silenceMs: number): void {
    const small = payload.length <= 64 * 1024;
    const first = REQUEST_HEAD + (small ? payload.length : 0);
    if (this.#outbox.length < first) this.#outbox = new Uint8Array(first * 2);
    this.#outbox.set(new Uint8Array(this.#head.buffer), 0);
    // One call for a small request: the agent wakes up once.
    if (small) this.#outbox.set(payload, REQUEST_HEAD);
    this.#sendAll(this.#outbox.subarray(0, first), silenceMs);
    if (!small) this.#sendAll(payload, silenceMs);
  }

  #sendAll(bytes: Uint8Array, silenceMs: number): void {
    for (let at = 0; at < bytes.length; ) at += this.#moved(this.connection.socket.send(bytes.subarray(at)), silenceMs);
  }

  /** Makes sure that `count` bytes are in the inbox, together with what came along with them. */
  #fill(count: number, silenceMs: number): void {
    if (this.#from === this.#to) this.#from = this.#to = 0;
    if (this.#from + count > this.#inbox.length) {
      this.#inbox.copyWithin(0, this.#from, this.#to);
      this.#to -= this.#from;
      this.#from = 0;
      if (count > this.#inbox.length) {
        const larger = new Uint8Array(count);
        larger.set(this.#inbox.subarray(0, this.#to));
        this.#inbox = larger;
      }
    }
    while (this.#to - this.#from < count)
      this.#to += this.#moved(this.connection.socket.receive(this.#inbox.subarray(this.#to)), silenceMs);
  }

  #take(length: number, into: Uint8Array | undefined, silenceMs: number): Uint8Array {
    if (into === undefined) {
      this.#fill(length, silenceMs);
      const payload = this.#inbox.subarray(this.#from, this.#from + length);
      this.#from += length;
      return payload;
    }
    let filled = Math.min(length, this.#to - this.#from);
    into.set(this.#inbox.subarray(this.#from, this.#from + filled));
    this.#from += filled;
    while (filled < length)
      filled += this.#moved(this.connection.socket.receive(into.subarray(filled, length)), silenceMs);
    return into.subarray(0, length);
  }

  /** How many bytes moved; 0 after a tick without any, as long as the silence may still last. */
  #moved(count: number | 'nothing', silenceMs: number): number {
    const now = performance.now();
    if (count === 'nothing') {
      if (now - this.#heard > silenceMs) this.lose(`nothing was heard for ${silenceMs / 1000} s`);
      if (now - Math.max(this.#heard, this.#pinged) > PING_MS && this.#waiting) this.#ping(now);
      return 0;
    }
    if (count <= 0) this.lose(count === 0 ? 'the connection was closed' : `the connection broke (${errnoName(count)})`);
    this.#heard = now;
    return count;
  }

  /** Its answer counts as BUSY, whenever it comes. */
  #ping(now: number): void {
    this.#pinged = now;
    const frame = new Uint8Array(REQUEST_HEAD);
    writeRequestHead(new DataView(frame.buffer), 0, BUSY, OP.ping, []);
    this.#waiting = false;
    // What is sent is not heard: a peer that takes everything and says nothing is silent all the same.
    const heard = this.#heard;
    this.#sendAll(frame, PING_MS);
    this.#heard = heard;
    this.#waiting = true;
  }

  #nonsense(): never {
    const seen = this.#inbox.subarray(this.#from, Math.min(this.#to, this.#from + 60));
    const text = Buffer.from(seen)
      .toString('latin1')
      .replaceAll(/[^\x20-\x7e]+/g, ' ')
      .trim();
    return this.lose(`what answers there is no agent; it said ${JSON.stringify(text)}`);
  }
}

export interface Exchange {
  readonly payload?: Uint8Array;
  readonly limit?: number;
  readonly into?: Uint8Array;
  readonly silenceMs?: number;
  /** Answers to others are passed over: for the first words on a connection. */
  readonly passStale?: boolean;
}
