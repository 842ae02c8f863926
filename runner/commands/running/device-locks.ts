/** One run per device: holds the locks of a run's devices. The reference is everybody's own. */
import { type DeviceLock, lockDevice } from '../../execution/device-lock';
import type { RunPlan } from '../../execution/run-plan';
import { parseDeviceAddress } from '../../vfio/device-address';
import { CannotRun } from '../support/exit';

export class DeviceLocks {
  private readonly held: DeviceLock[] = [];

  /** @throws CannotRun when another run has one of the devices; then none is held. */
  take(plan: RunPlan): void {
    for (const name of realDevices(plan)) {
      const locked = lockDevice(name);
      if (locked.ok) {
        this.held.push(locked.lock);
        continue;
      }
      this.release();
      throw new CannotRun(
        `${name} is being tested by another run (process ${locked.holder})`,
        'Wait for it, or end it; two runs on one device would judge each other.',
      );
    }
  }

  release(): void {
    for (const lock of this.held.splice(0)) lock.release();
  }
}

function realDevices(plan: RunPlan): readonly string[] {
  const named = plan.devices.flatMap(({ device, destination, host }) =>
    [device, destination ?? 'self'].map((name) => ({ name, host })),
  );
  const real = named.flatMap(({ name, host }) => {
    const parsed = parseDeviceAddress(name);
    if (!parsed.ok || parsed.value.kind === 'reference') return [];
    // The same address on two machines is two devices.
    return [host === 'local' ? parsed.value.name : `${parsed.value.name}@${host}`];
  });
  return [...new Set(real)];
}
