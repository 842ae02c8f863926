/** fingerprint: what the device profile reads to tell one device state from another (RES-APPLY). */
import { Type } from '@sinclair/typebox';
import { Label } from '../language/scalars';
import { captureFingerprint, firstDifference } from './captured-fingerprint';
import { failRestore, isPlainRestore } from './second-look';
import type { Captured, StepContext } from './step-context';
import { defineVerb } from './verb';

export const verb = defineVerb({
  name: 'fingerprint',
  summary: 'Reads what identifies the state of the device, by its profile, and remembers or compares it.',
  arguments: Type.Object({
    as: Type.Optional(Label({ description: 'Remember it under this name.', 'x-role': 'gives-fingerprint' })),
    equals: Type.Optional(
      Label({ description: 'Expect the one remembered under this name.', 'x-role': 'takes-fingerprint' }),
    ),
    differs: Type.Optional(
      Label({
        'x-role': 'takes-fingerprint',
        description: 'Another one than the one remembered under this name, or else nothing can be judged by it.',
      }),
    ),
  }),
  main: 'as',
  examples: [
    '- fingerprint: {as: before}\n- transition: stop\n- fingerprint: {equals: before}',
    '- mark: {as: first}\n- mark: 0x5eed0002\n- fingerprint: {differs: first}',
  ],
  takesExpect: false,
  run(context: StepContext, { as, equals, differs }) {
    const now = captureFingerprint(context);
    if (as !== undefined) context.memory.fingerprints.set(as, now);
    if (equals !== undefined) expectEqual(context, equals, now);
    if (differs !== undefined && !firstDifference(remembered(context, differs), now))
      // Whatever came of the case would prove nothing.
      context.skip(
        'not-judged',
        'mark',
        `the fingerprint is the same as "${differs}": it does not tell these states apart`,
      );
  },
});

function expectEqual(context: StepContext, label: string, now: readonly Captured[]): void {
  const { session, memory, judge, step } = context;
  const wanted = remembered(context, label);
  const difference = firstDifference(wanted, now);
  const { restoring } = session;
  if (difference) {
    const reason = {
      expected: `${difference.what} is ${difference.before}, as in "${label}"`,
      observed: difference.now,
    };
    if (restoring === undefined) context.fail(reason);
    failRestore(context, { clause: 'RES-APPLY', ...reason }, wanted);
  }
  if (restoring && isPlainRestore(restoring)) memory.plainlyRestored.add(session.side);
  if (step.judge !== undefined) judge.kept(step.judge);
  else if (restoring?.whole) judge.kept('RES-APPLY');
}

function remembered(context: StepContext, label: string): readonly Captured[] {
  return context.memory.fingerprints.get(label) ?? context.giveUp(`fingerprint: nothing is remembered as "${label}"`);
}
