/** `explain CLAUSE`: everything that the kit knows of one clause, or of those that a pattern names. */
import type { Command } from 'commander';
import type { ClauseIndex, KnownClause } from './knowledge/clause-index';
import { exampleText } from './knowledge/example-text';
import type { Act } from './main';
import { EXIT, UsageError } from './support/exit';
import { wrap } from './support/layout';
import { jsonText, printable } from './support/printable';
import { type Colors, colorsFor, print, textWidth } from './support/terminal';

export function declare(command: Command, act: Act): void {
  command
    .argument('<clause>', 'id of a clause, or a pattern such as SAVE-*')
    .option('--json', 'as a JSON list, like `clauses --json`')
    .option('--no-example', 'without the example, which is looked for by running scenarios on the reference device')
    .action(act(explain));
}

interface ExplainOptions {
  readonly json?: true;
  readonly example: boolean;
}

async function explain(wanted: string, options: ExplainOptions): Promise<number> {
  const { clauseIndex } = require('./knowledge/clause-index') as typeof import('./knowledge/clause-index');
  const { clauseJson } = require('./knowledge/clause-json') as typeof import('./knowledge/clause-json');
  const index = clauseIndex();
  const found = select(index, wanted);
  // A pattern may name a hundred clauses.
  const [only] = found.length === 1 && options.example ? found : [];
  const example = only && (await exampleOf(only, index));
  if (options.json)
    process.stdout.write(jsonText(found.map((known) => ({ ...clauseJson(known), ...(example ? { example } : {}) }))));
  else {
    const colors = colorsFor(process.stdout);
    const texts = found.map((known) => tell(known, index, colors));
    print([...texts, ...(example ? [exampleText(example, colors)] : [])].join('\n\n'));
  }
  return EXIT.fine;
}

function exampleOf({ clause, scenarios, faults }: KnownClause, { clauses }: ClauseIndex) {
  const { failingExample } = require('../execution/failing-example') as typeof import('../execution/failing-example');
  const { exampleScenarios } =
    require('./knowledge/example-scenarios') as typeof import('./knowledge/example-scenarios');
  return failingExample(clause.id, exampleScenarios(scenarios, faults, clauses), faults);
}

function select({ clauses }: ClauseIndex, wanted: string): readonly KnownClause[] {
  const { matchesWildcard } = require('../language/glob') as typeof import('../language/glob');
  const { nearest, quote } = require('../language/suggest') as typeof import('../language/suggest');
  const pattern = wanted.toUpperCase();
  const found = clauses.filter(({ clause }) => matchesWildcard(pattern, clause.id));
  if (found.length > 0) return found;
  const ids = clauses.map(({ clause }) => clause.id);
  const near = nearest(wanted, ids);
  throw new UsageError(
    `there is no clause ${quote(wanted)}${near === undefined ? '' : `: did you mean ${near}?`}`,
    '`vfio-conformance clauses` lists them all.',
  );
}

function tell({ clause, scenarios, faults, tests }: KnownClause, index: ClauseIndex, colors: Colors): string {
  const width = textWidth();
  const paragraph = (text: string | undefined): string[] =>
    text === undefined ? [] : wrap(printable(text), width, '  ');
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', colors.bold(title), ...lines];
  const list = (items: readonly string[]): string[] => items.map((item) => `  ${printable(item)}`);
  const level = clause.word === undefined ? clause.level : `${clause.level} (the text says ${clause.word})`;
  const kept = clause.who === 'user' ? 'kept by the kit, as the user of the device' : `owed by the ${clause.who}`;
  const rests = [
    clause.lines.length > 0 ? `lines ${clause.lines.join(', ')} of ${sourceName(index)}` : '',
    clause.basis === undefined ? '' : `basis: ${clause.basis}`,
    `authority: ${clause.authority}`,
  ].filter((part) => part !== '');
  return [
    `${colors.bold(clause.id)}  ${level}, ${kept}, family ${printable(clause.family)}`,
    ...paragraph(clause.text),
    ...section('Why it matters', paragraph(clause.rationale)),
    ...section('Why it is stricter than the text', paragraph(clause.because)),
    ...section('What a judge has to know', paragraph(clause.note)),
    ...section('Rests on', list(rests)),
    ...section('Scenarios that name it', list(scenarios)),
    ...section('Faults of the reference device that break it', list(faults)),
    ...section('Tests of the kit that prove it', list(tests)),
  ].join('\n');
}

function sourceName({ source }: ClauseIndex): string {
  const { file, from, to } = source;
  if (file === undefined) return "the interface's text";
  return from === undefined || to === undefined
    ? file
    : `the diff of ${file}, ${from.slice(0, 12)} to ${to.slice(0, 12)}`;
}
