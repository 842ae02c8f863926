/** Looks at every device before the first case: whether it can be opened, and what it shows. */
import { createExecutorClient, type ExecutorClient } from '../../execution/executor-client';
import type { DeviceDescription, Probe } from '../../execution/probe';
import type { RunPlan } from '../../execution/run-plan';
import { CannotRun } from '../support/exit';
import type { Interruption } from './interruption';

/** @throws CannotRun for a device that is missing, busy, forbidden or otherwise not to be opened. */
export async function probeDevices(plan: RunPlan, interruption: Interruption): Promise<readonly DeviceDescription[]> {
  const clients = plan.devices.map((device) => createExecutorClient(plan, device));
  const stopped = interruption.onSignal(() => stopAll(clients));
  try {
    const probes = await Promise.all(clients.map((client) => client.probe()));
    return probes.map((probe, index) => described(probe, plan.devices[index]?.device ?? ''));
  } finally {
    stopped();
    await stopAll(clients);
  }
}

function described(probe: Probe, device: string): DeviceDescription {
  if (probe.ok) return probe.description;
  const { message, advice } = probe.failure;
  throw new CannotRun(message.includes(device) ? message : `${device}: ${message}`, advice);
}

async function stopAll(clients: readonly ExecutorClient[]): Promise<void> {
  await Promise.all(clients.map((client) => client.stop()));
}
