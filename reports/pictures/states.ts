/** device_state over time, as intervals: what two pictures and one figure are made of. */
import { deviceStateName } from '../../runner/abi';
import type { StateMoment } from '../../runner/execution/course';

export interface StateInterval {
  readonly side: string;
  /** Three bits. */
  readonly state: number;
  /** From the beginning of the write that led here to the beginning of the one that led away. */
  readonly startMs: number;
  readonly endMs: number;
}

/** `011b pre-copy`. */
export function stateLabel(state: number): string {
  return `${bits(state)}b ${deviceStateName(state)}`;
}

export function bits(state: number): string {
  return state.toString(2).padStart(3, '0');
}

/** The state after a moment: what was read, or what a write that succeeded asked for. */
export function stateAfter({ state, asked, errno, from }: StateMoment): number | undefined {
  return state ?? (errno === undefined ? asked : from);
}

/** When the last thing happened. */
export function endOf(states: readonly StateMoment[]): number {
  return states.reduce((end, { atMs, tookMs }) => Math.max(end, atMs + tookMs), 0);
}

export function sidesOf(states: readonly StateMoment[]): string[] {
  return [...new Set(states.map(({ side }) => side))];
}

export function intervalsOf(states: readonly StateMoment[]): StateInterval[] {
  const end = endOf(states);
  return sidesOf(states).flatMap((side) => {
    const own = states.filter((moment) => moment.side === side);
    return own.flatMap((moment, n) => {
      const state = stateAfter(moment);
      const next = own.slice(n + 1).find((later) => stateAfter(later) !== state || later.reset);
      const previous = own[n - 1];
      const same = previous !== undefined && stateAfter(previous) === state && !moment.reset;
      if (state === undefined || same) return [];
      return [{ side, state, startMs: moment.atMs, endMs: next?.atMs ?? end }];
    });
  });
}
