/** Moving one buffer of the data section, by read and write in pieces or through mapped areas. */
import { readScalar, writeScalar } from '../abi';
import type { AccessWidth } from '../host/vfio-host';
import { type Outcome, ownFailure, success } from './outcome';
import type { MappedArea, Region } from './region';

/**
 * How a buffer is cut.
 * - `bulk`: as few calls as possible, the rest of a short one in the next;
 * - `natural`: pieces of 8, 4, 2 and 1 bytes, each at its own alignment, as QEMU does outside mapped areas;
 * - a width: the same, with no piece wider;
 * - `{chunk}`: calls of so many bytes in order, whatever the alignment.
 */
export type Pieces = 'bulk' | 'natural' | AccessWidth | { readonly chunk: number };

/** `read`: pread and pwrite only. `mmap`: through the mapped areas where there are any, the rest by pread and pwrite. */
export type Via = 'read' | 'mmap';

export interface TransferOptions {
  readonly via?: Via;
  readonly pieces?: Pieces;
}

export interface Transfer {
  readonly bytes: Uint8Array;
  /** System calls or accesses made. */
  readonly accesses: number;
  /** How many of the bytes went through a mapping. */
  readonly mappedBytes: number;
}

interface Span {
  /** From the region's start. */
  readonly at: bigint;
  readonly size: number;
  readonly area?: MappedArea;
}

/** Moves `bytes` between memory and the region at `at`; the caller has checked that they lie inside. */
export function transferData(
  region: Region,
  direction: 'read' | 'write',
  at: bigint,
  bytes: Uint8Array,
  options: TransferOptions,
): Outcome<Transfer> {
  const spans = cutIntoSpans(region, at, bytes.length, options.via ?? 'read');
  if (!spans.ok) {
    return spans;
  }
  let accesses = 0;
  let mappedBytes = 0;
  let from = 0;
  for (const span of spans.value) {
    const part = bytes.subarray(from, from + span.size);
    const moved = span.area
      ? moveMapped(region, direction, span.area, span.at, part, options.pieces ?? 'bulk')
      : moveByCalls(region, direction, span.at, part, options.pieces ?? 'bulk', region.limits.maxPieces - accesses);
    if (!moved.ok) {
      return { ...moved, transferred: from + moved.transferred };
    }
    accesses += moved.value;
    mappedBytes += span.area ? span.size : 0;
    from += span.size;
  }
  return success({ bytes, accesses, mappedBytes });
}

/** The buffer as parts that lie wholly inside a mapped area, or wholly outside all of them. */
function cutIntoSpans(region: Region, at: bigint, size: number, via: Via): Outcome<readonly Span[]> {
  if (via === 'read') {
    return success(size > 0 ? [{ at, size }] : []);
  }
  const end = at + BigInt(size);
  const overlapping = region.info.mappableAreas
    .filter((area) => area.size > 0n && area.offset < end && area.offset + area.size > at)
    .sort((a, b) => (a.offset < b.offset ? -1 : 1));
  const spans: Span[] = [];
  let position = at;
  const upTo = (next: bigint, area?: MappedArea): void => {
    if (next > position) {
      spans.push({ at: position, size: Number(next - position), ...(area ? { area } : {}) });
      position = next;
    }
  };
  for (const area of overlapping) {
    const mapped = region.map(area, { read: true, write: true });
    if (!mapped.ok) {
      return mapped;
    }
    upTo(area.offset > position ? area.offset : position);
    const areaEnd = area.offset + area.size;
    upTo(areaEnd < end ? areaEnd : end, mapped.value);
  }
  upTo(end);
  return success(spans);
}

function moveByCalls(
  region: Region,
  direction: 'read' | 'write',
  at: bigint,
  bytes: Uint8Array,
  pieces: Pieces,
  budget: number,
): Outcome<number> {
  const call = direction === 'read' ? 'pread' : 'pwrite';
  let done = 0;
  for (let calls = 0; done < bytes.length; calls++) {
    if (calls >= budget) {
      return ownFailure('limit', call, `more than ${region.limits.maxPieces} calls for one buffer`, done);
    }
    const position = at + BigInt(done);
    const piece = bytes.subarray(done, done + nextPiece(position, bytes.length - done, pieces));
    const moved = direction === 'read' ? region.read(position, piece) : region.write(position, piece);
    if (!moved.ok) {
      return { ...moved, transferred: done };
    }
    done += moved.value;
    if (moved.value === 0) {
      return ownFailure('short', call, `0 of ${piece.length} bytes at ${done} of ${bytes.length}`, done);
    }
    if (done === bytes.length) {
      return success(calls + 1);
    }
  }
  return success(0);
}

function moveMapped(
  region: Region,
  direction: 'read' | 'write',
  mapped: MappedArea,
  at: bigint,
  bytes: Uint8Array,
  pieces: Pieces,
): Outcome<number> {
  const { host, order } = region;
  const start = Number(at - mapped.area.offset);
  let done = 0;
  let accesses = 0;
  while (done < bytes.length) {
    const size = nextPiece(BigInt(start + done), bytes.length - done, pieces);
    const piece = bytes.subarray(done, done + size);
    if (pieces === 'bulk' || typeof pieces === 'object') {
      if (direction === 'read') {
        host.peek(mapped.memory, start + done, piece);
      } else {
        host.poke(mapped.memory, start + done, piece);
      }
    } else if (direction === 'read') {
      const width = size as AccessWidth;
      writeScalar(piece, 0, width, host.load(mapped.memory, start + done, width), order);
    } else {
      const width = size as AccessWidth;
      host.store(mapped.memory, start + done, width, readScalar(piece, 0, width, order));
    }
    done += size;
    accesses++;
  }
  return success(accesses);
}

function nextPiece(at: bigint, left: number, pieces: Pieces): number {
  if (pieces === 'bulk') {
    return left;
  }
  if (typeof pieces === 'object') {
    if (!Number.isInteger(pieces.chunk) || pieces.chunk <= 0) {
      throw new RangeError(`a chunk takes a whole number of bytes above 0, not ${pieces.chunk}`);
    }
    return Math.min(left, pieces.chunk);
  }
  let width = pieces === 'natural' ? 8 : pieces;
  while (width > 1 && (width > left || at % BigInt(width) !== 0n)) {
    width /= 2;
  }
  return width;
}
