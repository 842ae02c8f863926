/** One process works in a run's folder at a time; a report may be made of it meanwhile. */
import { type DeviceLock, lockDevice } from '../../execution/device-lock';
import { CannotRun } from '../support/exit';
import { shownPath } from '../support/shown-path';
import { waitForLeftBehind } from './left-behind';

/** @throws CannotRun when another `run` works in the folder, or what it left behind does not end. */
export async function lockRunFolder(folder: string): Promise<DeviceLock> {
  const locked = lockDevice('run', [folder]);
  if (!locked.ok)
    throw new CannotRun(
      `process ${locked.holder} is at work in ${shownPath(folder)}`,
      'Wait for it to end; Ctrl-C in its terminal ends it.',
    );
  const left = await waitForLeftBehind(folder);
  if (left.length === 0) return locked.lock;
  locked.lock.release();
  throw new CannotRun(
    `${left.length === 1 ? 'process' : 'processes'} ${left.join(', ')} of the interrupted run still ${left.length === 1 ? 'has' : 'have'} the device`,
    'End them, or wait; one that cannot be ended hangs in the kernel, and only a restart of the machine helps.',
  );
}
