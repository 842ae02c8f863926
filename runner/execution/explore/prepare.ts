/** Gets ready to explore a device: opens it once, to see what walks may do on it. */
import type { OpenFailure } from '../../vfio/open-failure';
import { findProfile } from '../profiles';
import type { DevicePlan, RunPlan } from '../run-plan';
import { type Abilities, abilitiesOf } from './abilities';
import { type CaseRunner, createCaseRunner } from './case-runner';

export type Prepared =
  | { readonly ok: true; readonly runner: CaseRunner; readonly abilities: Abilities }
  | { readonly ok: false; readonly failure: OpenFailure };

/** Throws LanguageError when the device's profile cannot be read. */
export async function prepare(plan: RunPlan, device: DevicePlan): Promise<Prepared> {
  const runner = createCaseRunner(plan, device);
  const probe = await runner.probe();
  if (probe.ok) return { ok: true, runner, abilities: abilitiesOf(device, probe.description, findProfile(device)) };
  await runner.stop();
  return { ok: false, failure: probe.failure };
}
