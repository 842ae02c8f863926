import { type Stats, statSync } from 'node:fs';

/** Undefined for whatever cannot be looked at: not there, below a file, behind a closed folder, a circle of links. */
export function fileStatus(file: string): Stats | undefined {
  try {
    return statSync(file);
  } catch {
    return undefined;
  }
}
