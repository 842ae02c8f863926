/** `new [KIND] [FILE]`: writes a scenario, a suite or a device profile to begin with. */
import type { Command } from 'commander';
import type { Act } from './main';
import type { NewOptions } from './starting/answers';
import { EXIT } from './support/exit';
import { printable } from './support/printable';
import { shownPath } from './support/shown-path';
import { print } from './support/terminal';

export function declare(command: Command, act: Act): void {
  const { SCENARIOS } = require('./starting/templates') as typeof import('./starting/templates');
  const width = Math.max(...SCENARIOS.map(({ name }) => name.length));
  command
    .argument('[kind]', 'scenario, suite or profile')
    .argument('[file]', 'the new file; a name that is taken is refused')
    .option('--name <name>', 'what a scenario shows, in a sentence; what a suite or a device is called')
    .option('--template <template>', 'what a scenario begins as (default: state)')
    .option('--clause <id>', 'a clause that is judged; may be given again', collect)
    .option('--scenarios <pattern>', 'scenario files of a suite; may be given again', collect)
    .option('--pci <id>', 'vendor and device id that a profile is for: 8086:10d3')
    .option('--driver <name>', 'vendor driver of a mediated device that a profile is for')
    .option('--mdev-type <type>', 'mdev type that a profile is for')
    .addHelpText(
      'after',
      `\nIn a terminal it asks for what is missing.\n\nTemplates of a scenario:\n${SCENARIOS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join('\n')}`,
    )
    .action(act(make));
}

async function make(kind: string | undefined, file: string | undefined, options: NewOptions): Promise<number> {
  const { answersOf, withTerminal } = require('./starting/answers') as typeof import('./starting/answers');
  const { writeNew } = require('./starting/write-new') as typeof import('./starting/write-new');
  const given = { ...(kind === undefined ? {} : { kind }), ...(file === undefined ? {} : { file }) };
  const answers = await withTerminal((ask) => answersOf(given, options, ask));
  const made = printable(shownPath(writeNew(answers, process.cwd())));
  print(`${made} is made.`);
  print('');
  print(`  vfio-conformance lint ${made}`);
  if (answers.kind === 'profile') print(`  vfio-conformance run smoke --device DEVICE --profile ${made}`);
  else print(`  vfio-conformance run ${made} --device reference`);
  return EXIT.fine;
}

function collect(value: string, earlier: readonly string[] | undefined): readonly string[] {
  return [...(earlier ?? []), value];
}
