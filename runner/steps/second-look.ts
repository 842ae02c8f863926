/**
 * A restore that fails can be anybody's doing: the loop lost a buffer, its bytes came late, the destination cannot resume, or the
 * state was never whole. Before the first plain restore of a case is blamed on anybody, this tries out whose doing it is. A device
 * that works is never looked at twice.
 */
import type { Giving } from './give-stream';
import { readTwice } from './read-twice';
import { resumeQuietly, roundTrip } from './round-trip';
import type { SavedStream } from './saved-stream';
import type { Captured, StepContext, StepFailureReason } from './step-context';
import { type Finding, whatTheLoopSaw } from './what-the-loop-saw';

const SETTLE_MS = 30;

const OTHER_MANNERS: readonly { readonly clause: string; readonly manner: Partial<Giving>; readonly when: string }[] = [
  { clause: 'RES-CONSUME', manner: { pause: SETTLE_MS }, when: `${SETTLE_MS} ms pass after each write of data_size` },
  { clause: 'RES-WRITE', manner: { pieces: 'odd' }, when: 'it is written in small pieces' },
  { clause: 'MIG-MMAP-OPTIONAL', manner: { via: 'mmap' }, when: 'it is stored through the mapping' },
];

/**
 * Ends the step: the state did not arrive on the device of this step. `wanted` is the fingerprint that it should have.
 * The clause is what a second look shows; else the step's own `judge:`; else what is blamed when nothing more is known.
 */
export function failRestore(context: StepContext, reason: StepFailureReason, wanted?: readonly Captured[]): never {
  const { restoring } = context.session;
  const first = restoring?.plain === true && !context.memory.plainRestored;
  if (!first || restoring === undefined) context.fail(reason);
  const taker = context.session.side;
  const giver = restoring.streams[0]?.origin.side;
  const found =
    giver === 'source' && taker === 'destination'
      ? lookAtGiver(context, restoring.streams)
      : giver !== undefined && giver !== taker && taker === 'source'
        ? lookAtTaker(context, restoring.streams, wanted)
        : undefined;
  if (found) {
    const observed = `${found.observed} (it was noticed when ${reason.expected} was expected: ${reason.observed})`;
    context.fail({ ...found, observed, foundOut: true });
  }
  // The stream is the source's: whatever the destination says to it, the source is to blame.
  if (giver === 'source' && taker === 'destination')
    context.fail({ ...reason, clause: isLive(restoring.streams) ? 'SAVE-REGARDLESS' : 'TRANS-RUN-SC' });
  context.fail(reason);
}

function isLive(streams: readonly SavedStream[]): boolean {
  return streams.some((stream) => !stream.stopped);
}

/** The device under test saved, and a destination that should be sound did not come to have its state. */
function lookAtGiver(destination: StepContext, streams: readonly SavedStream[]): Finding | undefined {
  const seen = whatTheLoopSaw(streams);
  if (seen) return seen;
  const read = destination.onSide('source', readTwice);
  if (read) return read;
  const own = roundTrip(destination, 'destination', 'destination');
  if (own !== undefined)
    return {
      clause: 'RES-APPLY',
      expected: 'a device takes back at least the state that it has saved itself',
      observed: `the destination does not: ${own}`,
    };
  if (!isLive(streams)) return undefined;
  const suspended = roundTrip(destination, 'source', 'destination');
  return suspended === undefined
    ? undefined
    : {
        clause: 'TRANS-RUN-SC',
        expected: 'a state that was saved arrives',
        observed: `without pre-copy it does not arrive either: ${suspended}`,
      };
}

/** The device under test did not come to have the state of a sound device. */
function lookAtTaker(
  context: StepContext,
  streams: readonly SavedStream[],
  wanted: readonly Captured[] | undefined,
): Finding | undefined {
  const buffers = streams.flatMap((stream) => stream.buffers);
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
  return undefined;
}
