/**
 * FlightRecorder: the last 4096 accesses in a file that outlives the process that writes it, so that a parent can say what a child was
 * doing when it hung, crashed or was killed.
 *
 * The file is mapped and shared: what was stored is in the page cache, whoever dies. Without koffi the same bytes are written with
 * write(2), which is slower and just as durable.
 */
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import type { Access, AccessListener, WatchedCall } from './access';
import {
  CALLS,
  FILE_BYTES,
  HAS_AT,
  HAS_OFFSET,
  HAS_PATH,
  HAS_REQUEST,
  HAS_VALUE,
  HEADER,
  HEADER_BYTES,
  IN_DEVICE,
  MAGIC,
  PATH_BYTES,
  ROW_BYTES,
  ROWS,
  WORD,
} from './flight-format';
import { type Libc, loadLibc, MAP_FAILED } from './local/libc';

export { type Flight, type FlightRow, readFlight } from './flight-reader';

/** A new path for a recording: in memory where there is a /dev/shm that can be written to, else among the temporary files. */
export function flightPath(): string {
  let folder = '/dev/shm';
  try {
    fs.accessSync(folder, fs.constants.W_OK);
  } catch {
    folder = os.tmpdir();
  }
  return join(folder, `vfio-conformance-flight-${process.pid}-${randomUUID()}`);
}

/** Takes a recording away; the reader does it, after the writer has ended. */
export function removeFlight(path: string): void {
  fs.rmSync(path, { force: true });
}

const CALL_INDEX = Object.fromEntries(CALLS.map((call, index) => [call, index])) as Readonly<
  Record<WatchedCall, number>
>;
const ROW_WORDS = ROW_BYTES / 8;
const HEADER_WORDS = HEADER_BYTES / 8;

/**
 * One recording for a whole process: several WatchedHosts, one after the other or side by side, may share it. It must be the first
 * listener of each, so that an access which another listener makes in its `after` begins when this one has been answered.
 */
export class FlightRecorderWriter implements AccessListener {
  readonly #memory: RecordingMemory;
  readonly #words: Float64Array;
  readonly #big: BigUint64Array;
  #step = -1;
  /** Its own count: the accesses of several cases follow each other in one recording. */
  #sequence = 0;

