/**
 * The command line. This file knows the commands' names and summaries only: what a command needs is loaded when it is the one
 * that was asked for, so that `--help` answers at once.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Command, CommanderError } from 'commander';
import type { LanguageError } from '../language/language-error';
import type { Diagnostic } from '../language/scenario';
import { CommandError, EXIT, InvalidFiles } from './support/exit';
import { printableLines } from './support/printable';
import { colorsFor, complain } from './support/terminal';

/** Adds arguments, options and the action to a command that has its name and summary. The action resolves to the exit code. */
export type Declare = (command: Command, act: Act) => void;
/** Wraps an action so that its exit code reaches `main`. */
export type Act = <A extends unknown[]>(
  action: (...given: A) => Promise<number> | number,
) => (...given: A) => Promise<void>;

interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => { readonly declare: Declare };
}

const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'run',
    summary: 'run suites or scenarios on a device and give the verdict',
    load: () => require('./run') as typeof import('./run'),
  },
  {
    name: 'devices',
    summary: 'list the devices of this machine, and say which can be tested',
    load: () => require('./devices') as typeof import('./devices'),
  },
  {
    name: 'inspect',
    summary: 'show what a device says of itself',
    load: () => require('./inspect') as typeof import('./inspect'),
  },
  {
    name: 'lint',
    summary: 'check scenarios, suites and device profiles',
    load: () => require('./lint') as typeof import('./lint'),
  },
  {
    name: 'clauses',
    summary: 'list the clauses of the interface that are judged',
    load: () => require('./clauses') as typeof import('./clauses'),
  },
  {
    name: 'explain',
    summary: 'tell one clause in full: what it asks for, why, and what judges it',
    load: () => require('./explain') as typeof import('./explain'),
  },
  {
    name: 'faults',
    summary: 'list the faults and variations that the reference device can be given',
    load: () => require('./faults') as typeof import('./faults'),
  },
  {
    name: 'selftest',
    summary: 'test the kit itself against every fault and every benign variation',
    load: () => require('./selftest') as typeof import('./selftest'),
  },
  {
    name: 'agent',
    summary: 'put the agent on another machine, so that --host ssh:HOST reaches its devices',
    load: () => require('./agent') as typeof import('./agent'),
  },
  {
    name: 'explore',
    summary: 'walk at random over the state machine and the loops of a device',
    load: () => require('./explore') as typeof import('./explore'),
  },
  {
    name: 'new',
    summary: 'write a scenario, a suite or a device profile to begin with',
    load: () => require('./new') as typeof import('./new'),
  },
  {
    name: 'report',
    summary: 'make the HTML report of a run',
    load: () => require('./report') as typeof import('./report'),
  },
  {
    name: 'certificate',
    summary: 'make the certificate of a run, or verify one',
    load: () => require('./certificate') as typeof import('./certificate'),
  },
  {
    name: 'compare',
    summary: 'say what changed from one run to another',
    load: () => require('./compare') as typeof import('./compare'),
  },
];

/** Runs the command line and ends the process. */
export async function main(words: readonly string[]): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    // Who reads the output may have had enough of it (`| head`), or the terminal is closed (EIO); the exit code is still worth having.
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    });
  }
  const code = await execute(words);
  for (const stream of [process.stdout, process.stderr])
    await new Promise<void>((resolve) => {
      stream.write('', () => resolve());
    });
  process.exit(code);
}

async function execute(words: readonly string[]): Promise<number> {
  let code: number = EXIT.fine;
  const act: Act =
    (action) =>
    async (...given) => {
      code = await action(...given);
    };
  try {
    await program(words, act).parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    return failed(error);
  }
}

function program(words: readonly string[], act: Act): Command {
  const { version } = JSON.parse(readFileSync(path.join(__dirname, '../../../package.json'), 'utf8')) as {
    version: string;
  };
  const top = new Command('vfio-conformance')
    .description('Tests whether a VFIO vendor driver keeps the interface, and says so.')
    .version(version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError('(`vfio-conformance --help` tells more)')
    .configureOutput({ writeErr: (text) => process.stderr.write(printableLines(text)) })
    .exitOverride();
  const asked = words.filter((word) => !word.startsWith('-'));
  const chosen = asked[0] === 'help' ? asked[1] : asked[0];
  for (const { name, summary, load } of COMMANDS) {
    const command = top
      .command(name)
      .summary(summary)
      .description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`)
      .showHelpAfterError(`(\`vfio-conformance ${name} --help\` tells more)`);
    if (name === chosen) load().declare(command, act);
  }
  return top;
}

const EXAMPLES = `
Examples:
  vfio-conformance run --device reference            the certification, on a simulated device: no hardware needed
  vfio-conformance devices                           what there is on this machine
  vfio-conformance run --device 0000:00:04.0         the certification, on a real device
  vfio-conformance run my-scenario.yaml -d reference one scenario of your own

Exit codes: 0 conformant, or nothing to complain of; 1 non-conformant; 2 wrong usage or an invalid file;
3 incomplete or broken, or a device that is missing, busy or forbidden.`;

function failed(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.usage;
  const colors = colorsFor(process.stderr);
  const diagnostics = diagnosticsOf(error);
  if (diagnostics) {
    const { diagnosticTexts } = require('./support/diagnostics-text') as typeof import('./support/diagnostics-text');
    complain(diagnosticTexts(diagnostics, colors).join('\n\n'));
    return EXIT.usage;
  }
  if (error instanceof CommandError) {
    complain(`${colors.red('error:')} ${printableLines(error.message)}`);
    if (error.advice !== undefined) complain(printableLines(error.advice).replaceAll(/^(?=.)/gm, '  '));
    return error.exitCode;
  }
  const { isMachineTrouble } = require('./support/machine-trouble') as typeof import('./support/machine-trouble');
  if (isMachineTrouble(error)) {
    complain(`${colors.red('error:')} ${printableLines(error.message)}`);
    return EXIT.incomplete;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  complain(`${colors.red('error:')} this is a fault of vfio-conformance itself; please report it with these lines:`);
  complain(printableLines(text));
  return EXIT.incomplete;
}

/** Complaints about files; the language's own error is told by its name, so that the language is not loaded for it. */
function diagnosticsOf(error: unknown): readonly Diagnostic[] | undefined {
  if (error instanceof InvalidFiles) return error.diagnostics;
  return error instanceof Error && error.name === 'LanguageError' ? (error as LanguageError).diagnostics : undefined;
}
