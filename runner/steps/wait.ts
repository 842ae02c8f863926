/** wait: lets time pass, or polls a register. */
import { Type } from '@sinclair/typebox';
import { Address, Duration, Number64, RegionName, Width } from '../language/scalars';
import { Endian, findRegion } from './regions';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

const POLL_MS = 1;

export const verb = defineVerb({
  name: 'wait',
  summary: 'Waits for a time, or until a register has a value.',
  arguments: Type.Object({
    for: Type.Optional(Duration({ description: 'How long.' })),
    region: Type.Optional(RegionName({ description: 'Instead of a time: the region of a register to poll.' })),
    at: Address({ default: 0, description: 'From the start of the region.' }),
    width: Width({ default: 4, description: 'Bytes of the register.' }),
    endian: Endian(),
    mask: Type.Optional(Number64({ description: 'Only these bits count.' })),
    is: Number64({ default: 0, description: 'The value waited for.' }),
    within: Duration({ default: '1s', description: 'When to give up.' }),
  }),
  main: 'for',
  examples: ['wait: 20ms', 'wait: {region: bar0, at: 0x98, mask: 0x1, is: 0, within: 1s}'],
  takesExpect: false,
  run(context: StepContext, args) {
    if (args.for !== undefined) context.host.sleep(args.for);
    if (args.region === undefined) return;
    const { region, order } = findRegion(context, args.region, args.endian);
    const deadline = context.host.now() + args.within;
    for (;;) {
      const value = region.readScalar(args.at, args.width, order);
      const what = `${args.region} + 0x${args.at.toString(16)}`;
      if (!value.ok) context.fail({ expected: `${what} can be read`, observed: value.message });
      const masked = args.mask === undefined ? value.value : value.value & args.mask;
      if (masked === args.is) return;
      if (context.host.now() >= deadline) {
        context.fail({
          expected: `${what} becomes 0x${args.is.toString(16)} within ${args.within} ms`,
          observed: `0x${masked.toString(16)}`,
        });
      }
      context.host.sleep(POLL_MS);
    }
  },
});