  /**
   * Creates the file, which must not be there yet.
   * @param map false: write(2) even where the file could be mapped
   * @throws an Error of fs when the file cannot be made (no space, no permission)
   */
  constructor(
    readonly path: string,
    { map = true }: { readonly map?: boolean } = {},
  ) {
    this.#memory = openRecording(path, map);
    this.#words = new Float64Array(this.#memory.buffer);
    this.#big = new BigUint64Array(this.#memory.buffer);
    this.#words[HEADER.STEP] = -1;
    new Uint8Array(this.#memory.buffer).set(MAGIC);
    this.#memory.flush(0, HEADER_WORDS);
  }

  /** Whether stores reach the file by themselves; false where koffi is missing. */
  get mapped(): boolean {
    return this.#memory.mapped;
  }

  /** Somebody asked for the end (flight-end.ts). Never without a mapping: then the end comes between two steps. */
  get endAsked(): boolean {
    return this.#words[HEADER.END] !== 0;
  }

  /** The step that the accesses from now on belong to. */
  setStep(index: number): void {
    this.#step = index;
    this.#words[HEADER.STEP] = index;
    this.#memory.flush(HEADER.STEP, 1);
  }

  before(access: Access): void {
    const words = this.#words;
    this.#sequence += 1;
    const row = rowOf(this.#sequence);
    let bits = CALL_INDEX[access.call];
    words[row + WORD.HEAD] = this.#sequence;
    words[row + WORD.STARTED_MS] = access.startedMs;
    words[row + WORD.LENGTH] = access.length;
    words[row + WORD.FD] = access.fd;
    words[row + WORD.STEP] = this.#step;
    if (access.offset !== undefined) {
      this.#big[row + WORD.OFFSET] = access.offset;
      bits |= HAS_OFFSET;
    }
    if (access.value !== undefined) {
      this.#big[row + WORD.VALUE] = access.value;
      bits |= HAS_VALUE;
    }
    if (access.at !== undefined) {
      words[row + WORD.AT] = access.at;
      bits |= HAS_AT;
    }
    if (access.request !== undefined) {
      words[row + WORD.REQUEST] = access.request;
      bits |= HAS_REQUEST;
    }
    if (access.path !== undefined) {
      this.#writePath(row, access.path);
      bits |= HAS_PATH;
    }
    if (access.memory?.kind === 'device') bits |= IN_DEVICE;
    words[row + WORD.CALL] = bits;
    words[row + WORD.TAIL] = this.#sequence;
    this.#memory.flush(row, ROW_WORDS);
  }

  after(access: Access): void {
    const row = rowOf(this.#sequence);
    this.#words[row + WORD.RESULT] = access.result;
    this.#words[row + WORD.DONE] = this.#sequence;
    this.#memory.flush(row, ROW_WORDS);
  }

  /** Ends the recording and leaves the file. Safe to call twice; the writer must hear of no access afterwards. */
  close(): void {
    this.#memory.close();
  }

  #writePath(row: number, path: string): void {
    const bytes = new Uint8Array(this.#memory.buffer, (row + WORD.PATH) * 8, PATH_BYTES);
    bytes.fill(0);
    // The end tells more than the beginning: /dev/vfio/noiommu-12, or a device's address.
    bytes.set(Buffer.from(path).subarray(-PATH_BYTES));
  }
}

/** The row's first word. */
function rowOf(sequence: number): number {
  return HEADER_WORDS + (sequence % ROWS) * ROW_WORDS;
}

interface RecordingMemory {
  readonly buffer: ArrayBuffer;
  readonly mapped: boolean;
  /** Brings words to the file, where stores do not reach it by themselves. */
  flush(word: number, count: number): void;
  close(): void;
}

function openRecording(path: string, map: boolean): RecordingMemory {
  // O_EXCL: nobody else's file, nor a link that somebody put there, is written to.
  const fd = fs.openSync(path, 'wx+', 0o600);
  try {
    // Written out, not just made longer: a store to a page that the file system has no room for would be a SIGBUS.
    fs.writeFileSync(fd, new Uint8Array(FILE_BYTES));
    const libc = map ? libcIfAny() : undefined;
    return (libc && mapRecording(libc, fd)) ?? writtenRecording(fd);
  } catch (error) {
    fs.closeSync(fd);
    fs.rmSync(path, { force: true });
    throw error;
  }
}

function libcIfAny(): Libc | undefined {
  try {
    return loadLibc();
  } catch {
    return undefined;
  }
}

function mapRecording(libc: Libc, fd: number): RecordingMemory | undefined {
  const PROT_READ_WRITE = 3;
  const MAP_SHARED = 1;
  const address = libc.mmap(null, FILE_BYTES, PROT_READ_WRITE, MAP_SHARED, fd, 0n);
  if (address === MAP_FAILED) {
    return undefined;
  }
  fs.closeSync(fd);
  // Never unmapped: half a MiB, and a late access must find memory, not a SIGSEGV.
  return { buffer: libc.view(address, FILE_BYTES), mapped: true, flush: () => {}, close: () => {} };
}

function writtenRecording(fd: number): RecordingMemory {
  const buffer = new ArrayBuffer(FILE_BYTES);
  const bytes = new Uint8Array(buffer);
  let open = true;
  return {
    buffer,
    mapped: false,
    flush(word, count) {
      if (open) {
        fs.writeSync(fd, bytes, word * 8, count * 8, word * 8);
      }
    },
    close() {
      if (open) {
        open = false;
        fs.closeSync(fd);
      }
    },
  };
}
