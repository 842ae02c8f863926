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
  context.fail(saved ? { ...reason, clause: clauseOfTheWay(restoring.streams) } : reason);
}

/** The clause of a save by the way it took: straight to stop-and-copy, from _STOP, through all of pre-copy, or out of it early. */
function clauseOfTheWay(streams: readonly SavedStream[]): ClauseId {
  const entry = streams[0]?.origin.entry;
  if (entry === 'running') return 'TRANS-RUN-SC';
  if (entry === 'stop') return 'TRANS-STOP-SC';
  const drained =
    streams
      .filter((stream) => !stream.stopped)
      .at(-1)
      ?.iterations.at(-1)?.after === 0n;
  return drained ? 'TRANS-PRE-SC' : 'SAVE-REGARDLESS';
}

/** The device under test saved, and a destination that should be sound did not come to have its state. */
function lookAtGiver(destination: StepContext, restoring: Restoring): Finding | undefined {
  const { streams } = restoring;
  const plain = isPlainRestore(restoring);
  const stopped = streams.filter((stream) => stream.stopped).flatMap((stream) => stream.iterations);
  const seen = plain ? whatTheLoopSaw(stopped) : undefined;
  if (seen) return seen;
  const plainest = plain && isPlainJudge(destination) && streams.every((stream) => stream.origin.entry === 'running');
  const trip = plainest ? undefined : roundTrip(destination, 'source', 'destination');
  // The plain way works: the scenario's own way is to blame, or something that it does by the way.
  if (trip && trip.why === undefined) return lookAtTheWay(destination, streams);
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

/** One thing that a scenario does on its way, tried out alone; the step that is about it needs no such help. */
interface Suspicion {
  readonly clause: ClauseId;
  readonly options: TripOptions;
  readonly when: string;
}

/** The plainest save arrives. One of the things that a scenario does by the way may still be what went wrong. */
function lookAtTheWay(destination: StepContext, streams: readonly SavedStream[]): Finding | undefined {
  for (const { clause, options, when } of suspicions(streams)) {
    if (clause === destination.step.judge) continue;
    const { why } = roundTrip(destination, 'source', 'destination', options);
    if (why === undefined) continue;
    return { clause, expected: 'a state that is saved arrives', observed: `it does not arrive ${when}: ${why}` };
  }
  return undefined;
}

function suspicions(streams: readonly SavedStream[]): readonly Suspicion[] {
  const [first] = streams;
  if (!first) return [];
  const { pieces, via, origin } = first;
  const early = streams.filter((stream) => !stream.stopped).flatMap((stream) => stream.buffers).length;
  const all: (Suspicion | false)[] = [
    via === 'mmap' && {
      clause: 'MIG-MMAP-OPTIONAL',
      options: { via },
      when: 'when it is read through the mapping, and by read() it does',
    },
    pieces !== 'bulk' && {
      clause: 'SAVE-READ-PIECES',
      options: { pieces },
      when: `when it is read in ${pieces} pieces`,
    },
    origin.entry === 'pre-copy' && {
      clause: 'SAVE-PENDING-PURE',
      options: { poll: 2 },
      when: 'when each read of pending_bytes is made twice',
    },
    origin.entry === 'pre-copy' && {
      clause: clauseOfTheWay(streams),
      options: { early },
      when: `when pre-copy is left after ${early} buffers, and without pre-copy it does`,
    },
  ];
  return all.filter((suspicion) => suspicion !== false);
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
