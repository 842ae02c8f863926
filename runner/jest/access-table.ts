/** Tables of device accesses: aligned text for a terminal and for messages, HTML for a report. */
import type { AccessRow } from '../execution/case-result';

/** Accesses shown of a passing case: enough to see what went on, small enough for thousands of cases. */
const FIRST_SHOWN = 8;
const LAST_SHOWN = 16;
/** Characters of a value shown in a line of text; the page of all accesses has the whole of it. */
const VALUE_SHOWN = 80;

/** One line per access, columns aligned, the marked one with `>`. */
export function accessLines(rows: readonly AccessRow[]): string[] {
  const cells = rows.map((row) => [
    `#${row.sequence}`,
    `${row.atMs.toFixed(3)} ms`,
    row.side,
    row.call,
    row.target,
    row.length > 0 ? `${row.length} B` : '',
    outcome(row),
    row.value.length > VALUE_SHOWN ? `${row.value.slice(0, VALUE_SHOWN)}…` : row.value,
  ]);
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const rightAligned = new Set([0, 1, 5]);
  return cells.map((line, index) => {
    const padded = line.map((cell, column) => {
      const width = widths[column] ?? 0;
      return rightAligned.has(column) ? cell.padStart(width) : cell.padEnd(width);
    });
    return `${rows[index]?.marked ? '>' : ' '} ${padded.join('  ')}`.trimEnd();
  });
}

/** What the call returned: its errno's name, `ok`, or the number where that says more. */
export function outcome({ call, errno, length, result }: AccessRow): string {
  if (errno !== '') return errno;
  if (result < 0) return `errno ${-result}`;
  if (call === 'open') return `fd ${result}`;
  const whole = call === 'pread' || call === 'pwrite' ? length : 0;
  return result === whole ? 'ok' : `= ${result}`;
}

/** The first and last accesses of a passing case, and how many lie between. */
export interface CappedAccesses {
  readonly head: readonly AccessRow[];
  readonly omitted: number;
  readonly tail: readonly AccessRow[];
}

export function capAccesses(rows: readonly AccessRow[]): CappedAccesses {
  if (rows.length <= FIRST_SHOWN + LAST_SHOWN) return { head: rows, omitted: 0, tail: [] };
  return {
    head: rows.slice(0, FIRST_SHOWN),
    omitted: rows.length - FIRST_SHOWN - LAST_SHOWN,
    tail: rows.slice(-LAST_SHOWN),
  };
}

/** Marks the rows that findings are about. */
export function markAccesses(rows: readonly AccessRow[], marked: ReadonlySet<number>): AccessRow[] {
  return rows.map((row) => (row.marked || marked.has(row.sequence) ? { ...row, marked: true } : row));
}
