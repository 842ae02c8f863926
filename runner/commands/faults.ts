/** `faults`: what can be wrong, or unusual and right, with the reference device. */
import type { Command } from 'commander';
import type { Peculiarity } from '../reference/peculiarity';
import type { Act } from './main';
import { EXIT } from './support/exit';
import { columns, counted } from './support/layout';
import { jsonText } from './support/printable';
import { colorsFor, print } from './support/terminal';

export function declare(command: Command, act: Act): void {
  command
    .option('--json', 'as JSON, in full')
    .addHelpText(
      'after',
      '\nA fault or variation is put on behind a plus sign: --device reference+NAME, --device reference:zpci+NAME.',
    )
    .action(act(faults));
}

function faults(options: { readonly json?: true }): number {
  const { FAULTS, VARIATIONS } = require('../reference/registry') as typeof import('../reference/registry');
  if (options.json) {
    process.stdout.write(jsonText([...FAULTS, ...VARIATIONS].map(peculiarityJson)));
    return EXIT.fine;
  }
  const colors = colorsFor(process.stdout);
  if (FAULTS.length > 0) {
    print(colors.bold('Faults'));
    const rows = FAULTS.map((fault) => [fault.name, fault.breaks.join(', '), fault.summary]);
    for (const line of columns(rows, '  ')) print(line);
    print('');
  }
  if (VARIATIONS.length > 0) {
    print(colors.bold('Benign variations: a correct driver may be so'));
    for (const line of columns(
      VARIATIONS.map((variation) => [variation.name, variation.summary]),
      '  ',
    ))
      print(line);
    print('');
  }
  print(`${counted(FAULTS.length, 'fault')}, ${counted(VARIATIONS.length, 'benign variation')}`);
  return EXIT.fine;
}

function peculiarityJson(one: Peculiarity): Record<string, unknown> {
  const { name, breaks, benign, summary, reason, onDestination, personalities, layouts } = one;
  return { name, breaks, benign, summary, reason, onDestination, personalities, layouts };
}
