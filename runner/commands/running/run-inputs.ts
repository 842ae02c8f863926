/** What a run rests on beside the device: catalogue, cases and the profile that was named. A run that is taken up again must rest on the same. */
import { createHash } from 'node:crypto';
import { judgingFor } from '../../execution/judging';
import { findProfile } from '../../execution/profiles';
import type { RunPlan } from '../../execution/run-plan';
import type { RunTarget } from './targets';

/** A digest of everything that decides which cases a run has and how they are judged; the kit's version is in the plan itself. */
export function inputsDigest(plan: RunPlan, targets: readonly RunTarget[]): string {
  const inputs = {
    catalogue: judgingFor(plan, undefined).catalogueHash,
    targets: targets.map(({ file, clauses, claims, strict, taken, cases }) => ({
      file,
      clauses,
      claims,
      strict,
      taken,
      cases: cases.length,
    })),
    // A profile of the package itself is the kit's, and the kit's version is in the plan.
    profiles: plan.devices.map((device) => (device.profile === undefined ? null : (findProfile(device) ?? null))),
  };
  return createHash('sha256').update(JSON.stringify(inputs, plainValue)).digest('hex');
}

function plainValue(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (value instanceof Map) return [...value];
  if (value instanceof Set) return [...value];
  if (value instanceof RegExp) return String(value);
  return value;
}
