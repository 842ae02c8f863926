import path from 'node:path';

/** A file as people and tools want to see it: relative to the working folder when it lies below, absolute otherwise. */
export function shownPath(file: string, cwd: string = process.cwd()): string {
  const relative = path.relative(cwd, file);
  return relative === '' || relative === '..' || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative)
    ? file
    : relative;
}
