/** Changes: the nights at which a figure went from one level to another. A single odd night between two alike is none. */
import { median } from './nights';

export interface Change {
  /** Of the first night at the new level. */
  readonly index: number;
  /** Medians before and after, as far as the neighbouring changes. */
  readonly before: number;
  readonly after: number;
}

/** A smaller step is not worth anybody's morning. */
const SMALLEST_RATIO = 0.1;
/** How far a step has to stand out of what the nights differ by anyway. */
const TIMES_THE_NOISE = 3;
/** Nights that a level needs before a change can be seen in it; the newest level may be one night old. */
const NIGHTS_BEFORE = 3;

/** `values` by night, undefined where it was not measured; oldest first. */
export function changesIn(values: readonly (number | undefined)[]): Change[] {
  const known = values.flatMap((value, index) => (value === undefined ? [] : [{ value, index }]));
  const cuts = cutsIn(
    known.map(({ value }) => value),
    0,
  );
  return cuts.map((cut, n) => {
    const level = (from: number, to: number) => median(known.slice(from, to).map(({ value }) => value)) ?? 0;
    return {
      index: known[cut]?.index ?? 0,
      before: level(cuts[n - 1] ?? 0, cut),
      after: level(cut, cuts[n + 1] ?? known.length),
    };
  });
}

/** Splits where two levels explain the nights best, and looks into both halves again. Ascending. */
function cutsIn(values: readonly number[], offset: number): number[] {
  let best: { at: number; gain: number } | undefined;
  const all = spread(values);
  for (let at = 1; at < values.length; at += 1) {
    if (offset + at < NIGHTS_BEFORE) continue;
    const [before, after] = [values.slice(0, at), values.slice(at)];
    // One night alone is a level only where nothing comes after it.
    const lone = before.length < 2 || after.length < 2;
    if (lone && !(after.length === 1 && before.length >= NIGHTS_BEFORE)) continue;
    const gain = all - spread(before) - spread(after);
    if (standsOut(before, after) && (!best || gain > best.gain)) best = { at, gain };
  }
  if (!best) return [];
  const { at } = best;
  return [...cutsIn(values.slice(0, at), offset), offset + at, ...cutsIn(values.slice(at), offset + at)];
}

function standsOut(before: readonly number[], after: readonly number[]): boolean {
  const [low, high] = [median(before) ?? 0, median(after) ?? 0];
  const step = Math.abs(high - low);
  const noise = Math.max(deviation(before), deviation(after));
  return step > SMALLEST_RATIO * Math.abs(low) && step > TIMES_THE_NOISE * noise;
}

/** Sum of distances to the median. */
function spread(values: readonly number[]): number {
  const middle = median(values) ?? 0;
  return values.reduce((sum, value) => sum + Math.abs(value - middle), 0);
}

/** Median distance to the median: one odd night does not move it. */
function deviation(values: readonly number[]): number {
  const middle = median(values) ?? 0;
  return median(values.map((value) => Math.abs(value - middle))) ?? 0;
}
