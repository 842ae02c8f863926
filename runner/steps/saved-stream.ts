/** A saved migration stream: the buffers of one `save` step, in order, each in its own transaction size (header diff, lines 242-244). */
import type { Via } from '../vfio/data-transfer';
import type { PiecesWord } from './pieces';
import type { SideName } from './step-context';
import type { SavedBuffer } from './stream-spool';

/** How a saving session began: straight from _RUNNING to stop-and-copy, through pre-copy, or from _STOP. */
export type SavingEntry = 'running' | 'pre-copy' | 'stop';

/** Part of one saving session: from leaving a state without _SAVING to leaving _SAVING. */
export interface StreamOrigin {
  /** Whose state it is. */
  readonly side: SideName;
  /** Number of the saving session in this case. */
  readonly session: number;
  readonly entry: SavingEntry;
  /** Which save of that session this is, from 0. */
  readonly segment: number;
}

/** What one iteration of the saving loop showed, in the order of the loop. */
export interface SaveIteration {
  /** pending_bytes before data_offset, and after the data; undefined where the loop was left before. */
  readonly pending: bigint;
  after: bigint | undefined;
  /** data_size. */
  readonly size: bigint;
}

export interface SavedStream {
  readonly buffers: readonly SavedBuffer[];
  readonly origin: StreamOrigin;
  /** Drained to pending_bytes 0 in stop-and-copy: nothing comes after it. */
  readonly drained: boolean;
  /** Saved in stop-and-copy, not in pre-copy. */
  readonly stopped: boolean;
  /** Fetched as any user would: every field read once, each buffer by read() in one go, nothing tried out. */
  readonly plain: boolean;
  readonly pieces: PiecesWord;
  readonly via: Via | 'both';
  readonly iterations: readonly SaveIteration[];
  /** Changed on purpose by `tamper`. */
  readonly tampered: boolean;
}

export function streamBytes(stream: Pick<SavedStream, 'buffers'>): number {
  return stream.buffers.reduce((sum, buffer) => sum + buffer.length, 0);
}

/** True when these streams, in this order, are all of one saving session, untouched. */
export function isWhole(streams: readonly SavedStream[]): boolean {
  const first = streams[0];
  const last = streams.at(-1);
  if (!first || !last?.drained) return false;
  return streams.every(
    (stream, n) =>
      !stream.tampered &&
      stream.origin.side === first.origin.side &&
      stream.origin.session === first.origin.session &&
      stream.origin.segment === n,
  );
}

/** True when something in them is not as it was saved, or not in its order. */
export function isWrong(streams: readonly SavedStream[]): boolean {
  return streams.some((stream, n) => {
    const before = streams[n - 1];
    const misplaced =
      before !== undefined &&
      (before.origin.side !== stream.origin.side ||
        before.origin.session !== stream.origin.session ||
        before.origin.segment + 1 !== stream.origin.segment);
    return stream.tampered || misplaced;
  });
}
