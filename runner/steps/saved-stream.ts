/** A saved migration stream: the buffers of one `save` step, in order, each in its own transaction size (header diff, lines 242-244). */

/** Part of one saving session: from leaving a state without _SAVING to leaving _SAVING. */
export interface StreamOrigin {
  /** Number of the saving session in this case. */
  readonly session: number;
  /** Which save of that session this is, from 0. */
  readonly segment: number;
}

export interface SavedStream {
  readonly buffers: readonly Uint8Array[];
  readonly origin: StreamOrigin;
  /** Drained to pending_bytes 0 in stop-and-copy: nothing comes after it. */
  readonly drained: boolean;
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
    (stream, n) => !stream.tampered && stream.origin.session === first.origin.session && stream.origin.segment === n,
  );
}

/** True when something in them is not as it was saved, or not in its order. */
export function isWrong(streams: readonly SavedStream[]): boolean {
  return streams.some((stream, n) => {
    const before = streams[n - 1];
    const misplaced =
      before !== undefined &&
      (before.origin.session !== stream.origin.session || before.origin.segment + 1 !== stream.origin.segment);
    return stream.tampered || misplaced;
  });
}
