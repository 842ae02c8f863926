/** How long the rest of a matrix takes, from the rows that have been made. */
import type { MatrixRow } from './request';

/** Seconds of a whole certification under emulation on a quiet processor, until there are rows that say more. */
const usual: Readonly<Record<MatrixRow['kind'], number>> = { correct: 50, large: 150, fault: 45, variation: 50 };

function kindOf(key: string): MatrixRow['kind'] {
  const kind = key.slice(0, key.indexOf('.'));
  return Object.hasOwn(usual, kind) ? (kind as MatrixRow['kind']) : 'fault';
}

/** Seconds until all of `missing` are made by so many guests at once. */
export function secondsLeft(missing: readonly string[], rows: readonly MatrixRow[], guests: number): number {
  const mean = (kind: MatrixRow['kind']): number => {
    const mine = rows.filter((row) => row.kind === kind);
    return mine.length === 0 ? usual[kind] : mine.reduce((sum, { seconds }) => sum + seconds, 0) / mine.length;
  };
  const each = { correct: mean('correct'), large: mean('large'), fault: mean('fault'), variation: mean('variation') };
  return missing.reduce((sum, key) => sum + each[kindOf(key)], 0) / Math.max(1, guests);
}

/** `3 h 20 min`, `12 min`, `1 min`. */
export function durationText(seconds: number): string {
  const minutes = Math.max(1, Math.round(seconds / 60));
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
