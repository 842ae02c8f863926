/** Makes loads and stores of every width, cold and after each of V8's compilers has had its turn, on a page that traps. */
import koffi from 'koffi';
import { createLocalHost } from '../../../runner/host/local/local-host';
import type { AccessWidth } from '../../../runner/host/vfio-host';
import { decodeAccesses, TRAP_BYTES, type TrappedAccess } from './trap-program';

export interface WidthReport {
  readonly call: string;
  readonly width: number;
  readonly warmUps: number;
  readonly accesses: readonly TrappedAccess[];
}

const library = koffi.load(process.argv[2] ?? '');
const start = library.func('void trap_start(void *)');
const stop = library.func('int trap_stop(void *)');
const host = createLocalHost();
const memory = host.allocate(4096);
if (typeof memory === 'number') {
  throw new Error(`allocate: ${memory}`);
}
const out = new Uint8Array(TRAP_BYTES);
const reports: WidthReport[] = [];

function trap(call: string, width: number, warmUps: number, access: () => void): void {
  for (let n = 0; n < warmUps; n += 1) {
    access();
  }
  start(memory === undefined ? 0n : (memory as { address: bigint }).address);
  access();
  const count = stop(out) as number;
  reports.push({ call, width, warmUps, accesses: decodeAccesses(out, count) });
}

// 0: the interpreter. 1000: the baseline compiler. 100 000: the optimising ones.
for (const warmUps of [0, 1000, 100_000]) {
  for (const width of [1, 2, 4, 8] as AccessWidth[]) {
    // The value of a load is dropped on purpose: an optimiser must not drop the load with it.
    trap('load', width, warmUps, () => {
      host.load(memory, 64, width);
    });
    trap('store', width, warmUps, () => {
      host.store(memory, 64, width, 1n);
    });
    // The first of two stores to one place is as good as dead to an optimiser, and means something to a device.
    trap('store twice', width, warmUps, () => {
      host.store(memory, 64, width, 1n);
      host.store(memory, 64, width, 2n);
    });
    trap('load twice', width, warmUps, () => {
      host.load(memory, 64, width);
      host.load(memory, 64, width);
    });
  }
}
// Shows that the trap tells apart what is not one access.
const bytes = memory.bytes ?? new Uint8Array(0);
trap('DataView', 4, 0, () => {
  new DataView(bytes.buffer, 64, 4).getUint32(0, true);
});
trap('exchange', 4, 0, () => {
  Atomics.store(new Uint32Array(bytes.buffer), 16, 1);
});
process.send?.(reports, () => process.exit(0));
