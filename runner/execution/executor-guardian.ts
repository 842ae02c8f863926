/**
 * The guardian of an executor: a thread of the same process that still runs while a call on the device blocks everything else. When the
 * parent is gone it has the case end at its next access; when that takes too long, it ends the process, and the kernel closes the device.
 */
import { Worker, workerData } from 'node:worker_threads';
import { askToEnd } from '../host/flight-end';
import { removeFlight } from '../host/flight-recorder';
import { endProgramsOf } from '../host/program';

interface Guarded {
  readonly parent: number;
  readonly flight: string;
  readonly graceMs: number;
}

const LOOK_MS = 250;

/** Starts the thread. `graceMs`: how long a case may take to clean up after the parent is gone. */
export function guard(flight: string, graceMs: number): void {
  const guarded: Guarded = { parent: process.ppid, flight, graceMs };
  const worker = new Worker(__filename, { workerData: { guarded }, stdin: false, execArgv: [] });
  // Without it the executor works as it did; a parent that dies while a call hangs is then not noticed.
  worker.on('error', () => undefined);
  worker.unref();
}

function watch({ parent, flight, graceMs }: Guarded): void {
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    askToEnd(flight);
    setTimeout(() => {
      removeFlight(flight);
      endProgramsOf(process.pid);
      process.kill(process.pid, 'SIGKILL');
    }, graceMs);
  }, LOOK_MS);
}

const { guarded } = (workerData ?? {}) as { guarded?: Guarded };
if (guarded) watch(guarded);
