/** How a step cuts a buffer into accesses, as scenarios write it. */
import type { TUnsafe } from '@sinclair/typebox';
import { vfioDeviceMigrationInfo } from '../abi';
import { Choice, type Description } from '../language/scalars';
import type { Pieces as TransferPieces, Via } from '../vfio/data-transfer';
import type { MigrationRegion } from '../vfio/migration-region';
import { type Outcome, ownFailure, success } from '../vfio/outcome';

const WORDS = ['bulk', 'natural', 'u8', 'u16', 'u32', 'u64', 'odd', 'mixed'] as const;
export type PiecesWord = (typeof WORDS)[number];

/** Pieces this small are tried at both ends of a buffer only: a large state would take forever in single bytes. */
const EDGE_BYTES = 512;
/** Sizes of `mixed`, over and over: every width, some at odd places. */
const MIXED_SIZES = [1, 2, 4, 8, 8, 4, 2, 1, 3, 5, 16, 64];
const SMALL: Partial<Record<PiecesWord, TransferPieces>> = { u8: 1, u16: 2, u32: 4, u64: 8 };

export function Pieces(options: Description = {}): TUnsafe<PiecesWord> {
  return Choice(WORDS, {
    description:
      '`bulk`: one call if the device gives all; `natural`: 8, 4, 2 and 1 bytes as QEMU does, in the first 4 MiB; `u8` to `u64`: nothing wider, in the first and last 512 bytes of a buffer; `odd`: pieces of 509 bytes; `mixed`: all widths in turn, some of them not aligned, in the first and last 512 bytes.',
    ...options,
  });
}

/** Bytes of one stream that are moved in natural pieces; a state of hundreds of MiB in words of 8 bytes would show nothing more. */
const NATURAL_BYTES = 4 * 1024 * 1024;

/** How a buffer is cut that comes after `before` bytes of its stream. */
export function piecesOfBuffer(pieces: PiecesWord, before: number): PiecesWord {
  return pieces === 'natural' && before >= NATURAL_BYTES ? 'bulk' : pieces;
}

/** Reads a buffer, or writes one, cut as the word says. */
export function transferInPieces(
  migration: MigrationRegion,
  direction: 'read' | 'write',
  offset: bigint,
  bytes: Uint8Array,
  how: { readonly pieces: PiecesWord; readonly via: Via },
): Outcome<unknown> {
  const move = (from: number, to: number, pieces: TransferPieces): Outcome<unknown> => {
    const part = bytes.subarray(from, to);
    const options = { via: how.via, pieces };
    const at = offset + BigInt(from);
    return direction === 'write' ? migration.writeData(at, part, options) : migration.readInto(at, part, options);
  };
  const { length } = bytes;
  const small = SMALL[how.pieces];
  if (how.pieces === 'bulk' || how.pieces === 'natural') return move(0, length, how.pieces);
  if (how.pieces === 'odd') return move(0, length, { chunk: 509 });
  const head = Math.min(EDGE_BYTES, length);
  const tail = Math.max(head, length - EDGE_BYTES);
  const edge = (from: number, to: number): Outcome<unknown> =>
    small !== undefined ? move(from, to, small) : inMixedSizes(from, to, move);
  const first = edge(0, head);
  if (!first.ok) return first;
  const middle = tail > head ? move(head, tail, 'bulk') : first;
  return middle.ok && tail < length ? edge(tail, length) : middle;
}

/**
 * A whole buffer of the data section, at a place and in a size that the device named: both are checked before anything is allocated.
 * `memory` gives the bytes to read into, as many as it is asked for; default: new ones.
 */
export function readInPieces(
  migration: MigrationRegion,
  offset: bigint,
  size: bigint,
  how: { readonly pieces: PiecesWord; readonly via: Via },
  memory = (bytes: number): Uint8Array => new Uint8Array(bytes),
): Outcome<Uint8Array> {
  const { limits, info } = migration.region;
  const outside = offset < BigInt(vfioDeviceMigrationInfo.size) || !migration.region.holds(offset, size);
  if (outside || size > limits.maxBufferBytes) {
    const what = `${size} bytes at 0x${offset.toString(16)}`;
    return ownFailure('outside', 'read data', `${what} are not in the data section of a region of ${info.size} bytes`);
  }
  const bytes = memory(Number(size));
  const read = transferInPieces(migration, 'read', offset, bytes, how);
  return read.ok ? success(bytes) : read;
}

function inMixedSizes(
  from: number,
  to: number,
  move: (from: number, to: number, pieces: TransferPieces) => Outcome<unknown>,
): Outcome<unknown> {
  let last: Outcome<unknown> = { ok: true, value: undefined };
  let at = from;
  for (let n = 0; at < to && last.ok; n += 1) {
    const end = Math.min(to, at + (MIXED_SIZES[n % MIXED_SIZES.length] ?? 1));
    last = move(at, end, 'bulk');
    at = end;
  }
  return last;
}
