/** How a command ends: the exit codes of the README, and the errors that carry them up to `main`. */
import type { Diagnostic } from '../../language/scenario';

export const EXIT = {
  /** Conformant, or nothing to complain of. */
  fine: 0,
  nonConformant: 1,
  /** Wrong usage, or an invalid file. */
  usage: 2,
  /** Incomplete or broken, or a device that is missing, busy or forbidden. */
  incomplete: 3,
} as const;

/** An end that is no defect of the kit: `main` prints the message and the advice, without a stack. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
  constructor(
    message: string,
    readonly exitCode: number,
    /** What to do about it; may have several lines. */
    readonly advice?: string,
  ) {
    super(message);
  }
}

/** The command line asks for something that cannot be. */
export class UsageError extends CommandError {
  override readonly name = 'UsageError';
  constructor(message: string, advice?: string) {
    super(message, EXIT.usage, advice);
  }
}

/** The command line is in order, and the machine or the device does not let it happen. */
export class CannotRun extends CommandError {
  override readonly name = 'CannotRun';
  constructor(message: string, advice?: string) {
    super(message, EXIT.incomplete, advice);
  }
}

/** Files that the language refuses. */
export class InvalidFiles extends CommandError {
  override readonly name = 'InvalidFiles';
  constructor(readonly diagnostics: readonly Diagnostic[]) {
    super('a file is not valid', EXIT.usage);
  }
}
