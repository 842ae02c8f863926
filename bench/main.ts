/** `npm run bench`: the kit against C, as ratios. */

import { measure, type Row } from './row';
import { fieldAccess } from './rows/field-access';

function main(): number {
  const json = process.argv.includes('--json');
  const fields = fieldAccess();
  let rows: Row[];
  try {
    rows = fields.contests.map(measure);
  } finally {
    fields.end();
  }
  process.stdout.write(json ? `${JSON.stringify({ rows }, null, 2)}\n` : table(rows));
  return rows.every((row) => row.met) ? 0 : 1;
}

function table(rows: readonly Row[]): string {
  const width = Math.max(...rows.map((row) => row.name.length));
  const lines = rows.map(
    (row) =>
      `${row.name.padEnd(width)}  ${row.ratio.toFixed(2).padStart(6)} x  (at most ${row.budget} x)  ${row.met ? 'met    ' : 'NOT MET'}  ${row.note}`,
  );
  return `${lines.join('\n')}\n`;
}

process.exit(main());
