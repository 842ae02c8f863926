import { type Stats, statSync } from 'node:fs';
import { UsageError } from './exit';

/** Undefined for whatever cannot be looked at: not there, below a file, behind a closed folder, a circle of links. */
export function fileStatus(file: string): Stats | undefined {
  try {
    return statSync(file);
  } catch {
    return undefined;
  }
}

/** For an option that takes the name of a file to write. @throws UsageError */
export function refuseFolder(option: string, file: string): void {
  if (fileStatus(file)?.isDirectory()) throw new UsageError(`${option} ${file} is a folder`);
}
