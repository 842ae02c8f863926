/** The file of a recording: made of the parts that executors left, and opened for a replay. */
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import type { HostFacts } from '../vfio-host';
import {
  MAX_HEAD,
  MAX_PART,
  MAX_PART_HEAD,
  MAX_PARTS,
  PartBegin,
  PartHead,
  parseLine,
  RecordingError,
  RecordingHead,
} from './format';
import { PartReader } from './part-reader';

const PART_SUFFIX = '.part';

/** A new file for a part, in a folder that is made when needed; in the order in which they begin. */
export function partFile(folder: string, ordinal: number): string {
  fs.mkdirSync(folder, { recursive: true });
  const time = String(Date.now()).padStart(14, '0');
  return path.join(folder, `${time}-${process.pid}-${String(ordinal).padStart(6, '0')}${PART_SUFFIX}`);
}

/** A process that recorded was ended in its last access: its last part says by what. */
export function endedBy(folder: string, pid: number, signal: string): void {
  const last = partsIn(folder)
    .filter((name) => name.split('-')[1] === String(pid))
    .at(-1);
  if (last === undefined) return;
  const file = path.join(folder, last);
  const text = fs.readFileSync(file);
  // Half a line is none.
  fs.truncateSync(file, text.lastIndexOf(10) + 1);
  fs.appendFileSync(file, `${JSON.stringify({ end: signal })}\n`);
}

export interface Packed {
  readonly parts: number;
  /** Parts that are not whole: full, cut short by a full disk or by the end of a process. */
  readonly cut: number;
  /** Bytes. */
  readonly size: number;
}

/** Makes the file out of the parts in a folder, and takes the folder away. @throws an Error of fs; then the parts stay. */
export function packRecording(
  file: string,
  head: RecordingHead,
  folder: string,
  { keepParts = false }: { readonly keepParts?: boolean } = {},
): Packed {
  const names = partsIn(folder);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const making = `${file}.${process.pid}.new`;
  const descriptor = fs.openSync(making, 'w');
  let cut = 0;
  try {
    fs.writeSync(descriptor, `${JSON.stringify(head)}\n`);
    for (const name of names) {
      const whole = fs.readFileSync(path.join(folder, name));
      const begins = whole.indexOf(10);
      const begin = parseLine(PartBegin, whole.subarray(0, begins).toString('utf8'), name);
      const text = whole.subarray(begins + 1);
      if (!isWhole(text)) cut += 1;
      const packed = zlib.gzipSync(text, { level: 9 });
      const line: PartHead = { ...begin, stored: packed.length, unpacked: text.length };
      fs.writeSync(descriptor, `${JSON.stringify(line)}\n`);
      for (let at = 0; at < packed.length; ) at += fs.writeSync(descriptor, packed, at);
    }
    const { size } = fs.fstatSync(descriptor);
    fs.closeSync(descriptor);
    fs.renameSync(making, file);
    if (!keepParts) fs.rmSync(folder, { recursive: true, force: true });
    return { parts: names.length, cut, size };
  } catch (error) {
    fs.rmSync(making, { force: true });
    throw error;
  }
}

/** Whether its last line says that it was closed, or what ended the process. */
function isWhole(text: Buffer): boolean {
  const last = text.lastIndexOf(10, text.length - 2) + 1;
  return /^\{"end":"(closed|SIG)/.test(text.subarray(last, last + 40).toString('utf8'));
}

function partsIn(folder: string): string[] {
  try {
    return fs
      .readdirSync(folder)
      .filter((name) => name.endsWith(PART_SUFFIX))
      .sort();
  } catch {
    return [];
  }
}

export interface RecordedPart extends PartHead {
  /** Where its bytes begin in the file. */
  readonly position: number;
}

/** An opened recording: what it says of itself, and its parts unread. */
export class Recording {
  private constructor(
    readonly file: string,
    readonly head: RecordingHead,
    readonly parts: readonly RecordedPart[],
  ) {}

  /** Reads the lines, not the accesses. @throws RecordingError */
  static open(file: string): Recording {
    const descriptor = openRegular(file);
    try {
      const { size } = fs.fstatSync(descriptor);
      const first = lineAt(descriptor, 0, size, MAX_HEAD, file, 'the first line');
      const head = parseLine(RecordingHead, first.text, `${file}: the first line`);
      const parts: RecordedPart[] = [];
      for (let at = first.next; at < size; ) {
        const name = `part ${parts.length + 1}`;
        if (parts.length >= MAX_PARTS) throw new RecordingError(`${file} has more parts than ${MAX_PARTS}`);
        const line = lineAt(descriptor, at, size, MAX_PART_HEAD, file, `the line before ${name}`);
        const part = parseLine(PartHead, line.text, `${file}: the line before ${name}`);
        if (line.next + part.stored > size) throw new RecordingError(`${file}: ${name} is cut short`);
        parts.push({ ...part, position: line.next });
        at = line.next + part.stored;
      }
      return new Recording(file, head, parts);
    } finally {
      fs.closeSync(descriptor);
    }
  }

  /** The accesses of one part. @throws RecordingError */
  read(part: RecordedPart): PartReader {
    const stored = Buffer.alloc(part.stored);
    const descriptor = openRegular(this.file);
    try {
      const read = fs.readSync(descriptor, stored, 0, part.stored, part.position);
      if (read !== part.stored) throw new RecordingError(`${this.file} is cut short`);
    } finally {
      fs.closeSync(descriptor);
    }
    const name = part.case ?? 'the first look at the device';
    try {
      const text = zlib.gunzipSync(stored, { maxOutputLength: Math.min(part.unpacked, MAX_PART) || 1 });
      return new PartReader(text, name);
    } catch {
      throw new RecordingError(`${this.file}: what was recorded of ${name} cannot be unpacked`);
    }
  }

  /** The part of the `nth` run of a case, counted from 0; of the first look at the device when no case is named. */
  find(caseId: string | undefined, claims: readonly string[], nth: number): RecordedPart | undefined {
    const same = this.parts.filter((part) => part.case === caseId);
    const claimed = same.filter((part) => String(part.claims) === String(claims));
    const candidates = claimed.length > 0 ? claimed : same;
    return candidates[nth] ?? candidates.at(-1);
  }

  /** Of the host that was recorded, as the first part has it. */
  get facts(): HostFacts | undefined {
    return this.parts[0]?.host;
  }
}

/** No pipe, no device file: reading one of those may never end. */
function openRegular(file: string): number {
  let descriptor: number | undefined;
  try {
    descriptor = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    if (fs.fstatSync(descriptor).isFile()) return descriptor;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new RecordingError(`${file} cannot be read${code === undefined ? '' : `: ${code}`}`);
  }
  fs.closeSync(descriptor);
  throw new RecordingError(`${file} is not a file`);
}

function lineAt(
  descriptor: number,
  at: number,
  size: number,
  most: number,
  file: string,
  what: string,
): { readonly text: string; readonly next: number } {
  const chunk = Buffer.alloc(Math.min(most, size - at));
  const read = fs.readSync(descriptor, chunk, 0, chunk.length, at);
  const end = chunk.subarray(0, read).indexOf(10);
  if (end < 0) throw new RecordingError(`${file} is no recording: ${what} does not end`);
  return { text: chunk.subarray(0, end).toString('utf8'), next: at + end + 1 };
}
