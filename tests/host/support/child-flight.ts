/** Makes accesses under a flight recorder until it is killed: `hang` stops in the middle of one, `race` never stops, `fault` dies of one. */
import fs from 'node:fs';
import { FlightRecorderWriter } from '../../../runner/host/flight-recorder';
import { createLocalHost } from '../../../runner/host/local/local-host';
import { WatchedHost } from '../../../runner/host/watched-host';

const [mode, flight = '', file = '', how] = process.argv.slice(2);
const recorder = new FlightRecorderWriter(flight, { map: how === 'mapped' });
const host = new WatchedHost(createLocalHost(), [recorder]);
recorder.setStep(3);
const fd = host.open(file, 'read-write');
const bytes = new Uint8Array(8);
if (mode === 'hang') {
  host.ioctl(fd, 0x5451);
  recorder.setStep(4);
  // Nobody writes to this FIFO: the read never returns.
  host.read(fd, bytes);
} else if (mode === 'fault') {
  const memory = host.mmap(fd, 4096, 0n, { read: true, write: true });
  if (typeof memory === 'number') throw new Error(`mmap answered ${memory}`);
  // A mapping without a page behind it, as a driver's that advertises what it does not have.
  fs.truncateSync(file, 0);
  host.load(memory, 16, 4);
} else {
  for (let n = 0n; ; n += 1n) {
    recorder.setStep(Number(n));
    host.pread(fd, bytes, n);
  }
}
