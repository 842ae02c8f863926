/** Prints what executors write into a trace, while they write it. */
import fs from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { printableLines } from '../support/printable';

const LOOK_MS = 50;
const CHUNK = 256 * 1024;

export class TraceTail {
  private readonly buffer = Buffer.alloc(CHUNK);
  private readonly decoder = new StringDecoder('utf8');
  private position: number;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly file: string,
    private readonly print: (text: string) => void,
  ) {
    // A run that is taken up again has told the first half already.
    fs.appendFileSync(file, '');
    this.position = fs.statSync(file).size;
    this.timer = setInterval(() => this.look(), LOOK_MS);
    this.timer.unref();
  }

  /** Prints what is left. */
  end(): void {
    clearInterval(this.timer);
    this.look();
  }

  private look(): void {
    const descriptor = fs.openSync(this.file, 'r');
    try {
      for (let read = CHUNK; read > 0; ) {
        read = fs.readSync(descriptor, this.buffer, 0, CHUNK, this.position);
        this.position += read;
        if (read > 0) this.print(printableLines(this.decoder.write(this.buffer.subarray(0, read))));
      }
    } finally {
      fs.closeSync(descriptor);
    }
  }
}
