/** `lint [PATH...]`: checks scenarios, suites, profiles, the catalogue and the conditions. */
import { type Command, Option } from 'commander';
import type { Diagnostic } from '../language/scenario';
import type { Act } from './main';
import { EXIT, UsageError } from './support/exit';

const FORMATS = ['text', 'json', 'github'] as const;
type Format = (typeof FORMATS)[number];

export function declare(command: Command, act: Act): void {
  command
    .argument('[paths...]', "files and folders; without any, the kit's own and those of this folder")
    .option('--json', 'the same as --format json')
    .addOption(new Option('--format <format>', 'text for people, json, or github annotations').choices(FORMATS))
    .action(act(lint));
}

function lint(paths: readonly string[], options: { readonly json?: true; readonly format?: Format }): number {
  if (options.json && options.format !== undefined && options.format !== 'json')
    throw new UsageError(`--json and --format ${options.format} exclude each other`);
  const { lintPaths } = require('./linting/lint-paths') as typeof import('./linting/lint-paths');
  const { diagnostics, files } = lintPaths(paths, process.cwd());
  const formats = require('./linting/formats') as typeof import('./linting/formats');
  const write = { text: formats.asText, json: formats.asJson, github: formats.asGithub };
  write[options.format ?? (options.json ? 'json' : 'text')](diagnostics, files);
  return diagnostics.some(isError) ? EXIT.usage : EXIT.fine;
}

function isError(diagnostic: Diagnostic): boolean {
  return diagnostic.severity === 'error';
}
