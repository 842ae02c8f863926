/**
 * A restore that fails can be anybody's doing: the loop lost a buffer, its bytes came late, the destination cannot resume, or the
 * state was never whole. Before anybody is blamed, this tries out whose doing it is: it makes the control that a careful scenario would
 * make first. So a scenario goes straight to what it is about, and a device that works is never looked at twice.
 */
import type { ClauseId } from '../language/scenario';
import type { Restoring } from './device-session';
import { readTwice } from './read-twice';
import { type Manner, resumeQuietly, roundTrip, type TripOptions } from './round-trip';
import type { SavedStream } from './saved-stream';
import type { Captured, StepContext, StepFailureReason } from './step-context';
import { type Finding, whatTheLoopSaw } from './what-the-loop-saw';

const SETTLE_MS = 30;

const OTHER_MANNERS: readonly { readonly clause: string; readonly manner: Manner; readonly when: string }[] = [
  { clause: 'RES-APPLY', manner: { settle: SETTLE_MS }, when: `it runs for ${SETTLE_MS} ms before anybody looks` },
  { clause: 'RES-CONSUME', manner: { pause: SETTLE_MS }, when: `${SETTLE_MS} ms pass after each write of data_size` },
  { clause: 'RES-WRITE', manner: { pieces: 'odd' }, when: 'it is written in small pieces' },
  { clause: 'MIG-MMAP-OPTIONAL', manner: { via: 'mmap' }, when: 'it is stored through the mapping' },
];

/** Clauses of the plainest save and resume: a step that names no other tried nothing out. */
const PLAIN_CLAUSES = ['TRANS-RUN-SC', 'RES-APPLY', 'TRANS-RES-RUN'];

function isPlainJudge({ step }: StepContext): boolean {
  return step.judge === undefined || PLAIN_CLAUSES.includes(step.judge);
}

/** True for all of a plain save, given plainly. */
export function isPlainRestore({ streams, whole, plain }: Restoring): boolean {
  return whole && plain && streams.every((stream) => stream.plain);
}

/**
 * Ends the step: the state did not arrive on the device of this step. `wanted` is the fingerprint that it should have.
 * The clause is what a second look shows; else the step's own `judge:`; else what is blamed when nothing more is known.
 */
export function failRestore(context: StepContext, reason: StepFailureReason, wanted?: readonly Captured[]): never {
  const { restoring } = context.session;
  const giver = restoring?.streams[0]?.origin.side;
  const taker = context.session.side;
  // One device in both roles cannot be told from itself.
  if (!restoring?.whole || giver === undefined || giver === taker) context.fail(reason);
  const saved = giver === 'source' && taker === 'destination';
  if (!context.memory.plainlyRestored.has(taker)) {
    const found = saved
      ? lookAtGiver(context, restoring)
      : taker === 'source'
        ? lookAtTaker(context, restoring, wanted)
        : undefined;
    if (found) {
      const observed = `${found.observed} (noticed where this was expected: ${reason.expected}; observed: ${reason.observed})`;
      context.fail({ ...found, observed, foundOut: true });
    }
  }
  // The stream is the source's: whatever a sound destination says to it, the source is to blame.
  context.fail(saved ? { ...reason, clause: liveClause(restoring.streams) } : reason);
}

/** The clause of a save by where it went: straight to stop-and-copy, through all of pre-copy, or out of it early. */
function liveClause(streams: readonly SavedStream[]): ClauseId {
  const early = streams.filter((stream) => !stream.stopped);
  if (early.length === 0) return 'TRANS-RUN-SC';
  const drained = early.at(-1)?.iterations.at(-1)?.after === 0n;
  return drained ? 'TRANS-PRE-SC' : 'SAVE-REGARDLESS';
}

/** The device under test saved, and a destination that should be sound did not come to have its state. */
function lookAtGiver(destination: StepContext, restoring: Restoring): Finding | undefined {
  const { streams } = restoring;
  const plain = isPlainRestore(restoring);
  const seen = plain
    ? whatTheLoopSaw(streams.filter((stream) => stream.stopped).flatMap((stream) => stream.iterations))
    : undefined;
  if (seen) return seen;
  const suspended = plain && streams.every((stream) => stream.stopped);
  const trip = suspended && isPlainJudge(destination) ? undefined : roundTrip(destination, 'source', 'destination');
  // The plain way works: what the scenario tried out is to blame, or the way through pre-copy.
  if (trip && trip.why === undefined) return plain && suspended ? undefined : lookAtLive(destination, streams);
  const found = (trip && whatTheLoopSaw(trip.iterations)) ?? destination.onSide('source', readTwice);
  if (found) return found;
  const own = roundTrip(destination, 'destination', 'destination').why;
  if (own !== undefined)
    return {
      clause: 'RES-APPLY',
      expected: 'a device takes back at least the state that it has saved itself',
      observed: `the destination does not: ${own}`,
    };
  if (!trip) return undefined;
  return {
    clause: 'TRANS-RUN-SC',
    expected: 'a state that was saved in stop-and-copy arrives',
    observed: `the plainest save does not arrive either: ${trip.why}`,
  };
}

/** A save without pre-copy arrives. Two things that a scenario does by the way may still be what went wrong. */
function lookAtLive(destination: StepContext, streams: readonly SavedStream[]): Finding | undefined {
  const { judge } = destination.step;
  const first = streams[0];
  if (!first || first.stopped) return undefined;
  const early = first.buffers.length;
  const failing = (options: TripOptions) => roundTrip(destination, 'source', 'destination', options).why;
  const polled = judge === 'SAVE-PENDING-PURE' ? undefined : failing({ poll: 2 });
  if (polled !== undefined)
    return {
      clause: 'SAVE-PENDING-PURE',
      expected: 'a state arrives however often pending_bytes is read',
      observed: `it does not when each read is made twice: ${polled}`,
    };
  const clause = liveClause(streams);
  const live = judge === clause ? undefined : failing({ early });
  if (live === undefined) return undefined;
  return {
    clause,
    expected: `a state arrives when pre-copy is left after ${early} buffers`,
    observed: `it does not, and without pre-copy it does: ${live}`,
  };
}

/** The device under test did not come to have the state of a sound device. */
function lookAtTaker(
  context: StepContext,
  { streams, plain }: Restoring,
  wanted: readonly Captured[] | undefined,
): Finding | undefined {
  const buffers = streams.flatMap((stream) => stream.buffers);
  const trip = plain && isPlainJudge(context) ? undefined : roundTrip(context, 'destination', 'source');
  if (trip && trip.why === undefined) return undefined;
  const areas = context.session.migration?.region.info.mappableAreas ?? [];
  for (const { clause, manner, when } of OTHER_MANNERS) {
    if (manner.via === 'mmap' && areas.length === 0) continue;
    if (resumeQuietly(context, buffers, wanted, manner) !== undefined) continue;
    return {
      clause,
      expected: 'a stream that is given as the text says is taken',
      observed: `this one is taken only when ${when}`,
    };
  }
  if (!trip) return undefined;
  return {
    clause: 'RES-APPLY',
    expected: 'a stream that is given plainly arrives',
    observed: `the plainest stream does not: ${trip.why}`,
  };
}
