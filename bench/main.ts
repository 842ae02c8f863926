/** `npm run bench`: the kit against C, as ratios. */
import { measure, type Row } from './row';
import { fieldAccess } from './rows/field-access';
import { migrationLoops } from './rows/migration-loop';

const ROUNDS = 9;
const ROUNDS_OF_A_LOOP = 5;

function main(args: readonly string[]): number {
  const json = args.includes('--json');
  const wanted = args.filter((arg) => !arg.startsWith('--'));
  const contests = [
    ...fieldAccess().map((contest) => ({ contest, rounds: ROUNDS })),
    ...migrationLoops().map((contest) => ({ contest, rounds: ROUNDS_OF_A_LOOP })),
  ].filter(({ contest }) => wanted.length === 0 || wanted.some((part) => contest.name.includes(part)));
  const rows: Row[] = [];
  for (const { contest, rounds } of contests) {
    const row = measure(contest, rounds);
    rows.push(row);
    if (!json) process.stdout.write(`${line(row)}\n`);
  }
  if (json) process.stdout.write(`${JSON.stringify({ rows }, null, 2)}\n`);
  return rows.every((row) => row.met) ? 0 : 1;
}

function line({ name, ratio, budget, met, note }: Row): string {
  const verdict = met ? 'met    ' : 'NOT MET';
  return `${name.padEnd(40)} ${ratio.toFixed(2).padStart(6)} x  (at most ${budget.toFixed(2)} x)  ${verdict}  ${note}`;
}

process.exit(main(process.argv.slice(2)));
