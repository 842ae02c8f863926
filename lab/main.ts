/** `npm run lab`: the real-kernel lab's entry. */

import { parseCommandLine, type Subcommand, usage } from './command-line';
import { ci } from './commands/ci';
import { clean } from './commands/clean';
import { exec } from './commands/exec';
import { full } from './commands/full';
import { module } from './commands/module';
import { qemu } from './commands/qemu';
import { run } from './commands/run';
import { shell } from './commands/shell';
import { LabFailure } from './failure';
import { takeLock } from './lock';
import { labPaths } from './paths';
import { startProgress } from './progress';
import type { Lab } from './session';

const commands: Readonly<Record<Exclude<Subcommand, 'help'>, (lab: Lab) => Promise<number>>> = {
  ci,
  full,
  qemu,
  run,
  exec,
  shell,
  module,
  clean,
};

async function main(argv: readonly string[]): Promise<number> {
  const command = parseCommandLine(argv);
  if (command.subcommand === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  const progress = startProgress();
  const paths = labPaths();
  const lock = await takeLock(paths.cache, `lab ${command.subcommand}`, command.wait);
  try {
    const code = await commands[command.subcommand]({ command, paths, progress });
    progress.step(`done, exit code ${code}, ${progress.seconds().toFixed(1)} s in total`);
    return code;
  } finally {
    lock.release();
  }
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    if (error instanceof LabFailure) {
      process.stderr.write(`lab: ${error.message}\n${error.advice === '' ? '' : `${error.advice}\n`}`);
      process.exit(error.exitCode);
    }
    process.stderr.write(`lab: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(3);
  },
);
