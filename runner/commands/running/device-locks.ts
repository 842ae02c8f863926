/** One run per device, and per IOMMU group: holds the locks of a run's devices. The reference is everybody's own. */
import fs from 'node:fs';
import path from 'node:path';
import { type DeviceLock, lockDevice } from '../../execution/device-lock';
import type { RunPlan } from '../../execution/run-plan';
import { parseDeviceAddress } from '../../vfio/device-address';
import { CannotRun } from '../support/exit';

/** A device whose last run was killed. */
export interface Orphan {
  readonly device: string;
  readonly process: number;
}

export class DeviceLocks {
  private readonly held: DeviceLock[] = [];

  /** Names of devices whose last run died without closing them. @throws CannotRun when another run has one of the devices; then none is held. */
  take(plan: RunPlan): readonly Orphan[] {
    const orphans: Orphan[] = [];
    for (const { name, device } of lockNames(plan)) {
      const locked = lockDevice(name);
      if (locked.ok) {
        this.held.push(locked.lock);
        if (locked.orphanOf !== undefined) orphans.push({ device, process: locked.orphanOf });
        continue;
      }
      this.release();
      throw new CannotRun(
        `${name === device ? device : `${device} (${name})`} is being tested by another run (process ${locked.holder})`,
        'Wait for it, or end it; two runs on one device would judge each other.',
      );
    }
    return orphans;
  }

  release(): void {
    for (const lock of this.held.splice(0)) lock.release();
  }
}

interface LockName {
  readonly name: string;
  readonly device: string;
}

/** A device can be opened together with its whole IOMMU group only: two runs cannot share one. */
function lockNames(plan: RunPlan): readonly LockName[] {
  const named = plan.devices.flatMap(({ device, destination, host }) =>
    [device, destination ?? 'self'].map((name) => ({ name, host })),
  );
  const names = named.flatMap(({ name, host }): LockName[] => {
    const parsed = parseDeviceAddress(name);
    if (!parsed.ok || parsed.value.kind === 'reference') return [];
    // The same address on two machines is two devices.
    if (host !== 'local') return [{ name: `${parsed.value.name}@${host}`, device: name }];
    const group = groupOf(parsed.value.name);
    return [
      { name: parsed.value.name, device: name },
      ...(group === undefined ? [] : [{ name: `IOMMU group ${group}`, device: name }]),
    ];
  });
  return names.filter(({ name }, index) => names.findIndex((one) => one.name === name) === index);
}

function groupOf(name: string): string | undefined {
  for (const bus of ['pci', 'mdev', 'fsl-mc', 'ccw', 'ap', 'platform']) {
    try {
      return path.basename(fs.readlinkSync(`/sys/bus/${bus}/devices/${name}/iommu_group`));
    } catch {
      // Not on this bus, or in no group: whoever opens it says so.
    }
  }
  return undefined;
}
