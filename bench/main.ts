/** `npm run bench [--json] [NAME...]`: the kit against C, as ratios; and whole commands, in seconds. */
import { type Contest, measure, type Row } from './row';
import { bitmaps } from './rows/bitmaps';
import { COMMANDS, measureCommand } from './rows/commands';
import { fieldAccess } from './rows/field-access';
import { migrationLoops } from './rows/migration-loop';
import { oracles } from './rows/oracles';

const ROUNDS = 9;
const ROUNDS_OF_A_LOOP = 5;

interface Task {
  readonly name: string;
  readonly run: () => Row | Promise<Row>;
}

function tasks(): Task[] {
  const contest = (one: Contest, rounds: number): Task => ({ name: one.name, run: () => measure(one, rounds) });
  return [
    ...fieldAccess().map((one) => contest(one, ROUNDS)),
    ...migrationLoops().map((one) => contest(one, ROUNDS_OF_A_LOOP)),
    ...bitmaps().map((one) => contest(one, ROUNDS_OF_A_LOOP)),
    { name: 'certification with all oracles, against none', run: oracles },
    ...COMMANDS.map((command) => ({ name: command.name, run: () => measureCommand(command) })),
  ];
}

async function main(args: readonly string[]): Promise<number> {
  const json = args.includes('--json');
  const wanted = args.filter((arg) => !arg.startsWith('--') || arg === '--help');
  const chosen = tasks().filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
  const rows: Row[] = [];
  for (const task of chosen) {
    const row = await task.run();
    rows.push(row);
    if (!json) process.stdout.write(`${line(row)}\n`);
  }
  const unmet = rows.filter((row) => !row.met).length;
  process.stdout.write(
    json ? `${JSON.stringify({ rows }, null, 2)}\n` : `${rows.length - unmet} met, ${unmet} not met\n`,
  );
  return unmet === 0 ? 0 : 1;
}

function line({ name, ratio, budget, met, note }: Row): string {
  const verdict = met ? 'met    ' : 'NOT MET';
  return `${name.padEnd(46)} ${ratio.toFixed(2).padStart(7)}  (at most ${budget.toFixed(2)})  ${verdict}  ${note}`;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(3);
  },
);
