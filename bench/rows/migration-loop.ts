/** The saving and the resuming loop against C: 256 MiB of state, trapped and mmapped, in buffers from 4 KiB to 16 MiB. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { giveBuffers, PLAIN_GIVING } from '../../runner/steps/give-stream';
import { SaveLoop } from '../../runner/steps/save-loop';
import { StreamSpool } from '../../runner/steps/stream-spool';
import { benchStep } from '../bench-context';
import { BenchDevice } from '../bench-device';
import { compile } from '../compile';
import type { Contest } from '../row';

const MIB = 1 << 20;
const TOTAL = 256 * MIB;
const STOP_AND_COPY = 2;
const RESUMING = 4;
const SIZES = [
  { bytes: 4096, name: '4 KiB', budget: 2 },
  { bytes: 64 * 1024, name: '64 KiB', budget: 1 / 0.9 },
  { bytes: MIB, name: '1 MiB', budget: 1 / 0.9 },
  { bytes: 16 * MIB, name: '16 MiB', budget: 1 / 0.9 },
];

export function migrationLoops(): Contest[] {
  const program = compile('migration-loop', ['-ldl']);
  return SIZES.flatMap((size) =>
    [false, true].flatMap((mappable) => [
      contest(program, 'save', size, mappable),
      contest(program, 'resume', size, mappable),
    ]),
  );
}

function contest(
  program: string,
  loop: 'save' | 'resume',
  { bytes, name, budget }: (typeof SIZES)[number],
  mappable: boolean,
): Contest {
  const via = mappable ? 'mmap' : 'read';
  return {
    name: `${loop} ${mappable ? 'mmapped' : 'trapped'}, buffers of ${name}`,
    budget,
    unit: 'ms',
    prepare() {
      const state = loop === 'save' ? STOP_AND_COPY : RESUMING;
      const device = new BenchDevice({ section: bytes, watched: 'all', state, mappable });
      const spool = path.join(device.spoolFolder, 'spool');
      const inC = (what: string): number =>
        Number(
          execFileSync(program, [device.file, spool, what, via, String(bytes), String(TOTAL)], { encoding: 'utf8' }),
        );
      if (loop === 'resume') inC('save');
      return {
        kit: () => (loop === 'save' ? saveOnce(device, bytes, via) : resumeOnce(device, bytes, via)),
        c: () => inC(loop) * 1000,
        end: () => device.end(),
      };
    },
  };
}

function saveOnce(device: BenchDevice, bytes: number, via: 'read' | 'mmap'): number {
  const spool = new StreamSpool(device.spoolFolder, 0);
  const { context, migration } = benchStep(device, spool);
  const loop = new SaveLoop(context, migration, {
    as: 'state',
    buffers: TOTAL / bytes,
    pieces: 'bulk',
    via,
    poll: 1,
    reread: 1,
    order: 'pairs',
  });
  const elapsed = milliseconds(() => loop.run());
  migration.close();
  spool.close();
  return elapsed;
}

function resumeOnce(device: BenchDevice, bytes: number, via: 'read' | 'mmap'): number {
  const spool = new StreamSpool(device.spoolFolder, 0);
  const { context, migration } = benchStep(device, spool);
  const piece = new Uint8Array(bytes).fill(7);
  const buffers = Array.from({ length: TOTAL / bytes }, () => spool.add(piece));
  const elapsed = milliseconds(() => {
    const failure = giveBuffers(context, migration, buffers, { ...PLAIN_GIVING, via });
    if (failure) throw new Error(failure.message);
  });
  migration.close();
  spool.close();
  return elapsed;
}

function milliseconds(work: () => void): number {
  const began = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - began) / 1e6;
}
