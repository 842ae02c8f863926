/** RecordingHost: any VfioHost, with every call and every answer kept. What it does to the calls themselves is nothing. */
import type { ProgramResult, ProgramRun } from '../program';
import {
  type AccessWidth,
  DeviceHang,
  type HostFacts,
  HostLost,
  type HostMemory,
  HostMisuse,
  MemoryFault,
  type Protection,
  type SyscallResult,
  type VfioHost,
} from '../vfio-host';
import type { AnswerLine } from './format';
import type { Answer, PartWriter } from './part-writer';
import type { Question } from './question';

/**
 * Has no `bytes`: what a device writes there is seen by looking, and looking goes through the port. So a replay that has no device
 * shows the same at every look.
 */
class RecordedMemory implements HostMemory {
  constructor(
    readonly number: number,
    readonly inner: HostMemory,
  ) {}

  get kind(): HostMemory['kind'] {
    return this.inner.kind;
  }
  get address(): bigint {
    return this.inner.address;
  }
  get length(): number {
    return this.inner.length;
  }
}

export class RecordingHost implements VfioHost {
  readonly #inner: VfioHost;
  readonly #writer: PartWriter;
  #memories = 0;

  constructor(inner: VfioHost, writer: PartWriter) {
    this.#inner = inner;
    this.#writer = writer;
  }

  get facts(): HostFacts {
    return this.#inner.facts;
  }

  open(path: string, access: 'read-only' | 'read-write'): SyscallResult {
    return this.#ask({ call: 'open', path, access }, () => this.#inner.open(path, access), plain);
  }

  close(fd: number): SyscallResult {
    return this.#ask({ call: 'close', fd }, () => this.#inner.close(fd), plain);
  }

