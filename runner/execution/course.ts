/** Course: what a case saw of the devices over time, measured at the port. Pictures and figures are made of it. Plain data. */
import type { BitmapSeen } from '../steps/bitmap-seen';

/** Milliseconds are counted from the beginning of the case. */
export interface Course {
  /** device_state of every side, in the order of time. */
  readonly states: readonly StateMoment[];
  /** Moments that were too many to keep. */
  readonly statesOmitted?: number;
  readonly saves: readonly SaveCourse[];
  readonly bitmaps: readonly BitmapMoment[];
}

/** A write of device_state, a reset, or a read that gave another state than the one known. */
export interface StateMoment {
  readonly atMs: number;
  /** How long the write or the reset took; 0 for a read. */
  readonly tookMs: number;
  readonly side: string;
  /** The three bits of device_state before; absent before the first read and after a reset. */
  readonly from?: number;
  /** The three bits that were written; absent for a read and for a reset. */
  readonly asked?: number;
  /** The three bits that were read afterwards; absent where nothing was read before the next write. */
  readonly state?: number;
  readonly reset?: true;
  /** Why the write or the reset failed: `EINVAL`. */
  readonly errno?: string;
  /** The scenario had given cause for a failure: a broken user clause, a wrong stream, a device that was told to fail. */
  readonly provoked?: true;
}

/** pending_bytes and the buffers while one side was in one saving state. */
export interface SaveCourse {
  readonly side: string;
  readonly phase: 'pre-copy' | 'stop-and-copy';
  readonly startMs: number;
  readonly endMs: number;
  readonly buffers: number;
  readonly bytes: number;
  readonly points: readonly SavePoint[];
  /** Set where there were too many points to keep, and neighbours were joined into one. */
  readonly joined?: true;
}

/** When pending_bytes was read, what it gave, and how many bytes were offered until the next point. */
export type SavePoint = readonly [atMs: number, pending: number, size: number];

export interface BitmapMoment extends BitmapSeen {
  readonly atMs: number;
}
