/** `lint [PATH...]`: checks scenarios, suites, profiles, the catalogue and the conditions. */
import { type Command, Option } from 'commander';
import type { Diagnostic } from '../language/scenario';
import { quote } from '../language/suggest';
import type { Act } from './main';
import { EXIT, UsageError } from './support/exit';

const FORMATS = ['text', 'json', 'github'] as const;
type Format = (typeof FORMATS)[number];

export function declare(command: Command, act: Act): void {
  command
    .argument('[paths...]', "files and folders; without any, the kit's own and those of this folder")
    .option('--deep', 'also run scenarios on the reference device: do they judge what they name?')
    .option('--json', 'the same as --format json')
    .addOption(new Option('--format <format>', 'text for people, json, or github annotations').choices(FORMATS))
    .addHelpText(
      'after',
      '\nExit codes: 0 no errors (there may be warnings), 2 a file that is not valid, or wrong usage.',
    )
    .action(act(lint));
}

interface Options {
  readonly deep?: true;
  readonly json?: true;
  readonly format?: Format;
}

async function lint(paths: readonly string[], options: Options): Promise<number> {
  if (options.json && options.format !== undefined && options.format !== 'json')
    throw new UsageError(`--json and --format ${options.format} exclude each other`);
  if (paths.includes('')) throw new UsageError('the name of a file or folder is empty');
  const { lintPaths } = require('./linting/lint-paths') as typeof import('./linting/lint-paths');
  const shallow = lintPaths(paths, process.cwd());
  const { files } = shallow;
  if (paths.length > 0 && files.length === 0)
    throw new UsageError(`there is no YAML file in ${paths.map(quote).join(', ')}`);
  const diagnostics = options.deep ? [...shallow.diagnostics, ...(await deep(files))] : shallow.diagnostics;
  const formats = require('./linting/formats') as typeof import('./linting/formats');
  const write = { text: formats.asText, json: formats.asJson, github: formats.asGithub };
  write[options.format ?? (options.json ? 'json' : 'text')](diagnostics, files.length);
  return diagnostics.some(isError) ? EXIT.usage : EXIT.fine;
}

/** On a terminal it says how far it has come: it takes seconds. */
async function deep(files: readonly string[]): Promise<readonly Diagnostic[]> {
  const { lintDeep } = require('./linting/deep') as typeof import('./linting/deep');
  if (!process.stderr.isTTY) return lintDeep(files);
  const found = await lintDeep(files, {
    onScenario: (_scenario, done, all) => process.stderr.write(`\r${done}/${all} scenarios tried`),
  });
  process.stderr.write('\r\x1b[K');
  return found;
}

function isError(diagnostic: Diagnostic): boolean {
  return diagnostic.severity === 'error';
}
