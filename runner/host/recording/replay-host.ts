/**
 * ReplayHost: answers from a recording, and touches nothing: no device, no file, no memory. It answers what was recorded as long as it is asked what was
 * asked then; the first call that differs, and every call after it, throws HostLost, which says at which access the run departed.
 */
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
import { RecordingError } from './format';
import type { Exchange, PartEnd, PartReader } from './part-reader';
import type { Answer } from './part-writer';
import { difference, isAccess, type Question, sayQuestion } from './question';

class ReplayedMemory implements HostMemory {
  constructor(
    readonly number: number,
    readonly kind: HostMemory['kind'],
    readonly address: bigint,
    readonly length: number,
  ) {}
}

export interface ReplayOptions {
  readonly facts: HostFacts;
  /** Or why there is none, which is what the first call throws. */
  readonly part: PartReader | string;
  /** What else there is to say when the run departs: another kit made the recording. */
  readonly remark?: string;
}

export class ReplayHost implements VfioHost {
  readonly facts: HostFacts;
  readonly #part: PartReader | undefined;
  readonly #remark: string;
  #upcoming: Exchange | PartEnd | undefined;
  #clock: number[] = [];
  #time = 0;
  /** Slept since the last look at the clock that was recorded, in microseconds. */
  #slept = 0;
  #accesses = 0;
  #memories = 0;
  #lost: string | undefined;

  constructor({ facts, part, remark }: ReplayOptions) {
    this.facts = facts;
    this.#part = typeof part === 'string' ? undefined : part;
    if (typeof part === 'string') this.#lost = part;
    this.#remark = remark === undefined ? '' : ` (${remark})`;
  }

  open(path: string, access: 'read-only' | 'read-write'): SyscallResult {
    return this.#result({ call: 'open', path, access });
  }

  close(fd: number): SyscallResult {
    return this.#result({ call: 'close', fd });
  }

  ioctl(fd: number, request: number, argument?: Uint8Array | bigint | number): SyscallResult {
    const buffer = typeof argument === 'object' ? argument : undefined;
    const value = typeof argument === 'number' ? whole(argument) : typeof argument === 'bigint' ? argument : undefined;
    const question: Question = {
      call: 'ioctl',
      fd,
      request,
      ...(buffer && { sent: buffer }),
      ...(value !== undefined && { value }),
    };
    const answer = this.#ask(question);
    if (answer.data && buffer) this.#fill(buffer, answer.data, buffer.length);
    return this.#resultOf(answer);
  }

  pread(fd: number, into: Uint8Array, offset: bigint): SyscallResult {
    return this.#read({ call: 'pread', fd, length: into.length, offset }, into);
  }

  pwrite(fd: number, from: Uint8Array, offset: bigint): SyscallResult {
    return this.#result({ call: 'pwrite', fd, sent: from, offset });
  }

  read(fd: number, into: Uint8Array): SyscallResult {
    return this.#read({ call: 'read', fd, length: into.length }, into);
  }

  mmap(fd: number, length: number, offset: bigint, protection: Protection): HostMemory | SyscallResult {
    const granted = `${protection.read ? 'r' : ''}${protection.write ? 'w' : ''}`;
    return this.#had(this.#ask({ call: 'mmap', fd, length, offset, protection: granted }), 'device', length);
  }

  allocate(length: number): HostMemory | SyscallResult {
    return this.#had(this.#ask({ call: 'allocate', length }), 'anonymous', length);
  }

  munmap(memory: HostMemory): SyscallResult {
    return this.#result({ call: 'munmap', memory: numberOf(memory) });
  }

  load(memory: HostMemory, at: number, width: AccessWidth): bigint {
    const { value } = this.#ask({ call: 'load', memory: numberOf(memory), at, width });
    return value ?? this.#damaged('it does not say what was loaded');
  }

  store(memory: HostMemory, at: number, width: AccessWidth, value: bigint): void {
    this.#ask({ call: 'store', memory: numberOf(memory), at, width, value });
  }

  peek(memory: HostMemory, at: number, into: Uint8Array): void {
    const { data } = this.#ask({ call: 'peek', memory: numberOf(memory), at, length: into.length });
    this.#fill(into, data ?? this.#damaged('it does not say what was in memory'), into.length);
  }

  poke(memory: HostMemory, at: number, from: Uint8Array): void {
    this.#ask({ call: 'poke', memory: numberOf(memory), at, sent: from });
  }

  eventfd(): SyscallResult {
    return this.#result({ call: 'eventfd' });
  }

  poll(fds: readonly number[], timeoutMs: number): readonly number[] | SyscallResult {
    const answer = this.#ask({ call: 'poll', fds: [...fds], timeoutMs });
    if (answer.ready === undefined) return this.#resultOf(answer);
    return answer.ready.every((fd) => fds.includes(fd)) ? answer.ready : this.#damaged('it names other descriptors');
  }

