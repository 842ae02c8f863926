/** Looks at every device before the first case: whether it can be opened, and what it shows. */
import { createExecutorClient, type ExecutorClient } from '../../execution/executor-client';
import type { DeviceDescription } from '../../execution/probe';
import type { RunPlan } from '../../execution/run-plan';
import type { OpenFailure } from '../../vfio/open-failure';
import { CannotRun } from '../support/exit';
import { printable } from '../support/printable';
import { complain } from '../support/terminal';
import type { Orphan } from './device-locks';
import type { Interruption } from './interruption';
import type { Unreachable } from './judgement';

export interface Probed {
  readonly descriptions: readonly DeviceDescription[];
  /** Devices that cannot be opened, when others can. */
  readonly unreachable: readonly (Unreachable & { readonly advice: string })[];
}

/** @throws CannotRun when not one of the devices can be opened: missing, busy, forbidden or otherwise. */
export async function probeDevices(
  plan: RunPlan,
  interruption: Interruption,
  orphans: readonly Orphan[] = [],
): Promise<Probed> {
  const left = (device: string): boolean => orphans.some((orphan) => orphan.device === device);
  for (const { device, process } of orphans)
    complain(`${printable(device)}: an earlier run (process ${process}) was killed; the device is reset first`);
  await resetDestinations(plan, left);
  const clients = plan.devices.map((device) => createExecutorClient(plan, device));
  const stopped = interruption.onSignal(() => stopAll(clients));
  try {
    const probes = await Promise.all(
      clients.map((client, index) => client.probe({ reset: left(plan.devices[index]?.device ?? '') })),
    );
    const descriptions = probes.flatMap((probe) => (probe.ok ? [probe.description] : []));
    const unreachable = probes.flatMap((probe, index) =>
      probe.ok ? [] : [unreachableOf(probe.failure, plan.devices[index]?.device ?? '')],
    );
    const [first] = unreachable;
    if (first && descriptions.length === 0)
      throw new CannotRun(unreachable.map(({ device, reason }) => named(reason, device)).join('\n'), first.advice);
    return { descriptions, unreachable };
  } finally {
    stopped();
    await stopAll(clients);
  }
}

/** A destination is opened by the cases that want one; one that was left open is reset here. */
async function resetDestinations(plan: RunPlan, left: (device: string) => boolean): Promise<void> {
  for (const { destination, host } of plan.devices) {
    if (destination === undefined || !left(destination)) continue;
    const client = createExecutorClient(plan, { device: destination, host });
    await client.probe({ reset: true });
    await client.stop();
  }
}

function unreachableOf({ message, advice }: OpenFailure, device: string): Probed['unreachable'][number] {
  return { device, reason: message, advice };
}

function named(reason: string, device: string): string {
  return reason.includes(device) ? reason : `${device}: ${reason}`;
}

async function stopAll(clients: readonly ExecutorClient[]): Promise<void> {
  await Promise.all(clients.map((client) => client.stop()));
}
