/** Whether a case can run on a device: needs that the device decides, and needs that the user decides. */
import type { ClauseId, DeviceProfile } from '../language/scenario';
import type { Lack, SkipReason } from './case-result';
import type { DeviceFacts } from './device-facts';
import type { DevicePlan } from './run-plan';

/** A claim that the device does not live up to breaks this clause: a fault must not be able to make a must not-applicable. */
export const CLAIM_CLAUSES: Readonly<Record<string, ClauseId>> = {
  'migration-v1': 'REG-TYPE-MIG',
  zpci: 'ZPCI-PRESENT',
  ccw: 'DEV-INFO-FLAGS',
  'dirty-pages': 'IOMMU-CAP-MIG',
};

/** Needs that a profile, or the command line, fulfils. */
const GIVEN: Readonly<Record<string, (profile: DeviceProfile | undefined) => unknown>> = {
  dma: (profile) => profile?.dma,
  fingerprint: (profile) => profile?.fingerprint,
  mark: (profile) => profile?.mark,
  counter: (profile) => profile?.counter,
  irq: (profile) => profile?.irq,
};

/** Failures that a profile alone can bring about. */
const FORCED = { error: 'a transition', failing: 'a transition', faulting: 'a read' } as const;

function isForced(need: string): need is keyof typeof FORCED {
  return need in FORCED;
}

/** Families of clauses that are about a thing: without it, and without a claim, they do not apply. */
const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  'migration-v1': ['migration-region', 'device-state', 'transitions', 'saving', 'resuming'],
  zpci: ['zpci'],
  'dirty-pages': ['dirty-pages', 'unmap'],
};

/** What the device does not have, and nobody claims. */
export function lacksOf(claims: readonly string[], facts: DeviceFacts): readonly Lack[] {
  return Object.entries(FAMILIES).flatMap(([need, families]) => {
    const fact = facts.facts.get(need);
    return fact && !fact.holds && !claims.includes(need) ? [{ need, evidence: fact.evidence, families }] : [];
  });
}

export type Unmet =
  | { readonly kind: 'skip'; readonly skip: SkipReason }
  | { readonly kind: 'broken-claim'; readonly clause: ClauseId; readonly expected: string; readonly observed: string };

/** The first need that is not met, or undefined. */
export function firstUnmet(
  needs: readonly string[],
  claims: readonly string[],
  facts: DeviceFacts,
  profile: DeviceProfile | undefined,
  plan: DevicePlan,
): Unmet | undefined {
  // What the device decides comes first: where it cannot do a thing at all, no profile would help.
  const decided = needs.filter((need) => facts.facts.has(need));
  for (const need of decided) {
    const fact = facts.facts.get(need);
    if (!fact || fact.holds) continue;
    const clause = CLAIM_CLAUSES[need];
    if (clause !== undefined && claims.includes(need))
      return {
        kind: 'broken-claim',
        clause,
        expected: `the device has what is claimed of it: ${need}`,
        observed: fact.evidence,
      };
    return { kind: 'skip', skip: { kind: 'not-applicable', need, reason: fact.evidence } };
  }
  for (const need of needs) {
    const given = GIVEN[need];
    // Nothing in the interface lets a user force a failure: without a way to it the condition does not arise.
    if (isForced(need) && profile?.[need] === undefined)
      return {
        kind: 'skip',
        skip: {
          kind: 'not-applicable',
          need,
          reason: `the device profile has no \`${need}:\`: nothing else can force ${FORCED[need]} to fail`,
        },
      };
    if (given && given(profile) === undefined)
      return missing(need, `the device profile has no \`${need}:\`; give a profile with --profile`);
    if (
      (need === 'destination' || need === 'second') &&
      plan.destination === undefined &&
      !plan.device.startsWith('reference')
    ) {
      return missing(need, 'this takes a second device: give one with --destination (or `self`, which is weaker)');
    }
  }
  return undefined;
}

function missing(need: string, reason: string): Unmet {
  return { kind: 'skip', skip: { kind: 'not-judged', need, reason } };
}
