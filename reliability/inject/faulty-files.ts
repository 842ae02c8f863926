/**
 * Makes writing below a folder fail now and then, in this process: what a full, failing or slow disk does to the results of a run. Every
 * write of the kit is synchronous, so that patching Node's synchronous calls reaches all of them.
 */
import fs from 'node:fs';
import path from 'node:path';
import { Dice } from './injection';

export interface FileFaults {
  /** transparent: a delay or a short write; host: ENOSPC, EIO, EMFILE, EDQUOT, and half a file. */
  readonly kind: 'transparent' | 'host';
  readonly seed: number;
  readonly oneIn: number;
  /** Files below these folders, or whose path begins so. */
  readonly below: readonly string[];
}

const ERRNOS: Readonly<Record<string, number>> = { ENOSPC: 28, EIO: 5, EMFILE: 24, EDQUOT: 122 };
const LONGEST_DELAY_MS = 20;
const pause = new Int32Array(new SharedArrayBuffer(4));

/** `onInjection` hears of each, by call and what happened. */
export function spoilFiles(faults: FileFaults, onInjection: (what: string) => void): void {
  const dice = new Dice(faults.seed);
  const whole = { ...fs };
  const descriptors = new Map<number, string>();
  const meant = (file: unknown): file is string => {
    if (typeof file !== 'string') return false;
    const full = path.resolve(file);
    // Jest's cache is Jest's own: it does without, or ends.
    return !full.includes('/.jest-cache') && faults.below.some((folder) => full.startsWith(folder));
  };
  /** Undefined: nothing happens. */
  const strike = (call: string): 'delay' | 'error' | 'part' | undefined => {
    if (dice.below(faults.oneIn) !== 0) return undefined;
    const writes = call === 'writeSync' || call === 'writeFileSync';
    const what =
      faults.kind === 'transparent'
        ? call === 'writeSync' && dice.below(2) === 0
          ? 'part'
          : 'delay'
        : writes && dice.below(2) === 0
          ? 'part'
          : 'error';
    onInjection(`${call} ${what}`);
    return what;
  };
  const fail = (call: string, file: string): never => {
    const code = dice.of(Object.keys(ERRNOS));
    throw Object.assign(new Error(`${code}: injected, ${call} '${file}'`), {
      code,
      errno: -(ERRNOS[code] ?? 0),
      syscall: call,
      path: file,
    });
  };
  const rest = (): void => void Atomics.wait(pause, 0, 0, 1 + dice.below(LONGEST_DELAY_MS));

  for (const call of ['mkdirSync', 'renameSync', 'openSync'] as const) {
    const original = whole[call] as (...given: unknown[]) => unknown;
    Object.assign(fs, {
      [call]: (...given: unknown[]) => {
        const [file] = given;
        if (meant(file) && writes(call, given[1])) {
          const what = strike(call);
          if (what === 'error') fail(call, file);
          if (what === 'delay') rest();
        }
        const answer = original(...given);
        if (call === 'openSync' && typeof answer === 'number' && meant(file)) descriptors.set(answer, file);
        return answer;
      },
    });
  }
  Object.assign(fs, {
    closeSync: (fd: number) => {
      descriptors.delete(fd);
      whole.closeSync(fd);
    },
    writeFileSync: (...given: Parameters<typeof fs.writeFileSync>) => {
      const [file, data, ...options] = given;
      const named = typeof file === 'number' ? descriptors.get(file) : file;
      if (meant(named)) {
        const what = strike('writeFileSync');
        if (what === 'error') fail('write', named);
        if (what === 'delay') rest();
        if (what === 'part') {
          const bytes = typeof data === 'string' ? Buffer.from(data) : Buffer.from(data.buffer);
          whole.writeFileSync(file, bytes.subarray(0, bytes.length >> 1), ...options);
          fail('write', named);
        }
      }
      whole.writeFileSync(...given);
    },
    writeSync: (fd: number, data: string | Uint8Array, ...place: number[]) => {
      const file = descriptors.get(fd);
      const what = file === undefined ? undefined : strike('writeSync');
      if (what === 'error') fail('write', file ?? '');
      if (what === 'delay') rest();
      if (what === 'part' && typeof data !== 'string' && place.length === 0)
        return whole.writeSync(fd, data.subarray(0, data.length >> 1));
      const write = whole.writeSync as (...given: unknown[]) => number;
      return write(fd, data, ...place);
    },
  });
}

function writes(call: string, flags: unknown): boolean {
  return call !== 'openSync' || (typeof flags === 'string' && /[wax]/.test(flags));
}
