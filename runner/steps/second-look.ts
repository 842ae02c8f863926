/**
 * A restore that fails can be anybody's doing: the loop lost a buffer, its bytes came late, the destination cannot resume, or the
 * state was never whole. Before anybody is blamed, this tries out whose doing it is: it makes the control that a careful scenario would
 * make first. So a scenario goes straight to what it is about, and a device that works is never looked at twice.
 */
import type { Restoring } from './device-session';
import type { Giving } from './give-stream';
import { readTwice } from './read-twice';
import { resumeQuietly, roundTrip } from './round-trip';
import type { Captured, StepContext, StepFailureReason } from './step-context';
import { type Finding, whatTheLoopSaw } from './what-the-loop-saw';

const SETTLE_MS = 30;

const OTHER_MANNERS: readonly { readonly clause: string; readonly manner: Partial<Giving>; readonly when: string }[] = [
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
  const live = restoring.streams.some((stream) => !stream.stopped);
  context.fail(saved ? { ...reason, clause: live ? 'SAVE-REGARDLESS' : 'TRANS-RUN-SC' } : reason);
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
  // The plain way works: what the scenario tried out is to blame.
  if (trip && trip.why === undefined) return undefined;
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
