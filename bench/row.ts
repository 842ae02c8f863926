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
  /** Makes what the rounds need. */
  readonly prepare: () => Rounds;
}

export interface Rounds {
  /** One round each, in units; they take turns, so that a busy machine is busy for both. */
  readonly kit: () => number;
  readonly c: () => number;
  readonly end: () => void;
}

/** @param count how many rounds each side has, beside one to warm up */
export function measure(contest: Contest, count: number): Row {
  const { kit, c, end } = contest.prepare();
  try {
    kit();
    c();
    const rounds = Array.from({ length: count }, () => {
      const ours = kit();
      const theirs = c();
      return { ours, theirs, ratio: ours / theirs };
    });
    const ratios = rounds.map((round) => round.ratio);
    const ratio = median(ratios);
    const spread = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
    const say = (values: readonly number[]) => `${median(values).toFixed(1)} ${contest.unit}`;
    const note = `kit ${say(rounds.map(({ ours }) => ours))}, C ${say(rounds.map(({ theirs }) => theirs))}, ratio ${spread}`;
    return { name: contest.name, ratio, budget: contest.budget, met: ratio <= contest.budget, note };
  } finally {
    end();
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
}
