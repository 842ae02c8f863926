/** `run --list`: which cases a run would take. No device is named, found or opened for it. */
import { EXIT } from '../support/exit';
import { counted } from '../support/layout';
import { printable } from '../support/printable';
import { shownPath } from '../support/shown-path';
import { colorsFor, print } from '../support/terminal';
import type { CheckedOptions } from './options';
import { loadTargets } from './targets';

export function listCases(names: readonly string[], options: CheckedOptions): number {
  const targets = loadTargets(names, process.cwd(), options.filter);
  const colors = colorsFor(process.stdout);
  for (const { title, file, taken, cases } of targets) {
    const of = taken.length === cases.length ? '' : ` of ${cases.length}`;
    print(
      `${colors.bold(printable(title))}  ${printable(shownPath(file))}, ${taken.length}${of === '' ? '' : of} ${cases.length === 1 ? 'case' : 'cases'}`,
    );
    for (const case_ of taken) {
      const tags = case_.tags.map((tag) => `@${tag}`).join(' ');
      print(`  ${printable(case_.id)}`);
      print(
        colors.dim(
          `    ${printable([case_.title, case_.clauses.join(' '), tags].filter((part) => part !== '').join('  '))}`,
        ),
      );
    }
  }
  print(
    `\n${counted(
      targets.reduce((sum, target) => sum + target.taken.length, 0),
      'case',
    )}`,
  );
  return EXIT.fine;
}
