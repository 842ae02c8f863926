/** ioctl: a raw one, for the case nobody thought of. */
import { Type } from '@sinclair/typebox';
import { ioctlNumber, isIoctlName } from '../abi';
import { Bytes, Choice, Number64, Text } from '../language/scalars';
import { kernelFailure, type Outcome, success } from '../vfio/outcome';
import { checkOutcome } from './state-check';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

export const verb = defineVerb({
  name: 'ioctl',
  summary:
    "A raw ioctl on the device or its container; needs --allow raw-ioctl. The bytes are its argument, in the host's byte order.",
  arguments: Type.Object(
    {
      on: Choice(['device', 'container'], { default: 'device', description: 'What it is asked of.' }),
      request: Text({ description: 'The name as in <linux/vfio.h>, or a number in hex.' }),
      value: Type.Optional(Number64({ description: 'An argument that is a number.' })),
      bytes: Type.Optional(Bytes({ description: 'An argument that is a structure.' })),
    },
    { 'x-state': 'any', 'x-at-most-one': [['value', 'bytes']] },
  ),
  examples: [
    'ioctl: {request: VFIO_DEVICE_RESET}',
    'ioctl: {request: VFIO_DEVICE_GET_INFO, bytes: "10 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"}',
  ],
  takesExpect: true,
  run(context: StepContext, { on, request, value, bytes }) {
    if (!context.allow.includes('raw-ioctl'))
      context.skip('not-judged', 'raw-ioctl', 'a raw ioctl can do anything: it needs --allow raw-ioctl');
    const number = isIoctlName(request) ? ioctlNumber(request, context.host.facts.ioctlEncoding) : Number(request);
    if (!Number.isInteger(number) || number < 0 || number > 0xffffffff)
      context.giveUp(`ioctl: "${request}" is neither a name of <linux/vfio.h> nor a number`);
    const fd = on === 'device' ? context.session.device.fd : context.session.dma.container.fd;
    const buffer = bytes === undefined ? undefined : bytes.slice();
    const result = context.host.ioctl(fd, number, buffer ?? value ?? 0n);
    const outcome: Outcome<number> = result < 0 ? kernelFailure(request, result) : success(result);
    if (buffer) context.attach({ name: 'answer', type: 'text/plain', body: Buffer.from(buffer).toString('hex') });
    checkOutcome(context, outcome, request);
  },
});
