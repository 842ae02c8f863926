/**
 * Writes one part of a recording while it happens. A question is in the file before its call is made, so that a call which never
 * returns, or which ends the process, is seen to have been the last one.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { type AnswerLine, type EndLine, MAX_PART, type PartBegin, WORTH_NUMBERING } from './format';
import type { Question } from './question';

/** An AnswerLine with its bytes and 64-bit numbers. */
export interface Answer extends Omit<AnswerLine, 'data' | 'value' | 'address'> {
  readonly data?: Uint8Array;
  readonly value?: bigint;
  readonly address?: bigint;
}

export class PartWriter {
  private readonly descriptor: number;
  private readonly numbers = new Map<string, number>();
  /** The last answer: it goes out with the next question. */
  private pending = '';
  private written = 0;
  private clock: number[] = [];
  private lastClock = 0;
  private open = true;

  /** Makes the file, which must not be there yet. @throws an Error of fs */
  constructor(
    file: string,
    begin: PartBegin,
    private readonly limit = MAX_PART,
  ) {
    this.descriptor = fs.openSync(file, 'wx', 0o600);
    this.write(`${JSON.stringify(begin)}\n`);
  }

  /** Somebody looked at the clock, and it showed so many microseconds. */
  looked(microseconds: number): void {
    this.clock.push(microseconds - this.lastClock);
    this.lastClock = microseconds;
  }

  question({ sent, value, offset, ...rest }: Question): void {
    const line = {
      ...rest,
      ...(sent === undefined ? {} : { sent: this.data(sent) }),
      ...(value === undefined ? {} : { value: String(value) }),
      ...(offset === undefined ? {} : { offset: String(offset) }),
      ...this.times(),
    };
    const text = `${this.pending}${JSON.stringify(line)}\n`;
    this.pending = '';
    this.write(text);
  }

  answer({ data, value, address, ...rest }: Answer): void {
    const line = {
      ...rest,
      ...(data === undefined ? {} : { data: this.data(data) }),
      ...(value === undefined ? {} : { value: String(value) }),
      ...(address === undefined ? {} : { address: String(address) }),
    };
    this.pending = `${JSON.stringify(line)}\n`;
  }

  /** The last line. Safe to call twice. */
  end(how: 'closed' | 'full' = 'closed'): void {
    if (!this.open) return;
    const line: EndLine = { end: how, ...this.times() };
    this.put(`${how === 'full' ? '' : this.pending}${JSON.stringify(line)}\n`);
    this.close();
  }

  private times(): { clock?: number[] } {
    if (this.clock.length === 0) return {};
    const clock = this.clock;
    this.clock = [];
    return { clock };
  }

  private data(bytes: Uint8Array): string | number {
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    if (bytes.length < WORTH_NUMBERING) return view.toString('base64');
    const key = createHash('sha256').update(view).digest('base64');
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    this.numbers.set(key, this.numbers.size);
    return view.toString('base64');
  }

  private write(text: string): void {
    if (!this.open) return;
    this.written += text.length;
    if (this.written > this.limit - 4096) this.end('full');
    else this.put(text);
  }

  /** A disk that is full must not end the case: the part is then seen to be cut short. */
  private put(text: string): void {
    try {
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; ) at += fs.writeSync(this.descriptor, bytes, at);
    } catch {
      this.close();
    }
  }

  private close(): void {
    if (!this.open) return;
    this.open = false;
    fs.closeSync(this.descriptor);
  }
}
