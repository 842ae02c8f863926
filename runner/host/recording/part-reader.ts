/** Reads one part of a recording, one exchange after the other. Every line is checked before anything of it is used. */
import {
  AnswerLine,
  EndLine,
  fits,
  jsonOf,
  MAX_LINE,
  parseLine,
  QuestionLine,
  RecordingError,
  WORTH_NUMBERING,
} from './format';
import type { Answer } from './part-writer';
import type { Question } from './question';

/** A question and what came back. */
export interface Exchange {
  readonly question: Question;
  /** Looks at the clock before the call, in microseconds. */
  readonly clock: readonly number[];
  /** Absent when the call never returned. */
  readonly answer?: Answer;
}

/** How a part ends: with EndLine's word, or `cut` where its last line is missing. */
export interface PartEnd {
  readonly how: string;
  readonly clock: readonly number[];
}

export class PartReader {
  private position = 0;
  private line = 1;
  private time = 0;
  private readonly numbered: Uint8Array[] = [];
  private upcoming: string | undefined;
  private ended: PartEnd | undefined;

  /** @param text the part unpacked, without the line that begins it */
  constructor(
    private readonly text: Uint8Array,
    private readonly name: string,
  ) {}

  /** The next exchange, or how the part ends, from then on for good. @throws RecordingError */
  next(): Exchange | PartEnd {
    if (this.ended) return this.ended;
    const line = this.take();
    if (line === undefined) return this.finish('cut', []);
    const value = jsonOf(line, this.what());
    if (fits(EndLine, value)) return this.finish(value.end, this.times(value.clock));
    const { sent, value: number, offset, clock, ...rest } = parseLine(QuestionLine, line, this.what());
    const question: Question = {
      ...rest,
      ...(sent === undefined ? {} : { sent: this.data(sent) }),
      ...(number === undefined ? {} : { value: BigInt(number) }),
      ...(offset === undefined ? {} : { offset: BigInt(offset) }),
    };
    const times = this.times(clock);
    const answer = this.answer();
    return { question, clock: times, ...(answer === undefined ? {} : { answer }) };
  }

  private answer(): Answer | undefined {
    const line = this.take();
    if (line === undefined) return undefined;
    const value = jsonOf(line, this.what());
    if (fits(EndLine, value)) {
      this.upcoming = line;
      return undefined;
    }
    const { data, value: number, address, ...rest } = parseLine(AnswerLine, line, this.what());
    return {
      ...rest,
      ...(data === undefined ? {} : { data: this.data(data) }),
      ...(number === undefined ? {} : { value: BigInt(number) }),
      ...(address === undefined ? {} : { address: BigInt(address) }),
    };
  }

  private take(): string | undefined {
    const { upcoming } = this;
    this.upcoming = undefined;
    if (upcoming !== undefined) return upcoming;
    const end = this.text.indexOf(10, this.position);
    // What a killed process left half written counts as not written.
    if (end < 0) return undefined;
    this.line += 1;
    if (end - this.position > MAX_LINE) throw new RecordingError(`${this.what()} is longer than any line may be`);
    const line = Buffer.from(this.text.buffer, this.text.byteOffset + this.position, end - this.position);
    this.position = end + 1;
    return line.toString('utf8');
  }

  private data(data: string | number): Uint8Array {
    if (typeof data === 'number') {
      const known = this.numbered[data];
      if (known === undefined) throw new RecordingError(`${this.what()} repeats bytes ${data}, which are not in it`);
      return known;
    }
    const bytes = Buffer.from(data, 'base64');
    if (bytes.length >= WORTH_NUMBERING) this.numbered.push(bytes);
    return bytes;
  }

  private times(clock: readonly number[] | undefined): readonly number[] {
    return (clock ?? []).map((step) => {
      this.time += step;
      return this.time;
    });
  }

  private finish(how: string, clock: readonly number[]): PartEnd {
    this.ended = { how, clock };
    return this.ended;
  }

  private what(): string {
    return `line ${this.line} of ${this.name}`;
  }
}
