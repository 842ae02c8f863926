/** Makes the text of a new file, checks it as `lint` does, and writes it. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { lintFiles, PACKAGE_ROOT } from '../../language';
import { nearest, quote } from '../../language/suggest';
import { InvalidFiles, UsageError } from '../support/exit';
import { isMachineTrouble } from '../support/machine-trouble';
import { makeFolder } from '../support/make-folder';
import { profileText, SCENARIOS, suiteText, type Template } from './templates';

export const KINDS = ['scenario', 'suite', 'profile'] as const;
export type Kind = (typeof KINDS)[number];

/** Everything that is needed; see `answers.ts` for where it comes from. */
export interface Answers {
  readonly kind: Kind;
  readonly file: string;
  readonly name: string;
  /** Scenario: what it begins as. */
  readonly template: Template;
  readonly clauses: readonly string[];
  /** Suite: patterns of scenario files. */
  readonly scenarios: readonly string[];
  /** Profile: `pci: "8086:10d3"`. */
  readonly match: string;
}

const SCHEMAS: Readonly<Record<Kind, string>> = {
  scenario: 'scenario.schema.json',
  suite: 'schemas/suite.schema.json',
  profile: 'schemas/profile.schema.json',
};

export function templateOf(name: string): Template {
  const found = SCENARIOS.find((template) => template.name === name);
  if (found) return found;
  const names = SCENARIOS.map((template) => template.name);
  const near = nearest(name, names);
  throw new UsageError(
    `there is no template ${quote(name)}${near === undefined ? '' : `: did you mean ${near}?`}`,
    `The templates are ${names.join(', ')}.`,
  );
}

/** @throws UsageError when the file is there already; InvalidFiles when what was asked for is not valid: then nothing is left. */
export function writeNew(answers: Answers, cwd: string): string {
  const file = path.resolve(cwd, answers.file);
  if (!/\.ya?ml$/.test(file)) throw new UsageError(`${answers.file}: the name of a ${answers.kind} ends in .yaml`);
  if (existsSync(file)) throw new UsageError(`${answers.file} is there already`, 'Name a new file.');
  const schema = path.relative(path.dirname(file), path.join(PACKAGE_ROOT, SCHEMAS[answers.kind]));
  write(file, `# yaml-language-server: $schema=${schema}\n${textOf(answers)}`);
  const errors = lintFiles([file]).filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return file;
  // It was made this moment, by nobody else.
  rmSync(file);
  throw new InvalidFiles(errors);
}

/** @throws UsageError where the file cannot be. */
function write(file: string, text: string): void {
  try {
    makeFolder(path.dirname(file));
    writeFileSync(file, text, { flag: 'wx' });
  } catch (error) {
    // A full or failing disk is no mistake of the command line.
    if (isMachineTrouble(error)) throw error;
    throw new UsageError(`${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function textOf({ kind, name, template, clauses, scenarios, match }: Answers): string {
  if (kind === 'suite') return suiteText(scalar(name), scenarios, clauses);
  if (kind === 'profile') return profileText(scalar(name), match);
  const named = clauses.length > 0 ? clauses : template.clauses;
  return `scenario: ${scalar(name)}\nclauses: [${named.join(', ')}]\n${template.body}`;
}

/** What a person typed, as YAML that means just that. */
function scalar(text: string): string {
  const plain = /^[A-Za-z][\w ,.()/'-]*$/.test(text) && !/[ ]$|^(true|false|yes|no|on|off|null|y|n)$/i.test(text);
  return plain ? text : JSON.stringify(text);
}
