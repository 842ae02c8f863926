/** quiet: a stopped device writes no memory, raises no interrupt and stands still (header diff, lines 80-82, 135-137, 144-145). */
import { createHash } from 'node:crypto';
import { Type } from '@sinclair/typebox';
import { VFIO_DEVICE_STATE_MASK } from '../abi';
import { Duration, Steps } from '../language/scalars';
import { requireMigration } from './device-session';
import { drainInterrupts } from './interrupt-signals';
import { findRegion } from './regions';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

const DEFAULT_MS = 100;
/** How often the device is looked at while it should stand still. */
const SAMPLES = 8;
const RESUMING = 0b100;

export const verb = defineVerb({
  name: 'quiet',
  summary:
    'Watches that a stopped device writes no memory, raises no interrupt, and that the counter of its profile stands still.',
  arguments: Type.Object({
    for: Type.Optional(Duration({ description: "How long; default: the profile's `quiet:`, or 100ms." })),
    steps: Type.Optional(
      Steps({ description: 'What is done meanwhile, first of all: it may not wake the device either.' }),
    ),
  }),
  main: 'for',
  examples: [
    '- transition: stop\n- quiet: 50ms',
    '- transition: stop-and-copy\n- quiet:\n    steps:\n      - save: {as: state}\n- transition: stop\n- on: destination\n  steps:\n    - transition: resuming\n    - resume: state',
  ],
  takesExpect: false,
  run(context: StepContext, args) {
    const state = requireMigration(context).readState();
    if (!state.ok)
      context.fail({ clause: 'MIG-LAYOUT', expected: 'device_state can be read', observed: state.message });
    if ((state.value & 1) !== 0) context.giveUp('quiet: the device is running; it need not be quiet');
    const clause = (state.value & VFIO_DEVICE_STATE_MASK) === RESUMING ? 'STATE-RES-STOPPED' : 'STATE-STOP-QUIET';
    const duration = args.for ?? context.session.profile?.quiet ?? DEFAULT_MS;
    // What came while it still ran is nobody's fault; the transition that stopped it has looked as soon as the write had returned.
    if (!context.session.stoppedQuietly) drainInterrupts(context);
    const memory = hashMemory(context);
    const counter = readCounter(context);
    const expected = (what: string) => `${what} for ${duration} ms after the device was stopped`;
    if (args.steps !== undefined) context.run(args.steps);
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      context.host.sleep(duration / SAMPLES);
      const now = readCounter(context);
      if (now !== counter)
        context.fail({ clause, expected: expected(`the counter stands at ${counter}`), observed: `${now}` });
      const signals = drainInterrupts(context);
      if (signals.length > 0)
        context.fail({ clause, expected: expected('no interrupt'), observed: signals.join(', ') });
    }
    for (const [label, hash] of hashMemory(context)) {
      if (memory.get(label) !== hash)
        context.fail({
          clause,
          expected: expected(`the memory "${label}" does not change`),
          observed: 'the device wrote to it',
        });
    }
    const watched = [
      memory.size > 0 ? 'memory' : '',
      context.session.irqs.size > 0 ? 'interrupts' : '',
      counter === undefined ? '' : 'the counter',
    ].filter((word) => word !== '');
    if (watched.length === 0)
      context.skip(
        'not-judged',
        'counter',
        'there is nothing to watch: no memory is mapped, no interrupt is watched, and the profile has no `counter:`',
      );
    context.judge.kept(context.step.judge ?? clause);
    context.judge.note(`quiet: watched ${watched.join(', ')} for ${duration} ms`);
  },
});

function hashMemory(context: StepContext): Map<string, string> {
  const hashes = new Map<string, string>();
  for (const [label, mapping] of context.session.dma.mappings) {
    const bytes = mapping.memory.bytes ?? new Uint8Array(mapping.memory.length);
    if (!mapping.memory.bytes) context.host.peek(mapping.memory, 0, bytes);
    hashes.set(label, createHash('sha256').update(bytes).digest('hex'));
  }
  return hashes;
}

/** The register that the profile names, or undefined when it names none. */
export function readCounter(context: StepContext): string | undefined {
  const counter = context.session.profile?.counter;
  if (!counter) return undefined;
  const { region, order } = findRegion(context, counter.region as Parameters<typeof findRegion>[1]);
  const value = region.readScalar(counter.at, counter.width, order);
  if (!value.ok)
    context.fail({
      expected: `the counter at ${counter.region} + 0x${counter.at.toString(16)} can be read`,
      observed: value.message,
    });
  return `0x${value.value.toString(16)}`;
}