  /**
   * As often as the recorded run looked between two calls, what it saw; after that the last time, and what was slept since. So a
   * run that looks more often is no other run.
   */
  now(): number {
    if (this.#lost === undefined) this.#look();
    const next = this.#clock.shift();
    if (next !== undefined) {
      this.#time = next;
      this.#slept = 0;
    }
    return (this.#time + this.#slept) / 1000;
  }

  sleep(milliseconds: number): void {
    if (milliseconds > 0) this.#slept += milliseconds * 1000;
  }

  readText(path: string): string | SyscallResult {
    const answer = this.#ask({ call: 'readText', path });
    return answer.text ?? this.#resultOf(answer);
  }

  readLink(path: string): string | SyscallResult {
    const answer = this.#ask({ call: 'readLink', path });
    return answer.text ?? this.#resultOf(answer);
  }

  list(path: string): readonly string[] | SyscallResult {
    const answer = this.#ask({ call: 'list', path });
    return answer.names ?? this.#resultOf(answer);
  }

  /** Nothing is run: what came of it then is what comes of it now. */
  program({ command, timeoutMs }: ProgramRun): ProgramResult {
    const { program } = this.#ask({ call: 'program', command: [...command], timeoutMs });
    return program ?? this.#damaged('it does not say what came of the program');
  }

  dispose(): void {
    this.#lost ??= 'the replay is over';
  }

  #ask(question: Question): Answer {
    if (this.#lost !== undefined) throw new HostLost(this.#lost);
    if (isAccess(question)) this.#accesses += 1;
    const next = this.#look();
    this.#clock = [];
    this.#upcoming = undefined;
    if ('how' in next) return this.#lose(this.#pastTheEnd(question, next));
    const differs = difference(question, next.question);
    if (differs !== undefined) return this.#lose(this.#departs(question, next.question, differs));
    return next.answer === undefined ? this.#never(question) : outcome(next.answer);
  }

  #look(): Exchange | PartEnd {
    if (this.#upcoming) return this.#upcoming;
    try {
      this.#upcoming = this.#part?.next() ?? { how: 'closed', clock: [] };
    } catch (error) {
      if (error instanceof RecordingError) return this.#lose(`the recording cannot be used: ${error.message}`);
      throw error;
    }
    this.#clock = [...this.#upcoming.clock];
    return this.#upcoming;
  }

  #departs(now: Question, then: Question, differs: string): string {
    const say = (question: Question): string => sayQuestion(question, this.facts.ioctlEncoding);
    const [run, recorded] = [say(now), say(then)];
    const what =
      run === recorded ? `${run}, with another ${differs}` : `the run makes ${run}; recorded was ${recorded}`;
    return `the run departs from the recording at access ${this.#accesses}: ${what}${this.#remark}`;
  }

  #pastTheEnd(question: Question, { how }: PartEnd): string {
    const say = sayQuestion(question, this.facts.ioctlEncoding);
    if (how === 'closed')
      return `the run departs from the recording at access ${this.#accesses}: it goes on with ${say}, where the recorded one had ended${this.#remark}`;
    const why = how === 'full' ? 'it had grown too large' : 'it was cut short';
    return `the recording of this case ends before access ${this.#accesses}, ${say}: ${why}`;
  }

  /** What became of the process says whether the call hung or ended it. */
  #never(question: Question): never {
    const say = sayQuestion(question, this.facts.ioctlEncoding);
    const end = this.#look();
    // Without a word from whoever watched, the answer may only not have been written.
    if (!('how' in end) || !end.how.startsWith('SIG'))
      return this.#lose(`the recording of this case ends at access ${this.#accesses}, ${say}: it was cut short`);
    this.#lost = `${say} did not return when it was recorded`;
    if (end.how === 'SIGBUS' || end.how === 'SIGSEGV' || end.how === 'SIGILL')
      throw new MemoryFault(end.how, Math.max(0, question.at ?? 0), question.width ?? question.length ?? 0);
    throw new DeviceHang(say);
  }

  #lose(why: string): never {
    this.#lost = why;
    throw new HostLost(why);
  }

  #damaged(what: string): never {
    return this.#lose(`the recording cannot be used: access ${this.#accesses}: ${what}`);
  }

  #result(question: Question): SyscallResult {
    return this.#resultOf(this.#ask(question));
  }

  #resultOf({ result }: Answer): SyscallResult {
    return result ?? this.#damaged('it does not say what the call returned');
  }

  #read(question: Question, into: Uint8Array): SyscallResult {
    const answer = this.#ask(question);
    const result = this.#resultOf(answer);
    if (result > into.length) return this.#damaged(`${result} bytes were read where ${into.length} were asked for`);
    if (result > 0) this.#fill(into, answer.data ?? new Uint8Array(), result);
    return result;
  }

  #fill(into: Uint8Array, data: Uint8Array, length: number): void {
    if (data.length !== length) this.#damaged(`it holds ${data.length} bytes where there were ${length}`);
    into.set(data);
  }

  #had(answer: Answer, kind: HostMemory['kind'], length: number): HostMemory | SyscallResult {
    if (answer.address === undefined) return this.#resultOf(answer);
    this.#memories += 1;
    return new ReplayedMemory(this.#memories - 1, kind, answer.address, length);
  }
}

function outcome(answer: Answer): Answer {
  const { thrown } = answer;
  switch (thrown?.kind) {
    case undefined:
      return answer;
    case 'MemoryFault':
      throw new MemoryFault(thrown.signal ?? 'SIGBUS', thrown.at ?? 0, thrown.width ?? 0);
    case 'DeviceHang':
      throw new DeviceHang(thrown.message);
    case 'HostLost':
      throw new HostLost(thrown.message);
    case 'HostMisuse':
      throw new HostMisuse(thrown.message);
  }
}

function numberOf(memory: HostMemory): number {
  if (memory instanceof ReplayedMemory) return memory.number;
  throw new HostMisuse('this memory belongs to another host');
}

function whole(argument: number): bigint | undefined {
  return Number.isInteger(argument) ? BigInt(argument) : undefined;
}
