/**
 * results.jsonl: every CaseResult as one line, as it comes, so that a crash or a power cut leaves what was finished. Several workers
 * append to one file: a line goes out in one write() on a descriptor opened with O_APPEND, which Linux keeps whole. The disk is told to
 * keep it at once, and the next case does not wait for that.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { CaseResult } from '../execution/case-result';
import { RESULTS_FILE } from '../execution/run-plan';

const NEWLINE = Buffer.from('\n');
/** A disk that takes a part of a line says at the next write what is wrong with it. */
const TRIES = 8;

export class ResultsLog {
  readonly file: string;
  /** The last write may have left a part of a line. */
  private torn = false;
  private descriptor: number | undefined;
  private syncing = false;
  private dirty = false;
  private failure: Error | undefined;

  constructor(folder: string) {
    this.file = path.join(folder, RESULTS_FILE);
  }

  /**
   * @throws an Error of fs when the line could not be written whole (a full or failing disk). What stands there of it is no line, and
   * does not get in the way of the next one.
   */
  append(result: CaseResult): void {
    if (this.failure) throw new Error(`${this.file}: ${this.failure.message}`);
    this.descriptor ??= this.open();
    const line = Buffer.from(`${JSON.stringify(result, replaceBigInt)}\n`);
    for (let tries = 0; tries < TRIES; tries += 1) {
      // Once more and whole rather than the rest of it: another worker's line may stand behind the torn one.
      const text = this.torn ? Buffer.concat([NEWLINE, line]) : line;
      this.torn = true;
      const written = fs.writeSync(this.descriptor, text);
      if (written !== text.length) continue;
      this.torn = false;
      this.dirty = true;
      this.sync(this.descriptor);
      return;
    }
    throw new Error(`${this.file}: a line of ${line.length} bytes could not be written whole`);
  }

  close(): void {
    const { descriptor } = this;
    this.descriptor = undefined;
    if (descriptor === undefined) return;
    // One that the disk is still busy with is closed when it is through.
    if (!this.syncing) fs.closeSync(descriptor);
  }

  private sync(descriptor: number): void {
    if (this.syncing) return;
    this.syncing = true;
    this.dirty = false;
    fs.fdatasync(descriptor, (error) => {
      this.syncing = false;
      // EINVAL: a pipe or the like, which cannot be synced and need not be.
      if (error && error.code !== 'EINVAL') this.failure ??= error;
      else if (this.dirty) return this.sync(descriptor);
      if (this.descriptor !== descriptor) fs.closeSync(descriptor);
    });
  }

  private open(): number {
    fs.mkdirSync(path.dirname(this.file), { recursive: true });
    const descriptor = fs.openSync(this.file, 'a+');
    // A run that was killed in mid-write leaves half a line; the next one must not be glued to it.
    const { size } = fs.fstatSync(descriptor);
    const last = Buffer.alloc(1);
    if (size > 0 && fs.readSync(descriptor, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a)
      fs.writeSync(descriptor, '\n');
    return descriptor;
  }
}

/** CaseResult holds no bigint; should one slip in, it is shown rather than lost with the whole line. */
function replaceBigInt(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
