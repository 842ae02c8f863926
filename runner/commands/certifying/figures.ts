/** Figures of a device over a whole run: how often each was measured, the least, the middle and the most. */
import type { CertifiedFigure } from '../../../reports/certificate/schema';
import type { CaseResult } from '../../execution/case-result';

/** A certificate is no place for hundreds of rows; figures that were measured most often stand for the device best. */
const MOST_FIGURES = 24;

/** Cases that passed only: a figure of a save that broke off says nothing of the device. */
export function figuresOf(results: readonly CaseResult[]): CertifiedFigure[] {
  const measured = new Map<string, number[]>();
  for (const { status, figures } of results) {
    if (status !== 'passed') continue;
    for (const [name, value] of Object.entries(figures)) {
      if (!Number.isFinite(value)) continue;
      const values = measured.get(name);
      if (values) values.push(value);
      else measured.set(name, [value]);
    }
  }
  return [...measured]
    .map(([name, values]) => figureOf(name, values))
    .sort((a, b) => b.count - a.count)
    .slice(0, MOST_FIGURES)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Figures carry their unit as the last word of their name: `stop-and-copy ms`, `stop-and-copy bytes`. */
function figureOf(name: string, values: readonly number[]): CertifiedFigure {
  const sorted = [...values].sort((a, b) => a - b);
  const unit = /\b(ms|bytes)$/.exec(name)?.[1] ?? '';
  return {
    name: unit === '' ? name : name.slice(0, -unit.length).trim(),
    unit,
    count: sorted.length,
    least: rounded(sorted[0] ?? 0),
    median: rounded(medianOf(sorted)),
    most: rounded(sorted.at(-1) ?? 0),
  };
}

/** Of sorted values; the mean of the two in the middle where there is an even number of them. */
export function medianOf(sorted: readonly number[]): number {
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** Clocks do not measure to the fifteenth digit. */
function rounded(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(4));
}