  ioctl(fd: number, request: number, argument?: Uint8Array | bigint | number): SyscallResult {
    const buffer = typeof argument === 'object' ? argument : undefined;
    const sent = buffer?.slice();
    const value = typeof argument === 'object' ? undefined : integer(argument);
    const question: Question = {
      call: 'ioctl',
      fd,
      request,
      ...(sent && { sent }),
      ...(value !== undefined && { value }),
    };
    return this.#ask(
      question,
      () => this.#inner.ioctl(fd, request, argument),
      (result) => ({ result, ...(buffer && sent && !Buffer.from(sent).equals(buffer) ? { data: buffer } : {}) }),
    );
  }

  pread(fd: number, into: Uint8Array, offset: bigint): SyscallResult {
    const question: Question = { call: 'pread', fd, length: into.length, offset };
    return this.#ask(
      question,
      () => this.#inner.pread(fd, into, offset),
      (result) => filled(result, into),
    );
  }

  pwrite(fd: number, from: Uint8Array, offset: bigint): SyscallResult {
    return this.#ask({ call: 'pwrite', fd, sent: from, offset }, () => this.#inner.pwrite(fd, from, offset), plain);
  }

  read(fd: number, into: Uint8Array): SyscallResult {
    const question: Question = { call: 'read', fd, length: into.length };
    return this.#ask(
      question,
      () => this.#inner.read(fd, into),
      (result) => filled(result, into),
    );
  }

  mmap(fd: number, length: number, offset: bigint, protection: Protection): HostMemory | SyscallResult {
    const granted = `${protection.read ? 'r' : ''}${protection.write ? 'w' : ''}`;
    const question: Question = { call: 'mmap', fd, length, offset, protection: granted };
    return this.#keep(this.#ask(question, () => this.#inner.mmap(fd, length, offset, protection), had));
  }

  allocate(length: number): HostMemory | SyscallResult {
    return this.#keep(this.#ask({ call: 'allocate', length }, () => this.#inner.allocate(length), had));
  }

  munmap(memory: HostMemory): SyscallResult {
    const { inner, number } = own(memory);
    return this.#ask({ call: 'munmap', memory: number }, () => this.#inner.munmap(inner), plain);
  }

  load(memory: HostMemory, at: number, width: AccessWidth): bigint {
    const { inner, number } = own(memory);
    return this.#ask(
      { call: 'load', memory: number, at, width },
      () => this.#inner.load(inner, at, width),
      (value) => ({ value }),
    );
  }

  store(memory: HostMemory, at: number, width: AccessWidth, value: bigint): void {
    const { inner, number } = own(memory);
    const question: Question = { call: 'store', memory: number, at, width, value };
    this.#ask(question, () => this.#inner.store(inner, at, width, value), nothing);
  }

  peek(memory: HostMemory, at: number, into: Uint8Array): void {
    const { inner, number } = own(memory);
    const question: Question = { call: 'peek', memory: number, at, length: into.length };
    this.#ask(
      question,
      () => this.#inner.peek(inner, at, into),
      () => ({ data: into }),
    );
  }

  poke(memory: HostMemory, at: number, from: Uint8Array): void {
    const { inner, number } = own(memory);
    this.#ask({ call: 'poke', memory: number, at, sent: from }, () => this.#inner.poke(inner, at, from), nothing);
  }

  eventfd(): SyscallResult {
    return this.#ask({ call: 'eventfd' }, () => this.#inner.eventfd(), plain);
  }

  poll(fds: readonly number[], timeoutMs: number): readonly number[] | SyscallResult {
    const question: Question = { call: 'poll', fds: [...fds], timeoutMs };
    return this.#ask(
      question,
      () => this.#inner.poll(fds, timeoutMs),
      (answer) => (typeof answer === 'number' ? { result: answer } : { ready: [...answer] }),
    );
  }

  /** To the microsecond, which is what a recording keeps: recorded and replayed runs see the same time. */
  now(): number {
    const microseconds = Math.round(this.#inner.now() * 1000);
    this.#writer.looked(microseconds);
    return microseconds / 1000;
  }

  sleep(milliseconds: number): void {
    this.#inner.sleep(milliseconds);
  }

  readText(path: string): string | SyscallResult {
    return this.#ask({ call: 'readText', path }, () => this.#inner.readText(path), text);
  }

  readLink(path: string): string | SyscallResult {
    return this.#ask({ call: 'readLink', path }, () => this.#inner.readLink(path), text);
  }

  list(path: string): readonly string[] | SyscallResult {
    return this.#ask(
      { call: 'list', path },
      () => this.#inner.list(path),
      (answer) => (typeof answer === 'number' ? { result: answer } : { names: [...answer] }),
    );
  }

  program(run: ProgramRun): ProgramResult {
    const question: Question = { call: 'program', command: [...run.command], timeoutMs: run.timeoutMs };
    return this.#ask(
      question,
      () => this.#inner.program(run),
      (program) => ({ program }),
    );
  }

  dispose(): void {
    this.#inner.dispose();
    this.#writer.end();
  }

  #ask<T>(question: Question, call: () => T, tell: (answer: T) => Answer): T {
    this.#writer.question(question);
    let answer: T;
    try {
      answer = call();
    } catch (error) {
      this.#writer.answer({ thrown: thrown(error) });
      throw error;
    }
    this.#writer.answer(tell(answer));
    return answer;
  }

  #keep(memory: HostMemory | SyscallResult): HostMemory | SyscallResult {
    if (typeof memory === 'number') return memory;
    this.#memories += 1;
    return new RecordedMemory(this.#memories - 1, memory);
  }
}

function plain(result: SyscallResult): Answer {
  return { result };
}

function nothing(): Answer {
  return {};
}

function text(answer: string | SyscallResult): Answer {
  return typeof answer === 'number' ? { result: answer } : { text: answer };
}

function had(answer: HostMemory | SyscallResult): Answer {
  return typeof answer === 'number' ? { result: answer } : { address: answer.address };
}

function filled(result: SyscallResult, into: Uint8Array): Answer {
  return result > 0 ? { result, data: into.subarray(0, result) } : { result };
}

/** A fraction is the host's to refuse, which is then what came back. */
function integer(argument: bigint | number | undefined): bigint | undefined {
  if (typeof argument !== 'number') return argument;
  return Number.isInteger(argument) ? BigInt(argument) : undefined;
}

function own(memory: HostMemory): RecordedMemory {
  if (memory instanceof RecordedMemory) return memory;
  throw new HostMisuse('this memory belongs to another host');
}

function thrown(error: unknown): NonNullable<AnswerLine['thrown']> {
  const message = (error instanceof Error ? error.message : String(error)).slice(0, 4096);
  if (error instanceof MemoryFault)
    return { kind: 'MemoryFault', message, signal: error.signal, at: error.at, width: error.width };
  if (error instanceof DeviceHang) return { kind: 'DeviceHang', message: error.call.slice(0, 4096) };
  return { kind: error instanceof HostLost ? 'HostLost' : 'HostMisuse', message };
}
