/** selftest: the kit tested by its own faults. */
import type { SelfTestRow } from '../execution/self-test/self-test';
import type { Peculiarity } from '../reference/peculiarity';
import type { Declare } from './main';
import { EXIT } from './support/exit';
import { colorsFor } from './support/terminal';

interface Options {
  readonly json?: boolean;
  readonly without?: readonly string[];
  readonly suite: string;
}

export const declare: Declare = (command, act) => {
  command
    .argument('[names...]', 'faults and variations; default: all of them')
    .option('--json', 'write the result as JSON to standard output')
    .option('--suite <suite>', 'the suite that is run against each', 'certify')
    .option('--without <oracle...>', 'leave an oracle out, to see what goes uncaught')
    .action(act(selftest));
};

async function selftest(names: readonly string[], options: Options): Promise<number> {
  const { PECULIARITIES } = require('../reference/registry') as typeof import('../reference/registry');
  const { selfTestAll } = require('../execution/self-test/pool') as typeof import('../execution/self-test/pool');
  const { UsageError } = require('./support/exit') as typeof import('./support/exit');
  for (const name of names) {
    if (!PECULIARITIES.has(name))
      throw new UsageError(`there is no fault or variation "${name}"`, '`vfio-conformance faults` lists them.');
  }
  const chosen = names.length > 0 ? names : everything(PECULIARITIES.values());
  const began = performance.now();
  const quiet = options.json === true;
  const rows = await selfTestAll(chosen, { suite: options.suite, without: options.without ?? [] }, (row, done) => {
    if (!quiet) process.stdout.write(`${line(row, done, chosen.length)}\n`);
  });
  const seconds = (performance.now() - began) / 1000;
  if (quiet) process.stdout.write(`${JSON.stringify(report(rows, seconds), null, 2)}\n`);
  else process.stdout.write(`\n${totals(rows, seconds)}\n`);
  return rows.every((row) => row.outcome === 'caught' || row.outcome === 'silent') ? EXIT.fine : EXIT.nonConformant;
}

/** Variations first: they go through every case, and the longest must not begin last. */
function everything(all: Iterable<Peculiarity>): readonly string[] {
  return [...all].sort((a, b) => Number(b.benign) - Number(a.benign)).map(({ name }) => name);
}

function report(rows: readonly SelfTestRow[], seconds: number): unknown {
  const pick = ({ name, reported, outcome, remarks, device, milliseconds }: SelfTestRow) => ({
    milliseconds: Math.round(milliseconds),
    name,
    reported,
    outcome,
    device,
    remarks,
  });
  return {
    seconds,
    faults: rows.filter((row) => !row.benign).map((row) => ({ ...pick(row), breaks: row.breaks })),
    benign: rows.filter((row) => row.benign).map(pick),
  };
}

function line(row: SelfTestRow, done: number, all: number): string {
  const colors = colorsFor(process.stdout);
  const good = row.outcome === 'caught' || row.outcome === 'silent';
  const outcome = good ? colors.green(row.outcome) : colors.red(row.outcome);
  const head = `${String(done).padStart(4)}/${all}  ${row.name.padEnd(36)} ${row.breaks.join(', ').padEnd(22)} ${outcome}`;
  const extra = good
    ? []
    : [
        `            reported: ${row.reported.join(', ') || 'nothing'}`,
        ...row.remarks.map((remark) => `            ${remark}`),
      ];
  return [head, ...extra].join('\n');
}

function totals(rows: readonly SelfTestRow[], seconds: number): string {
  const count = (outcome: SelfTestRow['outcome']) => rows.filter((row) => row.outcome === outcome).length;
  const faults = rows.filter((row) => !row.benign).length;
  const benign = rows.length - faults;
  return [
    `${count('caught')} of ${faults} faults caught, ${count('missed')} missed, ${count('wrong-diagnosis')} with a wrong diagnosis`,
    `${count('silent')} of ${benign} benign variations left alone, ${count('false-alarm')} false alarms`,
    `${seconds.toFixed(1)} s`,
  ].join('\n');
}
