/** A backend cannot be set up on this machine: nothing was asked of a device yet. The message says what to do about it. */
export class HostUnavailable extends Error {
  override readonly name = 'HostUnavailable';
  constructor(
    readonly reason: string,
    /** What the user can do, as a sentence of its own. */
    readonly remedy: string,
    options?: { readonly cause: unknown },
  ) {
    super(`${reason}. ${remedy}`, options);
  }
}
