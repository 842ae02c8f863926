/** Reads what a flight recorder wrote, whatever has become of the process that wrote it. */
import fs from 'node:fs';
import { endianness } from 'node:os';
import type { WatchedCall } from './access';
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
  WORD,
} from './flight-format';

export interface FlightRow {
  /** In the recording, from 1; a WatchedHost counts its accesses by itself. */
  readonly sequence: number;
  readonly call: WatchedCall;
  /** The writer's clock, in milliseconds. */
  readonly startedMs: number;
  /** Index of the step that was running, -1 before the first one. */
  readonly step: number;
  /** -1 for calls without a descriptor. */
  readonly fd: number;
  readonly length: number;
  readonly request?: number;
  readonly offset?: bigint;
  readonly at?: number;
  /** load, store, peek, poke, munmap: of a mapped part of a device, not of memory of the process's own. */
  readonly inDevice?: true;
  /** What was stored, or an ioctl's argument where it is no buffer. */
  readonly value?: bigint;
  /** open; of a long path the end. */
  readonly path?: string;
  /** Absent when the call had not returned. */
  readonly result?: number;
}

export interface Flight {
  /** False when there is no recording at this path: the writer never came so far. */
  readonly recorded: boolean;
  /** The process was in the middle of `current` when it was looked at, or when it died. */
  readonly inAccess: boolean;
  /** The last step begun, -1 before the first one. */
  readonly step: number;
  readonly current?: FlightRow;
  /** The last rows, oldest first, `current` included. */
  readonly rows: readonly FlightRow[];
}

const NOTHING: Flight = { recorded: false, inAccess: false, step: -1, rows: [] };

/**
 * Never throws: a recording that is missing or is none says so in `recorded`.
 *
 * The writer may be alive and writing, and a read of the file is no snapshot, nor does it go from front to back. So the file is
 * read three times: a row counts when its TAIL was there in the first copy (all of it was written before the second was made) and
 * its HEAD is still there in the third (none of it was overwritten until the second was complete); the second then holds it whole.
 */
export function readFlight(path: string): Flight {
  const [first, second, third] = [readCopy(path), readCopy(path), readCopy(path)];
  if (first === undefined || second === undefined || third === undefined) {
    return NOTHING;
  }
  const rows: FlightRow[] = [];
  for (let at = HEADER_BYTES; at < FILE_BYTES; at += ROW_BYTES) {
    const sequence = wordOf(first, at, WORD.TAIL);
    if (sequence > 0 && wordOf(third, at, WORD.HEAD) === sequence) {
      const answered = wordOf(first, at, WORD.DONE) === sequence;
      const row = decodeRow(second, at, sequence, answered);
      if (row !== undefined) {
        rows.push(row);
      }
    }
  }
  rows.sort((a, b) => a.sequence - b.sequence);
  const last = rows.at(-1);
  const step = wordOf(second, 0, HEADER.STEP);
  return last !== undefined && last.result === undefined
    ? { recorded: true, inAccess: true, step, current: last, rows }
    : { recorded: true, inAccess: false, step, rows };
}

function readCopy(path: string): DataView | undefined {
  let bytes: Buffer;
  try {
    bytes = fs.readFileSync(path);
  } catch {
    return undefined;
  }
  const isRecording = bytes.length === FILE_BYTES && MAGIC.every((byte, n) => bytes[n] === byte);
  return isRecording ? new DataView(bytes.buffer, bytes.byteOffset, bytes.length) : undefined;
}

const LITTLE = endianness() === 'LE';

function wordOf(copy: DataView, at: number, word: number): number {
  return copy.getFloat64(at + word * 8, LITTLE);
}

function decodeRow(copy: DataView, at: number, sequence: number, answered: boolean): FlightRow | undefined {
  const word = (index: number): number => wordOf(copy, at, index);
  const bits = word(WORD.CALL);
  const call = CALLS[bits & 0xff];
  if (call === undefined) {
    return undefined;
  }
  return {
    sequence,
    call,
    startedMs: word(WORD.STARTED_MS),
    step: word(WORD.STEP),
    fd: word(WORD.FD),
    length: word(WORD.LENGTH),
    ...((bits & HAS_REQUEST) !== 0 && { request: word(WORD.REQUEST) }),
    ...((bits & HAS_OFFSET) !== 0 && { offset: copy.getBigInt64(at + WORD.OFFSET * 8, LITTLE) }),
    ...((bits & HAS_AT) !== 0 && { at: word(WORD.AT) }),
    ...((bits & IN_DEVICE) !== 0 && { inDevice: true as const }),
    ...((bits & HAS_VALUE) !== 0 && { value: copy.getBigUint64(at + WORD.VALUE * 8, LITTLE) }),
    ...((bits & HAS_PATH) !== 0 && { path: pathOf(copy, at + WORD.PATH * 8) }),
    ...(answered && { result: word(WORD.RESULT) }),
  };
}

function pathOf(copy: DataView, at: number): string {
  const bytes = new Uint8Array(copy.buffer, copy.byteOffset + at, PATH_BYTES);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(bytes.subarray(0, end < 0 ? PATH_BYTES : end));
}
