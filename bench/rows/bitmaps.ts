/** Dirty bitmaps of 1 GiB to 8 TiB of guest memory: fetched, counted and compared, against a -O2 loop with popcount. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { createLocalHost } from '../../runner/host/local/local-host';
import { DirtyBitmap } from '../../runner/vfio/dirty-bitmap';
import { memoryFolder } from '../bench-device';
import { compile } from '../compile';
import type { Contest, Rounds } from '../row';

const PAGE = 4096n;
const GUESTS = [
  { memory: '1 GiB', bytes: 32 * 1024, repeats: 2000 },
  { memory: '64 GiB', bytes: 2 << 20, repeats: 50 },
  { memory: '1 TiB', bytes: 32 << 20, repeats: 4 },
  { memory: '8 TiB', bytes: 256 << 20, repeats: 1 },
];
type Guest = (typeof GUESTS)[number];
const FILLS = ['dense', 'sparse', 'empty'] as const;
type Fill = (typeof FILLS)[number];
type Work = 'count' | 'compare' | 'get';
const PIECE = 1 << 20;
/** The processors that have it count in one instruction, as WebAssembly does where it can. */
const POPCOUNT = process.arch === 'x64' ? ['-mpopcnt'] : [];

export function bitmaps(): Contest[] {
  const program = compile('bitmap', POPCOUNT);
  const works = GUESTS.flatMap((guest) =>
    FILLS.flatMap((fill) => [contest(program, 'count', guest, fill), contest(program, 'compare', guest, fill)]),
  );
  return [...works, ...GUESTS.map((guest) => contest(program, 'get', guest, 'dense'))];
}

function contest(program: string, work: Work, guest: Guest, fill: Fill): Contest {
  return {
    name: `bitmap of ${guest.memory}, ${fill}: ${work === 'get' ? 'fetch and count' : work}`,
    // A bitmap is kept for later questions, which costs a copy that C does not make.
    budget: work === 'get' ? 4 : 2,
    unit: 'ms',
    prepare: () => prepare(program, work, guest, fill),
  };
}

function prepare(program: string, work: Work, { bytes, repeats }: Guest, fill: Fill): Rounds {
  const folder = mkdtempSync(path.join(memoryFolder(), 'vfio-conformance-bench-'));
  const file = path.join(folder, 'bitmaps');
  writeBitmaps(file, bytes, fill);
  const fd = openSync(file, 'r');
  const pages = bytes * 8;
  const load = (at: number) => DirtyBitmap.filled(0n, PAGE, pages, (into) => readWhole(fd, into, at), 'little');
  const [here, there] = work === 'get' ? [] : [load(0), load(bytes)];
  const host = createLocalHost();
  let found = 0;
  const once = (): void => {
    if (work === 'count') found = here?.count() ?? 0;
    else if (work === 'compare' && here && there) {
      const { missing, extra } = here.compare(there, 0);
      found = missing + extra;
    } else {
      const memory = host.allocate(bytes);
      if (typeof memory === 'number' || !memory.bytes) throw new Error('there is no memory for a bitmap');
      readWhole(fd, memory.bytes, 0);
      found = DirtyBitmap.filled(0n, PAGE, pages, (into) => host.peek(memory, 0, into), 'little').count();
      host.munmap(memory);
    }
  };
  const inC = (): { ms: number; bits: number } => {
    const [ms = 0, bits = 0] = execFileSync(program, [file, work, String(bytes), String(repeats)], { encoding: 'utf8' })
      .split(' ')
      .map(Number);
    return { ms, bits };
  };
  return {
    kit() {
      const began = process.hrtime.bigint();
      for (let n = 0; n < repeats; n += 1) once();
      return Number(process.hrtime.bigint() - began) / 1e6 / repeats;
    },
    c() {
      const { ms, bits } = inC();
      if (bits !== found) throw new Error(`the kit counts ${found} bits where C counts ${bits}`);
      return ms;
    },
    end() {
      host.dispose();
      closeSync(fd);
      rmSync(folder, { recursive: true });
    },
  };
}

function readWhole(fd: number, into: Uint8Array, at: number): void {
  for (let done = 0; done < into.length; ) {
    const count = readSync(fd, into, done, Math.min(into.length - done, 1 << 30), at + done);
    if (count <= 0) throw new Error('the file of bitmaps is too short');
    done += count;
  }
}

/** The bitmap, and behind it the expected one, which differs in a few places. */
function writeBitmaps(file: string, bytes: number, fill: Fill): void {
  const fd = openSync(file, 'w');
  for (const which of [0, 1])
    for (let at = 0; at < bytes; at += PIECE) {
      const piece = new Uint8Array(Math.min(PIECE, bytes - at));
      let seed = (at / PIECE + 1) >>> 0;
      const step = fill === 'dense' ? 1 : 512;
      if (fill !== 'empty')
        for (let n = 0; n < piece.length; n += step) {
          seed ^= seed << 13;
          seed ^= seed >>> 17;
          seed ^= seed << 5;
          piece[n] = seed;
        }
      if (which === 1) piece[piece.length >> 1] = 0x5a;
      writeSync(fd, piece, 0, piece.length, which * bytes + at);
    }
  closeSync(fd);
}
