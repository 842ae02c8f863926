/**
 * The file of the flight recorder: a page of header, then a ring of rows, in the machine's own byte order, because writer and reader
 * are two processes of one machine.
 *
 * A row is written in this order: HEAD, the fields, TAIL, and after the call RESULT and DONE; HEAD, TAIL and DONE take the row's
 * number in the recording, from 1. Stores of a killed process stand as far as it came, and so a row is
 * - whole when HEAD and TAIL are equal, torn (and left out) when they are not;
 * - answered when DONE is equal too, in the middle of the call when it is not.
 */
import type { WatchedCall } from './access';

export const ROWS = 4096;
export const HEADER_BYTES = 4096;
export const ROW_BYTES = 128;
export const FILE_BYTES = HEADER_BYTES + ROWS * ROW_BYTES;

/** 'VFIOFLT1' as the bytes stand in the file. */
export const MAGIC = new Uint8Array([0x56, 0x46, 0x49, 0x4f, 0x46, 0x4c, 0x54, 0x31]);

/** Header fields, in 8-byte words (float64). */
export const HEADER = {
  MAGIC: 0,
  STEP: 1,
  /** Not 0: whoever watches wants the writer to end; the one word that the reader writes. */
  END: 2,
} as const;

/** Row fields, in 8-byte words from its start; float64 unless told otherwise. */
export const WORD = {
  HEAD: 0,
  STARTED_MS: 1,
  /** u64: offset in the file. */
  OFFSET: 2,
  /** u64: value stored or immediate argument. */
  VALUE: 3,
  LENGTH: 4,
  AT: 5,
  REQUEST: 6,
  FD: 7,
  STEP: 8,
  /** Index in CALLS, plus HAS_* bits. */
  CALL: 9,
  TAIL: 10,
  RESULT: 11,
  DONE: 12,
  /** Three words: the end of an opened path, UTF-8 padded with zeros. */
  PATH: 13,
} as const;

export const PATH_BYTES = ROW_BYTES - WORD.PATH * 8;

/** Which of the optional fields a row has. */
export const HAS_OFFSET = 0x100;
export const HAS_VALUE = 0x200;
export const HAS_AT = 0x400;
export const HAS_REQUEST = 0x800;
export const HAS_PATH = 0x1000;
/** Not a field: the memory is a mapped part of a device, where an access can raise a signal. */
export const IN_DEVICE = 0x2000;

/** A call is stored as its index: append only. */
export const CALLS: readonly WatchedCall[] = [
  'open',
  'close',
  'ioctl',
  'pread',
  'pwrite',
  'read',
  'mmap',
  'munmap',
  'allocate',
  'load',
  'store',
  'peek',
  'poke',
  'eventfd',
  'poll',
];
