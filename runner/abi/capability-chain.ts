/**
 * Capability chains of the INFO ioctls: headers that point at each other by offsets from the start of the INFO buffer.
 *
 * The walk trusts nothing: every header is checked against hard bounds before it is read, no offset is visited twice, and the
 * number of headers is limited. Headers may stand at any alignment and in any order, and unknown ids are passed through.
 */
import type { ByteOrder } from './byte-order';
import { vfioInfoCapHeader } from './structures/vfio-info-cap-header';

/** More headers than this end the walk: no INFO ioctl comes near it. */
export const MAX_CAPABILITIES = 1024;

export interface Capability {
  readonly id: number;
  readonly version: number;
  /** Of its header, from the start of the INFO buffer. */
  readonly offset: number;
  /** As it stands in the header. */
  readonly next: number;
  /** Header included, up to the next header in memory or the end: at least 8 bytes unless another header overlaps this one. A view, not a copy. */
  readonly bytes: Uint8Array;
}

export type ChainProblemKind =
  /** A header points at one that was there before. */
  | 'loop'
  /** An offset at or past the end. */
  | 'outside'
  /** A header that begins inside and ends outside. */
  | 'truncated-header'
  /** A header inside the fixed structure in front of the chain. */
  | 'overlap-struct-head'
  /** Two headers that share bytes. */
  | 'overlap-header'
  /** More than MAX_CAPABILITIES headers. */
  | 'too-many';

export interface ChainProblem {
  readonly kind: ChainProblemKind;
  /** The offset that is wrong. */
  readonly offset: number;
  readonly message: string;
}

export interface CapabilityChain {
  /** In the order of the chain. */
  readonly capabilities: readonly Capability[];
  readonly problems: readonly ChainProblem[];
}

export interface ChainBounds {
  /** cap_offset; 0 means that there is no chain. */
  readonly start: number;
  /** Size of the fixed structure in front; no header may stand in it. */
  readonly headSize: number;
  /** Where the chain must end: argsz. What lies beyond the buffer is cut off. */
  readonly end?: number;
}

/** Walks a chain. Never throws, whatever the bytes hold. */
export function walkCapabilityChain(buffer: Uint8Array, order: ByteOrder, bounds: ChainBounds): CapabilityChain {
  const end = Math.min(buffer.length, bounds.end ?? buffer.length);
  const headers: { id: number; version: number; next: number; offset: number }[] = [];
  const problems: ChainProblem[] = [];
  const seen = new Set<number>();
  let from = 'cap_offset';
  let offset = bounds.start;

  const complain = (kind: ChainProblemKind, message: string): void => {
    problems.push({ kind, offset, message });
  };
  while (offset !== 0) {
    if (seen.has(offset)) {
      complain('loop', `${from} points back at the header at ${offset}: the chain never ends`);
      break;
    }
    if (headers.length >= MAX_CAPABILITIES) {
      complain('too-many', `the chain has more than ${MAX_CAPABILITIES} headers`);
      break;
    }
    if (offset >= end) {
      complain('outside', `${from} is ${offset}, but the information ends at ${end}`);
      break;
    }
    if (offset + vfioInfoCapHeader.size > end) {
      complain('truncated-header', `${from} is ${offset}: a header of 8 bytes there ends past ${end}`);
      break;
    }
    if (offset < bounds.headSize) {
      complain('overlap-struct-head', `${from} is ${offset}, inside the structure in front (${bounds.headSize} bytes)`);
    }
    seen.add(offset);
    const header = vfioInfoCapHeader.decode(buffer, order, offset);
    headers.push({ ...header, offset });
    from = `next of the header at ${offset}`;
    offset = header.next;
  }

  const starts = [...seen].sort((a, b) => a - b);
  const following = new Map<number, number>();
  starts.forEach((start, n) => {
    const next = starts[n + 1];
    following.set(start, next ?? end);
    if (next !== undefined && next - start < vfioInfoCapHeader.size) {
      problems.push({
        kind: 'overlap-header',
        offset: next,
        message: `the header at ${next} overlaps the one at ${start}`,
      });
    }
  });
  const capabilities = headers.map((header) => ({
    ...header,
    bytes: buffer.subarray(header.offset, following.get(header.offset) ?? end),
  }));
  return { capabilities, problems };
}
