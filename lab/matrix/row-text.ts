/** One row of the matrix as a line for people. */
import type { MatrixRow } from './request';

const mark = { good: 'ok  ', bad: 'FAIL' };

/** `ok   save-loses-scratch (trapped) caught: RES-APPLY  5 passed, 2 failed, 1.3 s`, and the remarks below where it is not as it should be. */
export function sayRow(row: MatrixRow): string {
  const { cases, name, layout, stateSize, outcome, reported } = row;
  const counts = (['passed', 'failed', 'broken', 'skipped'] as const)
    .filter((status) => cases[status] > 0)
    .map((status) => `${cases[status]} ${status}`);
  if (row.leftOut > 0) counts.push(`${row.leftOut} left out`);
  const what = name === 'none' ? 'correct module' : name;
  const size = row.kind === 'correct' || row.kind === 'large' ? `, ${stateSize} bytes` : '';
  const clauses = reported.length === 0 ? '' : `: ${reported.join(' ')}`;
  const head = `${row.good ? mark.good : mark.bad} ${what} (${layout}${size}) ${outcome}${clauses}  ${counts.join(', ')}, ${row.seconds.toFixed(1)} s`;
  return [head, ...(row.good ? [] : row.remarks.slice(0, 12).map((remark) => `       ${remark.slice(0, 400)}`))].join(
    '\n',
  );
}
