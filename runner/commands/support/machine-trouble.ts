/** Errors of the file system that are the machine's, and neither the user's nor the kit's: a full or failing disk, a limit that is reached. */
const CODES = new Set(['ENOSPC', 'EIO', 'EDQUOT', 'EMFILE', 'ENFILE', 'ENOMEM', 'EROFS', 'EAGAIN', 'EFBIG']);

export function isMachineTrouble(error: unknown): error is NodeJS.ErrnoException {
  if (!(error instanceof Error)) return false;
  const { code, syscall } = error as NodeJS.ErrnoException;
  return syscall !== undefined && code !== undefined && CODES.has(code);
}
