/** One line of the bench: the kit against a C program that does the same, in the same run, round by round. */

export interface Row {
  readonly name: string;
  /** Median of the rounds' ratios, kit over C: 1 is as fast as C, 2 takes twice as long. */
  readonly ratio: number;
  /** The largest ratio that is good enough. */
  readonly budget: number;
  readonly met: boolean;
  /** Medians of both sides and the spread of the ratio. */
  readonly note: string;
}

export interface Contest {
  readonly name: string;
  readonly budget: number;
  readonly unit: string;
  /** One round each; they take turns, so that a busy machine is busy for both. */
  readonly kit: () => number;
  readonly c: () => number;
}

const ROUNDS = 9;

export function measure(contest: Contest): Row {
  contest.kit();
  contest.c();
  const rounds = Array.from({ length: ROUNDS }, () => {
    const kit = contest.kit();
    const c = contest.c();
    return { kit, c, ratio: kit / c };
  });
  const ratios = rounds.map((round) => round.ratio);
  const ratio = median(ratios);
  const kit = median(rounds.map((round) => round.kit));
  const c = median(rounds.map((round) => round.c));
  const note = `kit ${kit.toFixed(1)} ${contest.unit}, C ${c.toFixed(1)} ${contest.unit}, ratio ${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
  return { name: contest.name, ratio, budget: contest.budget, met: ratio <= contest.budget, note };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
}
