/** fingerprint: what the device profile reads to tell one device state from another (RES-APPLY). */
import { Type } from '@sinclair/typebox';
import { Label } from '../language/scalars';
import type { Captured, StepContext } from './step-context';
import { defineVerb } from './verb';

export const verb = defineVerb({
  name: 'fingerprint',
  summary: 'Reads what identifies the state of the device, by its profile, and remembers or compares it.',
  arguments: Type.Object({
    as: Type.Optional(Label({ description: 'Remember it under this name.' })),
    equals: Type.Optional(Label({ description: 'Expect the one remembered under this name.' })),
    differs: Type.Optional(Label({ description: 'Expect another one than the one remembered under this name.' })),
  }),
  main: 'as',
  examples: ['fingerprint: {as: before}', 'fingerprint: {equals: before}'],
  takesExpect: false,
  run(context: StepContext, { as, equals, differs }) {
    const template = context.session.profile?.fingerprint;
    if (!template)
      context.skip('not-judged', 'fingerprint', 'the device profile has no `fingerprint:`; give one with --profile');
    const captured: Captured[] = [];
    context.memory.capturing = captured;
    try {
      context.run(template.instantiate({}));
    } finally {
      context.memory.capturing = undefined;
    }
    if (captured.length === 0)
      context.giveUp("the profile's `fingerprint:` reads nothing; it needs at least one `read:`");
    if (as !== undefined) context.memory.fingerprints.set(as, captured);
    if (equals !== undefined) {
      const difference = firstDifference(context, equals, captured);
      if (difference) context.fail({ clause: 'RES-APPLY', ...difference });
      context.judge.kept(context.step.judge ?? 'RES-APPLY');
    }
    if (differs !== undefined && !firstDifference(context, differs, captured)) {
      context.fail({ expected: `another fingerprint than "${differs}"`, observed: 'the same' });
    }
  },
});

function firstDifference(
  context: StepContext,
  label: string,
  now: readonly Captured[],
): { expected: string; observed: string } | undefined {
  const before =
    context.memory.fingerprints.get(label) ?? context.giveUp(`fingerprint: nothing is remembered as "${label}"`);
  for (const [n, { what, value }] of before.entries()) {
    const other = now[n];
    if (other?.value !== value)
      return { expected: `${what} is ${value}, as in "${label}"`, observed: other?.value ?? 'not read' };
  }
  return before.length === now.length
    ? undefined
    : { expected: `${before.length} values`, observed: `${now.length} values` };
}
