/** selftest: the kit tested by its own faults. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { SelfTestRow } from '../execution/self-test/self-test';
import { PACKAGE_ROOT } from '../language';
import { quote } from '../language/suggest';
import type { Peculiarity } from '../reference/peculiarity';
import type { Declare } from './main';
import { isGood, oraclesText, rowText, totalsText } from './self-testing/text';
import { EXIT, UsageError } from './support/exit';
import { colorsFor } from './support/terminal';

interface Options {
  readonly json?: boolean;
  readonly without?: readonly string[];
  readonly eachOracle?: boolean;
  readonly suite: string;
}

export const declare: Declare = (command, act) => {
  command
    .argument('[names...]', 'faults and variations; default: all of them')
    .option('--json', 'write the result as JSON to standard output')
    .option('--suite <suite>', 'the suite that is run against each', 'certify')
    .option('--without <oracle...>', 'leave an oracle out, to see what goes uncaught')
    .option('--each-oracle', 'try each fault again without the oracle that saw it, and say what each covers alone')
    .action(act(selftest));
};

async function selftest(names: readonly string[], options: Options): Promise<number> {
  const { PECULIARITIES } = require('../reference/registry') as typeof import('../reference/registry');
  const { selfTestAll } = require('../execution/self-test/pool') as typeof import('../execution/self-test/pool');
  const { ORACLES } = require('../oracles/all') as typeof import('../oracles/all');
  const oracles = ORACLES.map(({ name }) => name);
  const { without = [], eachOracle = false, suite } = options;
  for (const name of names) {
    if (!PECULIARITIES.has(name))
      throw new UsageError(`there is no fault or variation "${name}"`, '`vfio-conformance faults` lists them.');
  }
  for (const name of without)
    if (!oracles.includes(name))
      throw new UsageError(`there is no oracle "${name}"`, `They are: ${oracles.join(', ')}.`);
  checkSuite(suite);
  const chosen = names.length > 0 ? names : everything(PECULIARITIES.values());
  const began = performance.now();
  const quiet = options.json === true;
  const colors = colorsFor(process.stdout);
  const rows = await selfTestAll(chosen, { suite, without, eachOracle }, (row, done) => {
    if (!quiet) process.stdout.write(`${rowText(row, done, chosen.length, colors)}\n`);
  });
  const seconds = (performance.now() - began) / 1000;
  if (quiet) process.stdout.write(`${JSON.stringify(report(rows, seconds), null, 2)}\n`);
  else process.stdout.write(`\n${totalsText(rows, seconds)}\n`);
  if (eachOracle && !quiet) process.stdout.write(`\n${oraclesText(rows, oracles)}\n`);
  return rows.every(isGood) ? EXIT.fine : EXIT.nonConformant;
}

/** Before any worker starts. @throws UsageError */
function checkSuite(suite: string): void {
  const suites = readdirSync(path.join(PACKAGE_ROOT, 'suites')).map((file) => file.replace(/\.yaml$/, ''));
  if (!suites.includes(suite))
    throw new UsageError(
      `--suite ${quote(suite)}: there is no such suite`,
      `The suites are ${suites.sort().join(', ')}.`,
    );
}

/** Variations first, and those with the most state before all others: the longest must not begin last. */
function everything(all: Iterable<Peculiarity>): readonly string[] {
  const weight = ({ benign, model }: Peculiarity): number => (benign ? 1 : 0) + (model === undefined ? 0 : 2);
  return [...all].sort((a, b) => weight(b) - weight(a)).map(({ name }) => name);
}

function report(rows: readonly SelfTestRow[], seconds: number): unknown {
  const pick = ({ name, reported, outcome, remarks, device, milliseconds, onlyBy }: SelfTestRow) => ({
    milliseconds: Math.round(milliseconds),
    name,
    reported,
    outcome,
    device,
    remarks,
    ...(onlyBy === undefined ? {} : { onlyBy }),
  });
  return {
    seconds,
    faults: rows.filter((row) => !row.benign).map((row) => ({ ...pick(row), breaks: row.breaks })),
    benign: rows.filter((row) => row.benign).map(pick),
  };
}
