/** `clauses`: the catalogue, one line for each clause. */
import type { Command } from 'commander';
import type { Act } from './main';
import { EXIT } from './support/exit';
import { columns, counted } from './support/layout';
import { jsonText, printable } from './support/printable';
import { colorsFor, complain, print } from './support/terminal';

export function declare(command: Command, act: Act): void {
  command.option('--json', 'as JSON, in full').action(act(clauses));
}

function clauses(options: { readonly json?: true }): number {
  const { clauseIndex } = require('./knowledge/clause-index') as typeof import('./knowledge/clause-index');
  const { clauseJson } = require('./knowledge/clause-json') as typeof import('./knowledge/clause-json');
  const index = clauseIndex();
  if (index.invalid.length > 0) {
    const files = counted(index.invalid.length, 'scenario file');
    complain(`${files} not valid and left out; \`vfio-conformance lint\` says why`);
  }
  if (options.json) {
    process.stdout.write(jsonText(index.clauses.map(clauseJson)));
    return EXIT.fine;
  }
  const colors = colorsFor(process.stdout);
  for (const family of new Set(index.clauses.map((known) => known.clause.family))) {
    print(colors.bold(printable(family)));
    const members = index.clauses.filter((known) => known.clause.family === family);
    const rows = members.map(({ clause, scenarios, faults }) => [
      clause.id,
      clause.level,
      clause.who,
      counted(scenarios.length, 'scenario'),
      counted(faults.length, 'fault'),
    ]);
    for (const line of columns(rows, '  ')) print(line);
  }
  const judged = index.clauses.filter((known) => known.clause.who !== 'user').length;
  print(
    `\n${counted(index.clauses.length, 'clause')}: ${judged} judged of the driver and the kernel, ${index.clauses.length - judged} kept by the kit itself. \`vfio-conformance explain CLAUSE\` tells one in full.`,
  );
  return EXIT.fine;
}
