/** Figures that only the whole of a case shows: they need more than one step, or more than one device. */
import { DEVICE_STATE_BITS } from '../abi';
import type { Course, StateMoment } from './course';

export interface Downtime {
  /** When the source began to stop, and when the destination ran. Milliseconds since the case began. */
  readonly startMs: number;
  readonly endMs: number;
}

export const DOWNTIME_FIGURE = 'downtime ms';
export const STATE_BYTES_FIGURE = 'state bytes';

const { running, 'stop-and-copy': stopAndCopy, resuming } = DEVICE_STATE_BITS;

/**
 * The time in which neither device runs: from the write that stops the source for good to the end of the one that starts the
 * destination. Undefined where a case does not migrate that far.
 */
export function downtimeOf({ states }: Course): Downtime | undefined {
  const ended = states.findIndex(isStart);
  const end = states[ended];
  if (!end) return undefined;
  const before = states.slice(0, ended).filter((moment) => moment.side !== end.side);
  const start = before.findLast(isStop);
  return start && { startMs: start.atMs, endMs: end.atMs + end.tookMs };
}

/** `downtime ms` and `state bytes` (pre-copy and stop-and-copy together) of a case that migrated a device. */
export function courseFigures(course: Course): Record<string, number> {
  const downtime = downtimeOf(course);
  if (!downtime) return {};
  const bytes = course.saves.reduce((sum, save) => sum + (save.startMs < downtime.endMs ? save.bytes : 0), 0);
  return { [DOWNTIME_FIGURE]: downtime.endMs - downtime.startMs, [STATE_BYTES_FIGURE]: bytes };
}

function isStop({ from, asked, errno }: StateMoment): boolean {
  return from !== undefined && (from & running) !== 0 && asked === stopAndCopy && errno === undefined;
}

function isStart({ from, asked, state, errno, side }: StateMoment): boolean {
  return side !== 'source' && from === resuming && asked === running && state === running && errno === undefined;
}
