/**
 * StreamSpool: where the bytes of saved streams lie. The first few MiB of a case stay in memory; the rest goes to a file that has no
 * name any more, so that nothing of it is left however the process ends. What comes back from the file is held against its SHA-256: a
 * disk that changes bytes must not be taken for a device that does.
 */
import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Bytes of a case that stay in memory. */
export const KEPT_IN_MEMORY = 8 << 20;
/** Small buffers are hashed and written so many bytes at a time. */
const CHUNK = 1 << 20;

/** One transaction of a saved stream. */
export interface SavedBuffer {
  readonly length: number;
  /**
   * Its bytes, good until the next call on any buffer of the case: copy what you keep.
   * @throws SpoolFailure when they cannot be read back, or are no longer what was written
   */
  bytes(): Uint8Array;
}

/** The machine could not keep a saved stream: no space, an I/O error, changed bytes. Never the device's doing. */
export class SpoolFailure extends Error {
  override readonly name = 'SpoolFailure';
}

export class StreamSpool {
  private kept = 0;
  private open: OpenChunk | undefined;
  /** The memory of one open chunk after the other. */
  private gathering: Uint8Array | undefined;
  private file: SpoolFile | undefined;
  /** The chunk that was read back last. */
  private readonly cached: { chunk: Chunk | undefined; memory: Uint8Array } = {
    chunk: undefined,
    memory: new Uint8Array(0),
  };

  /**
   * @param folder for the file; made only when it is needed
   * @param keep bytes that stay in memory
   */
  constructor(
    private readonly folder: string = spoolFolder(),
    private readonly keep = KEPT_IN_MEMORY,
  ) {}

  /** Keeps a copy of a buffer. @throws SpoolFailure */
  add(bytes: Uint8Array): SavedBuffer {
    if (this.kept + bytes.length <= this.keep) {
      this.kept += bytes.length;
      // Not slice(): that of a Buffer is no copy.
      return inMemory(new Uint8Array(bytes));
    }
    if (bytes.length >= CHUNK) return new SpooledBuffer(this, this.write(bytes), 0, bytes.length);
    if (!this.open || this.open.used + bytes.length > CHUNK) {
      this.seal();
      this.gathering ??= new Uint8Array(CHUNK);
      this.open = { used: 0, memory: this.gathering, chunk: { place: undefined } };
    }
    const { open } = this;
    open.memory.set(bytes, open.used);
    const buffer = new SpooledBuffer(this, open.chunk, open.used, bytes.length);
    open.used += bytes.length;
    return buffer;
  }

  /** Bytes on disk. */
  get spooled(): number {
    return this.file?.length ?? 0;
  }

  /** Gives the file back. The buffers of the case are gone then. */
  close(): void {
    this.file?.close();
    this.file = undefined;
    this.open = undefined;
    this.gathering = undefined;
    this.cached.chunk = undefined;
    this.cached.memory = new Uint8Array(0);
  }

  /** The bytes of a chunk: those that are still being gathered, or what the file has. */
  chunk(chunk: Chunk): Uint8Array {
    if (this.open?.chunk === chunk) return this.open.memory;
    const { cached } = this;
    if (cached.chunk === chunk) return cached.memory;
    if (!this.file || !chunk.place) throw new SpoolFailure('the saved stream is used after the end of its case');
    cached.chunk = undefined;
    const { length } = chunk.place;
    // Used again: fresh memory for every chunk would cost more than reading it.
    if (cached.memory.length < length) cached.memory = new Uint8Array(length);
    this.file.read(chunk.place, cached.memory.subarray(0, length));
    cached.chunk = chunk;
    return cached.memory;
  }

  private seal(): void {
    const { open } = this;
    if (!open) return;
    this.open = undefined;
    open.chunk.place = this.write(open.memory.subarray(0, open.used)).place;
  }

  private write(bytes: Uint8Array): Chunk {
    this.file ??= new SpoolFile(this.folder);
    return { place: this.file.append(bytes) };
  }
}

interface Chunk {
  /** Undefined while it is gathered. */
  place: Place | undefined;
}

interface OpenChunk {
  used: number;
  readonly memory: Uint8Array;
  readonly chunk: Chunk;
}

interface Place {
  readonly at: number;
  readonly length: number;
  readonly digest: Buffer;
}

/** A buffer made from another one when it is asked for; as long as `length` says. */
export function derivedBuffer(length: number, make: () => Uint8Array): SavedBuffer {
  return { length, bytes: make };
}

function inMemory(bytes: Uint8Array): SavedBuffer {
  return { length: bytes.length, bytes: () => bytes };
}

class SpooledBuffer implements SavedBuffer {
  constructor(
    private readonly spool: StreamSpool,
    private readonly chunk: Chunk,
    private readonly at: number,
    readonly length: number,
  ) {}

  bytes(): Uint8Array {
    return this.spool.chunk(this.chunk).subarray(this.at, this.at + this.length);
  }
}

class SpoolFile {
  length = 0;
  private readonly fd: number;

  constructor(folder: string) {
    const name = path.join(folder, `vfio-conformance-stream-${process.pid}-${randomUUID()}`);
    try {
      // O_EXCL: nobody else's file, nor a link that somebody put there, is written to.
      this.fd = fs.openSync(name, 'wx+', 0o600);
      fs.unlinkSync(name);
    } catch (error) {
      throw failure(`no file for a saved stream can be made in ${folder}`, error);
    }
  }

  append(bytes: Uint8Array): Place {
    const at = this.length;
    try {
      for (let done = 0; done < bytes.length; )
        done += fs.writeSync(this.fd, bytes, done, bytes.length - done, at + done);
    } catch (error) {
      throw failure(`a saved stream cannot be written to disk after ${at} bytes`, error);
    }
    this.length += bytes.length;
    return { at, length: bytes.length, digest: sha256(bytes) };
  }

  read({ at, digest }: Place, into: Uint8Array): void {
    try {
      for (let done = 0; done < into.length; ) {
        const count = fs.readSync(this.fd, into, done, into.length - done, at + done);
        if (count === 0) throw new Error('it is shorter than what was written');
        done += count;
      }
    } catch (error) {
      throw failure('a saved stream cannot be read back from disk', error);
    }
    if (!sha256(into).equals(digest))
      throw new SpoolFailure(`the disk gives back other bytes of a saved stream than were written, at ${at}`);
  }

  close(): void {
    fs.closeSync(this.fd);
  }
}

function failure(what: string, error: unknown): SpoolFailure {
  const why = error instanceof Error ? error.message : String(error);
  return new SpoolFailure(`${what}: ${why}; TMPDIR names another folder`, { cause: error });
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** A folder on disk: /tmp is memory on many machines. */
function spoolFolder(): string {
  const named = process.env['TMPDIR'];
  if (named) return named;
  try {
    fs.accessSync('/var/tmp', fs.constants.W_OK);
    return '/var/tmp';
  } catch {
    return os.tmpdir();
  }
}
