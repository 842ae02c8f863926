/** What changed from one run to another: the shape that text, JSON and HTML tell. Plain data. */

export interface ComparedRun {
  /** As the command line named it. */
  readonly folder: string;
  readonly startedAt: string;
  readonly verdict: string;
  readonly finished: boolean;
  readonly kit: string;
  readonly suite: string;
}

/** A clause or a case that came out differently. */
export interface Change {
  readonly device: string;
  /** Clause id, or case id. */
  readonly id: string;
  /** Absent where the run did not have it. */
  readonly before?: string;
  readonly after?: string;
  /** Why it came out as it did in the later run, where that is known. */
  readonly reason?: string;
}

export interface Changes {
  /** It was not broken, and now it is. */
  readonly broke: readonly Change[];
  readonly mended: readonly Change[];
  /** Neither broken before nor after, and less is known or kept than before: kept became not judged, warned or waived; passed became skipped. */
  readonly worse: readonly Change[];
  readonly better: readonly Change[];
  /** In the later run only. */
  readonly new: readonly Change[];
  /** In the earlier run only. */
  readonly gone: readonly Change[];
}

export interface SpeedChange {
  readonly device: string;
  /** case: how long it took; figure: a time that was measured of the device, the median of all cases. */
  readonly what: 'case' | 'figure';
  readonly name: string;
  /** Milliseconds. */
  readonly before: number;
  readonly after: number;
  /** after / before. */
  readonly ratio: number;
}

export interface FactChange {
  readonly device: string;
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

export interface Comparison {
  readonly schemaVersion: 1;
  readonly before: ComparedRun;
  readonly after: ComparedRun;
  /** Ratio from which on a time counts as slower. */
  readonly threshold: number;
  /** Differences between driver, kernel, device and kit that may explain the others. */
  readonly facts: readonly FactChange[];
  readonly clauses: Changes;
  readonly cases: Changes;
  readonly slower: readonly SpeedChange[];
  readonly faster: readonly SpeedChange[];
}

/** Cases and clauses alike. */
export function count(comparison: Comparison, kind: keyof Changes): number {
  return comparison.clauses[kind].length + comparison.cases[kind].length;
}
