/**
 * A failure that is explained to the person who runs the lab: one message, what to do about it, and the exit code of the
 * project's convention (1 non-conformant, 2 wrong usage, 3 broken, missing or busy).
 */
export class LabFailure extends Error {
  override readonly name = 'LabFailure';
  constructor(
    message: string,
    readonly advice: string = '',
    readonly exitCode: 1 | 2 | 3 = 3,
  ) {
    super(message);
  }
}
