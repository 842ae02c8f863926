/** Which memory an agent has, by its own answers: no sanitizer watches mapped memory, so that every access that succeeds is checked here. */
import { OP } from '../../runner/host/agent/protocol';

export interface SentRequest {
  readonly id: number;
  readonly op: number;
  readonly args: readonly bigint[];
  /** Of its payload, in bytes. */
  readonly length: number;
}

export class MemoryModel {
  readonly #lengths = new Map<bigint, bigint>();

  /** What is wrong with this answer, or undefined. */
  answered({ op, args, length }: SentRequest, result: number, answerLength: number): string | undefined {
    const [first = 0n, second = 0n, third = 0n] = args;
    if (op === OP.hello || op === OP.release) this.#lengths.clear();
    if (result < 0) return undefined;
    switch (op) {
      case OP.allocate:
      case OP.mmap:
        this.#lengths.set(BigInt(result), op === OP.mmap ? second : first);
        return answerLength === 8 ? undefined : `an address of ${answerLength} bytes`;
      case OP.munmap:
        return this.#lengths.delete(first) ? undefined : `slot ${first} was unmapped, and is none`;
      case OP.load:
      case OP.store:
      case OP.peek:
        return this.#inside(first, second, third);
      case OP.poke:
        return this.#inside(first, second, BigInt(length));
      default:
        return undefined;
    }
  }

  #inside(slot: bigint, at: bigint, size: bigint): string | undefined {
    const length = this.#lengths.get(slot);
    if (length !== undefined && at + size <= length) return undefined;
    return `${size} bytes at ${at} of slot ${slot} were touched, which has ${length ?? 'no'} bytes`;
  }
}
