/** One 8-byte field read and one 4-byte state write, flight recorder, access log and all oracles on, against plain C. */
import { execFileSync } from 'node:child_process';
import { BenchDevice, REGION_OFFSET } from '../bench-device';
import { compile } from '../compile';
import type { Contest } from '../row';

const COUNT = 100_000;
const PENDING_BYTES = 8n;
const RUNNING = 1;

export function fieldAccess(): Contest[] {
  const program = compile('field-access');
  return [contest(program, 'read'), contest(program, 'write')];
}

function contest(program: string, what: 'read' | 'write'): Contest {
  return {
    name: what === 'read' ? 'field read, 8 bytes' : 'state write, 4 bytes',
    budget: 2.5,
    unit: 'ns',
    prepare() {
      const device = new BenchDevice({ section: 64 * 1024, watched: 'all', state: RUNNING, mappable: false });
      const { host, fd } = device;
      const into = new Uint8Array(8);
      const state = Uint8Array.of(RUNNING, 0, 0, 0);
      const call =
        what === 'read'
          ? () => host.pread(fd, into, REGION_OFFSET + PENDING_BYTES)
          : () => host.pwrite(fd, state, REGION_OFFSET);
      return {
        kit() {
          const began = process.hrtime.bigint();
          for (let n = 0; n < COUNT; n += 1) call();
          return Number(process.hrtime.bigint() - began) / COUNT;
        },
        c: () => Number(execFileSync(program, [device.file, what, String(COUNT)], { encoding: 'utf8' })),
        end: () => device.end(),
      };
    },
  };
}
