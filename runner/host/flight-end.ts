/**
 * Asks the process that writes a recording to end. A step is one long synchronous piece of work, in which no message and no signal
 * handler gets a word in; the recording is mapped, so that its writer sees this word at its next access.
 */
import fs from 'node:fs';
import { HEADER } from './flight-format';

/** A recording that is not there, or cannot be written to, is nobody's any more. */
export function askToEnd(path: string): void {
  try {
    const descriptor = fs.openSync(path, fs.constants.O_WRONLY | fs.constants.O_NOFOLLOW);
    try {
      fs.writeSync(descriptor, new Uint8Array(Float64Array.of(1).buffer), 0, 8, HEADER.END * 8);
    } finally {
      fs.closeSync(descriptor);
    }
  } catch {
    // Its writer has ended, or never began.
  }
}
