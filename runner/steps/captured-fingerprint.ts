/** What a device profile's `fingerprint:` reads, and how two such readings are compared. */
import type { Captured, StepContext } from './step-context';

/** Runs the profile's steps on the device of the step; skips the case when the profile has none. */
export function captureFingerprint(context: StepContext): readonly Captured[] {
  const template = context.profile?.fingerprint;
  if (!template)
    context.skip('not-judged', 'fingerprint', 'the device profile has no `fingerprint:`; give one with --profile');
  const captured: Captured[] = [];
  const outer = context.memory.capturing;
  context.memory.capturing = captured;
  try {
    context.run(template.instantiate({}));
  } finally {
    context.memory.capturing = outer;
  }
  if (captured.length === 0)
    context.giveUp("the profile's `fingerprint:` reads nothing; it needs at least one `read:`");
  return captured;
}

/** The first thing in which two fingerprints differ. */
export function firstDifference(
  before: readonly Captured[],
  now: readonly Captured[],
): { what: string; before: string; now: string } | undefined {
  for (const [n, { what, value }] of before.entries()) {
    const other = now[n]?.value;
    if (other !== value) return { what, before: value, now: other ?? 'not read' };
  }
  if (before.length === now.length) return undefined;
  return { what: 'the number of values', before: String(before.length), now: String(now.length) };
}
