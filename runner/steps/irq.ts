/** irq: watches interrupts with eventfds, and makes the device raise one by its profile. */
import { Type } from '@sinclair/typebox';
import { Choice, Count, Duration } from '../language/scalars';
import { checkOutcome } from './state-check';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

export const verb = defineVerb({
  name: 'irq',
  summary: 'Watches an IRQ index, makes the device raise an interrupt, or expects one.',
  arguments: Type.Object({
    do: Choice(['watch', 'raise', 'expect', 'none', 'end'], {
      description:
        "`watch`: eventfds for all vectors; `raise`: the profile's `irq:`; `expect`: one within the time; `none`: none within the time; `end`: stop watching.",
    }),
    index: Type.Optional(
      Count({ maximum: 255, description: 'The IRQ index; default: the one of the profile (`irq-index:`), or 0.' }),
    ),
    for: Duration({ default: '1s', description: 'How long is waited.' }),
  }),
  main: 'do',
  examples: ['- irq: watch\n- irq: raise\n- irq: expect\n- irq: end'],
  takesExpect: true,
  run(context: StepContext, { index: given, ...rest }) {
    const { session } = context;
    const args = { ...rest, index: given ?? session.profile?.irqIndex ?? 0 };
    // An interrupt that is asked for, or that nobody has watched until now, is not the device's own.
    session.stoppedQuietly = false;
    if (args.do === 'watch') {
      if (session.irqs.has(args.index)) return;
      const info = session.device.irqInfo(args.index);
      if (!info.ok || info.value.count === 0) {
        context.skip(
          'not-applicable',
          'irq',
          `IRQ index ${args.index}: ${info.ok ? 'it has no interrupts' : info.message}`,
        );
      }
      const watch = session.device.watchIrq(args.index);
      checkOutcome(context, watch, `watching IRQ index ${args.index}`);
      if (watch.ok) session.irqs.set(args.index, watch.value);
      return;
    }
    if (args.do === 'raise') {
      const template = session.profile?.irq;
      if (!template) context.skip('not-judged', 'irq', 'the device profile has no `irq:`; give one with --profile');
      context.run(template.instantiate({}));
      return;
    }
    const watch =
      session.irqs.get(args.index) ??
      context.giveUp(`irq: index ${args.index} is not watched; add \`irq: {do: watch, index: ${args.index}}\` before`);
    if (args.do === 'end') {
      session.irqs.delete(args.index);
      checkOutcome(context, watch.close(), `ending IRQ index ${args.index}`);
      return;
    }
    const came = watch.wait(args.for);
    if (!came.ok) context.giveUp(`irq: ${came.message}`);
    watch.drain();
    if (came.value && args.do === 'none')
      context.fail({ expected: `no interrupt of index ${args.index} within ${args.for} ms`, observed: 'one came' });
    if (!came.value && args.do === 'expect')
      context.fail({ expected: `an interrupt of index ${args.index} within ${args.for} ms`, observed: 'none came' });
  },
});
