/** Reads what a flight recorder wrote, whatever has become of the process that wrote it. */
import fs from 'node:fs';
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
  MAGIC,
  PATH_AT,
  PATH_BYTES,
  ROW_BYTES,
  ROWS,
  WORD,
} from './flight-format';

export interface FlightRow {
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

/** Never throws: a recording that is missing or is none says so in `recorded`. */
export function readFlight(path: string): Flight {
  let bytes: Buffer;
  try {
    bytes = fs.readFileSync(path);
  } catch {
    return NOTHING;
  }
  if (bytes.length !== FILE_BYTES || MAGIC.some((byte, n) => bytes[n] !== byte)) {
    return NOTHING;
  }
  // A copy of its own, because a Buffer may stand at any address and words may not.
  const file = new Uint8Array(bytes).buffer;
  const rows: FlightRow[] = [];
  for (let n = 0; n < ROWS; n += 1) {
    const row = readRow(file, HEADER_BYTES + n * ROW_BYTES);
    if (row !== undefined) {
      rows.push(row);
    }
  }
  rows.sort((a, b) => a.sequence - b.sequence);
  const last = rows.at(-1);
  const step = new Float64Array(file, 0, HEADER_BYTES / 8)[HEADER.STEP] ?? -1;
  return last !== undefined && last.result === undefined
    ? { recorded: true, inAccess: true, step, current: last, rows }
    : { recorded: true, inAccess: false, step, rows };
}

function readRow(file: ArrayBuffer, at: number): FlightRow | undefined {
  const words = new Float64Array(file, at, ROW_BYTES / 8);
  const big = new BigUint64Array(file, at, ROW_BYTES / 8);
  const word = (index: number): number => words[index] ?? 0;
  const sequence = word(WORD.HEAD);
  const bits = word(WORD.CALL);
  const call = CALLS[bits & 0xff];
  if (!Number.isSafeInteger(sequence) || sequence < 1 || word(WORD.TAIL) !== sequence || call === undefined) {
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
    ...((bits & HAS_OFFSET) !== 0 && { offset: BigInt.asIntN(64, big[WORD.OFFSET] ?? 0n) }),
    ...((bits & HAS_AT) !== 0 && { at: word(WORD.AT) }),
    ...((bits & HAS_VALUE) !== 0 && { value: big[WORD.VALUE] ?? 0n }),
    ...((bits & HAS_PATH) !== 0 && { path: readPath(file, at + PATH_AT) }),
    ...(word(WORD.DONE) === sequence && { result: word(WORD.RESULT) }),
  };
}

function readPath(file: ArrayBuffer, at: number): string {
  const bytes = new Uint8Array(file, at, PATH_BYTES);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(bytes.subarray(0, end < 0 ? PATH_BYTES : end));
}
