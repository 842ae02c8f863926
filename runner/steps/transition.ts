/** transition: asks for a device state by read-modify-write and reads it back (header diff, lines 57-157). */
import { Type } from '@sinclair/typebox';
import { DEVICE_STATE_BITS, VFIO_DEVICE_STATE_MASK, VFIO_DEVICE_STATE_RUNNING, VFIO_DEVICE_STATE_SAVING } from '../abi';
import { stateValue } from '../language/names';
import { StateName } from '../language/scalars';
import { requireMigration } from './device-session';
import { drainInterrupts } from './interrupt-signals';
import type { SavingEntry } from './saved-stream';
import { failRestore } from './second-look';
import { outcomeMatches, sayExpectation, sayOutcome, sayState } from './state-check';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

export const verb = defineVerb({
  name: 'transition',
  summary: 'Writes a device state by read-modify-write, reads it back, and judges the arc.',
  arguments: Type.Object({
    to: StateName({
      description: 'The state to ask for. An invalid one needs `provoke: STATE-VALID-USER`.',
      'x-role': 'enters-state',
    }),
  }),
  main: 'to',
  examples: [
    'transition: pre-copy',
    '- transition: stop\n- transition: pre-copy\n  expect: {result: either}',
    '- transition: invalid-101\n  provoke: STATE-VALID-USER\n  expect: {result: failure, state: [running, error]}\n- reset: {}',
  ],
  takesExpect: true,
  run(context: StepContext, { to }) {
    const migration = requireMigration(context);
    const { session, step } = context;
    const bits = stateValue(to) & VFIO_DEVICE_STATE_MASK;
    const started = context.host.now();
    const change = migration.changeState(bits, (write) => {
      session.stoppedQuietly = write.ok && (bits & VFIO_DEVICE_STATE_RUNNING) === 0;
      if (session.stoppedQuietly) drainInterrupts(context);
    });
    if (!change.ok)
      context.fail({ clause: 'MIG-LAYOUT', expected: 'device_state can be read', observed: change.message });
    const { before, write, after } = change.value;
    const arc = `${sayState(before)} -> ${sayState(bits)}`;
    context.judge.figure(`transition ${arc} ms`, context.host.now() - started);
    if (!after.ok)
      context.fail({
        clause: 'MIG-LAYOUT',
        expected: 'device_state can be read after a write',
        observed: after.message,
      });
    const now = after.value & VFIO_DEVICE_STATE_MASK;
    const resumed = isResuming(before) && bits === DEVICE_STATE_BITS.running;
    if (isResuming(now) && !isResuming(before)) session.restoring = undefined;
    if (isSaving(now) && !isSaving(before)) {
      session.savingSession += 1;
      session.savingEntry = entryOf(before, now);
      session.savedSegments = 0;
    }
    const observed = `${sayOutcome(write)}, device_state then is ${sayState(after.value)}`;
    const failed = !write.ok || now === DEVICE_STATE_BITS.error;
    if (resumed && failed && session.restoring) session.restoring.refused = observed;
    if (!outcomeMatches(write, step.expect)) {
      const reason = { expected: `${arc}: ${sayExpectation(step.expect)}`, observed, oracleJudges: true };
      if (resumed && session.restoring?.whole) failRestore(context, { clause: 'TRANS-RES-RUN', ...reason });
      context.fail(reason);
    }
    const wanted = step.expect?.state;
    const asWanted = wanted
      ? wanted.some((name) => (stateValue(name as typeof to) & VFIO_DEVICE_STATE_MASK) === now)
      : !write.ok || now === bits || (failed && step.expect?.result === 'either');
    if (!asWanted)
      context.fail({
        expected: `${arc}: device_state then is ${wanted ? wanted.join(' or ') : sayState(bits)}`,
        observed,
      });
  },
});

function isResuming(state: number): boolean {
  return (state & VFIO_DEVICE_STATE_MASK) === DEVICE_STATE_BITS.resuming;
}

function entryOf(before: number, now: number): SavingEntry {
  if (now === DEVICE_STATE_BITS['pre-copy']) return 'pre-copy';
  return (before & VFIO_DEVICE_STATE_MASK) === DEVICE_STATE_BITS.stop ? 'stop' : 'running';
}

function isSaving(state: number): boolean {
  return (state & VFIO_DEVICE_STATE_SAVING) !== 0 && (state & 0b100) === 0;
}
