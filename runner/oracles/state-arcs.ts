/** The words in which device_state and its transitions are judged: the arcs, and how a state and a write are said. */
import { DEVICE_STATE_BITS, deviceStateName, errnoName, VFIO_DEVICE_STATE_MASK } from '../abi';
import type { ClauseId } from '../language/scenario';

const {
  stop: STOP,
  running: RUNNING,
  'stop-and-copy': STOP_AND_COPY,
  'pre-copy': PRE_COPY,
  resuming: RESUMING,
} = DEVICE_STATE_BITS;

const ARCS: ReadonlyMap<number, ReadonlyMap<number, ClauseId>> = new Map([
  [
    RUNNING,
    new Map([
      [STOP, 'TRANS-RUN-STOP'],
      [STOP_AND_COPY, 'TRANS-RUN-SC'],
      [PRE_COPY, 'TRANS-RUN-PRE'],
      [RESUMING, 'TRANS-RUN-RES'],
    ]),
  ],
  [
    STOP,
    new Map([
      [RUNNING, 'TRANS-STOP-RUN'],
      [STOP_AND_COPY, 'TRANS-STOP-SC'],
    ]),
  ],
  [
    STOP_AND_COPY,
    new Map([
      [STOP, 'TRANS-SC-STOP'],
      [RUNNING, 'TRANS-PRE-RUN'],
    ]),
  ],
  [
    PRE_COPY,
    new Map([
      [STOP_AND_COPY, 'TRANS-PRE-SC'],
      [RUNNING, 'TRANS-PRE-RUN'],
    ]),
  ],
  [RESUMING, new Map([[RUNNING, 'TRANS-RES-RUN']])],
]);

/**
 * The clause that a refusal of this arc breaks: of those that the diagram shows (header diff, lines 106-126), those that QEMU needs
 * besides, and for a write of the state that the device is in already. Undefined for an arc that may be refused.
 */
export function clauseOfArc(from: number, to: number): ClauseId | undefined {
  return from === to ? 'STATE-NOP' : ARCS.get(from)?.get(to);
}

/** Every clause that `clauseOfArc` knows. */
export const ARC_CLAUSES: readonly ClauseId[] = [
  ...new Set(['STATE-NOP', ...[...ARCS.values()].flatMap((to) => [...to.values()])]),
];

/** `011b (pre-copy)`. */
export function sayState(state: number): string {
  return `${(state & VFIO_DEVICE_STATE_MASK).toString(2).padStart(3, '0')}b (${deviceStateName(state)})`;
}

/** What a write of device_state returned, for people. */
export function sayWrite(result: number): string {
  if (result < 0) return `write failed with ${errnoName(-result) || `errno ${-result}`}`;
  return result === 4 ? 'write succeeded' : `write returned ${result} of 4 bytes`;
}
