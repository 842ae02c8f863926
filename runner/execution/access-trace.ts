/**
 * AccessTrace: every access in one line of text while it happens, decoded, as strace does with system calls. The beginning of a line
 * is out before the call is made: of a call that never returns it is what is left.
 */
import { type ByteOrder, deviceStateName, errnoName, type IoctlEncoding, type IoctlTarget } from '../abi';
import type { Access, AccessListener } from '../host/watched-host';
import type { Place, World } from '../oracles/world';
import { structureText } from './structure-text';

/** Takes text as it comes: pieces of lines. */
export type TraceSink = (text: string) => void;

export interface TraceSubject {
  readonly order: ByteOrder;
  readonly encoding: IoctlEncoding;
  now(): number;
  world(): World;
  side(): string;
}

/** Bytes of a transfer that are shown. */
const SHOWN_BYTES = 24;

export class AccessTrace implements AccessListener {
  private readonly began: number;
  private place: Place;
  private target = '';

  constructor(
    private readonly sink: TraceSink,
    private readonly subject: TraceSubject,
    title: string,
  ) {
    this.began = subject.now();
    sink(`\n${title}\n`);
  }

  step(label: string): void {
    this.sink(`${label}\n`);
  }

  /** How the case came out. */
  end(text: string): void {
    this.sink(`${text}\n`);
  }

  before(access: Access): void {
    const { subject } = this;
    this.place = subject.world().place(access);
    this.target = subject.world().describe(wherever(access), this.place);
    const time = (access.startedMs - this.began).toFixed(3).padStart(11);
    this.sink(`${time} ${subject.side().padEnd(11)} ${this.question(access)}`);
  }

  after(access: Access): void {
    this.sink(` = ${this.answer(access)}\n`);
  }

  private question(access: Access): string {
    const { call, fd, length, value, memory } = access;
    const what = fd >= 0 ? [String(fd), this.target] : [this.target];
    switch (call) {
      case 'open':
        return `open(${this.target})`;
      case 'close':
        return `close(${what.join(', ')})`;
      case 'ioctl':
        return `ioctl(${[...what, this.argument(access)].filter((part) => part !== '').join(', ')})`;
      case 'pwrite':
      case 'poke':
        return `${call}(${[...what, length].join(', ')}) ${this.bytes(access.data, length)}`;
      case 'store':
        return `store(${[this.target, length].join(', ')}) 0x${(value ?? 0n).toString(16)}`;
      case 'munmap':
        return `munmap(${memory?.length ?? 0} bytes at 0x${(memory?.address ?? 0n).toString(16)})`;
      case 'allocate':
        return `allocate(${length})`;
      case 'poll':
        return `poll(${length} descriptors, first ${fd})`;
      case 'eventfd':
        return 'eventfd()';
      default:
        return `${call}(${[...what, length].join(', ')})`;
    }
  }

  private answer(access: Access): string {
    const { call, result, thrown, value, memory, data } = access;
    if (thrown) return `? ${thrown.message}`;
    if (result < 0) return `-1 ${errnoName(-result)}`;
    switch (call) {
      case 'pread':
      case 'read':
        return `${result} ${this.bytes(data, result)}`.trimEnd();
      case 'peek':
        return this.bytes(data, data?.length ?? 0);
      case 'load':
        return `0x${(value ?? 0n).toString(16)}`;
      case 'mmap':
      case 'allocate':
        return `0x${(memory?.address ?? 0n).toString(16)}`;
      case 'ioctl':
        return `${result}${this.changed(access)}`;
      case 'poll':
        return `${result}${access.readyFds?.length ? ` (ready: ${access.readyFds.join(', ')})` : ''}`;
      default:
        return String(result);
    }
  }

  private argument({ sent, value, request }: Access): string {
    if (sent === undefined) return value === undefined ? '' : `0x${value.toString(16)}`;
    const { order, encoding } = this.subject;
    return structureText({ request: request ?? 0, bytes: sent, order, encoding, target: this.kind() });
  }

  /** What an ioctl left in its structure, where that differs from what it was given. */
  private changed({ sent, data, request }: Access): string {
    if (!sent || !data || sent.every((byte, at) => byte === data[at])) return '';
    const { order, encoding } = this.subject;
    const answer = { request: request ?? 0, bytes: data, order, encoding, target: this.kind() };
    return ` ${structureText({ ...answer, whole: true })}`;
  }

  private kind(): IoctlTarget {
    return this.place === 'container' || this.place === 'group' ? this.place : 'device';
  }

  private bytes(data: Uint8Array | undefined, length: number): string {
    if (!data || length === 0) return '';
    const known = data.subarray(0, length);
    if (length === 4 || length === 8) {
      const view = new DataView(known.buffer, known.byteOffset, length);
      const little = this.subject.order === 'little';
      const value = length === 4 ? BigInt(view.getUint32(0, little)) : view.getBigUint64(0, little);
      const name = this.target === 'device_state' ? ` (${deviceStateName(Number(value))})` : '';
      return `0x${value.toString(16)}${name}`;
    }
    const shown = [...known.subarray(0, SHOWN_BYTES)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    return length > SHOWN_BYTES ? `${shown} ...` : shown;
  }
}

function wherever({ fd, length, path, request, offset, at }: Access): Parameters<World['describe']>[0] {
  return { fd, length, path, request, offset, at };
}
