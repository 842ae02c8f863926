/** The executor process: makes every system call on the device, one case after the other, and tells its parent. */
import { openSync, writeSync } from 'node:fs';
import { keepConnections } from '../host/agent/connect';
import { FlightRecorderWriter, removeFlight } from '../host/flight-recorder';
import { guard } from './executor-guardian';
import type { Reply, Request } from './executor-messages';
import type { DevicePlan, RunPlan } from './run-plan';
import { Workbench } from './workbench';

/** How long a case may take to clean up after the parent is gone. */
const LAST_WORDS_MS = 15_000;

const ending = { now: false, busy: false };

function main(): void {
  const [plan, device, flight] = process.argv.slice(2);
  if (plan === undefined || device === undefined || flight === undefined || !process.send) {
    process.stderr.write('This is the executor of vfio-conformance; it is started by `vfio-conformance run`.\n');
    process.exit(2);
  }
  const recorder = new FlightRecorderWriter(flight);
  guard(flight, LAST_WORDS_MS);
  // The parent takes the recording away, for it wants to read it; without one nobody does.
  process.on('exit', () => {
    if (!process.connected) removeFlight(flight);
  });
  keepConnections();
  // Who is gone hears nothing more; that is no reason not to clean up.
  const send = (reply: Reply): void => {
    if (process.connected) process.send?.(reply, undefined, undefined, () => undefined);
  };
  // Messages must be out before a device can block this process for ever.
  const flushed = (reply: Reply): Promise<void> =>
    new Promise((resolve) => {
      if (process.connected) process.send?.(reply, undefined, undefined, () => resolve());
      else resolve();
    });
  const run = JSON.parse(plan) as RunPlan;
  const workbench = new Workbench(run, JSON.parse(device) as DevicePlan, {
    hang: 'block',
    ...(run.trace === undefined ? {} : { trace: traceTo(run.trace) }),
    listeners: [recorder],
    onStep: (title, deadlineMs) => flushed({ kind: 'step', title, deadlineMs }),
    onStepEnd: (step) => send({ kind: 'step-end', step }),
    onAnyStep: (index) => recorder.setStep(index),
    aborted: () => ending.now || recorder.endAsked,
  });
  // The parent is gone, or this process is to end: the case that runs stops before its next step or access, resets and closes the device.
  const leave = (): void => {
    ending.now = true;
    if (!ending.busy) process.exit(0);
    setTimeout(() => process.exit(0), LAST_WORDS_MS).unref();
  };
  process.on('disconnect', leave);
  process.on('SIGTERM', leave);
  process.on('SIGHUP', leave);
  // Ctrl-C reaches the whole group; the parent decides what becomes of the case.
  process.on('SIGINT', () => undefined);
  process.on('message', (request: Request) => {
    // A case that runs cleans up first.
    if (request.kind === 'end') leave();
    else void answer(request, workbench, flushed);
  });
  send({ kind: 'ready' });
}

/** Synchronous: what a call is about is out before it is made. */
function traceTo(file: string): (text: string) => void {
  const descriptor = openSync(file, 'a');
  return (text) => {
    writeSync(descriptor, text);
  };
}

async function answer(
  request: Exclude<Request, { kind: 'end' }>,
  workbench: Workbench,
  send: (reply: Reply) => Promise<void>,
): Promise<void> {
  ending.busy = true;
  try {
    if (request.kind === 'run')
      await send({ kind: 'result', result: await workbench.run(request.case, request.claims) });
    else await send({ kind: 'probed', probe: await workbench.probe(request) });
  } catch (error) {
    await send({ kind: 'trouble', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  } finally {
    ending.busy = false;
    if (ending.now) process.exit(0);
  }
}

try {
  main();
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.send?.({ kind: 'trouble', message } satisfies Reply, undefined, undefined, () => process.exit(3));
}
