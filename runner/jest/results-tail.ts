/** Reads results.jsonl as it grows. */
import fs from 'node:fs';
import path from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import type { CaseResult } from '../execution/case-result';
import { RESULTS_FILE } from '../execution/run-plan';

const CHUNK = 1 << 16;

export class ResultsTail {
  private readonly file: string;
  private readonly buffer = Buffer.alloc(CHUNK);
  private decoder = new StringDecoder('utf8');
  private position = 0;
  private rest = '';

  /** `fromEnd`: what is in the file already is an earlier part of the run and is not told again. */
  constructor(folder: string, fromEnd: boolean) {
    this.file = path.join(folder, RESULTS_FILE);
    if (fromEnd && fs.existsSync(this.file)) this.position = fs.statSync(this.file).size;
  }

  /** The results that came since the last call; a line that is not whole yet waits for the next one. */
  read(): CaseResult[] {
    let descriptor: number;
    try {
      descriptor = fs.openSync(this.file, 'r');
    } catch {
      return [];
    }
    try {
      for (let read = 1; read > 0; ) {
        read = fs.readSync(descriptor, this.buffer, 0, CHUNK, this.position);
        this.position += read;
        this.rest += this.decoder.write(this.buffer.subarray(0, read));
      }
    } finally {
      fs.closeSync(descriptor);
    }
    const lines = this.rest.split('\n');
    this.rest = lines.pop() ?? '';
    return lines.flatMap(parse);
  }
}

/** A line that a killed run left half written is no result. */
function parse(line: string): CaseResult[] {
  if (line === '') return [];
  try {
    return [JSON.parse(line) as CaseResult];
  } catch {
    return [];
  }
}
