/** dma: makes the device write to memory, by its profile. */
import { Type } from '@sinclair/typebox';
import { Address, Label, Size } from '../language/scalars';
import type { NamedMapping } from './device-session';
import { UNTOUCHED } from './map';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

export const verb = defineVerb({
  name: 'dma',
  summary: 'Makes the device write to mapped memory, by its profile, and checks that the memory changed.',
  arguments: Type.Object({
    to: Label({ default: 'memory', description: 'The mapping.' }),
    at: Address({ default: 0, description: 'From the start of the mapping.' }),
    size: Size({ default: '4KiB', minimum: 1n, description: 'How much.' }),
    stride: Type.Optional(
      Size({ minimum: 1n, description: 'Write again every so many bytes, to the end of the mapping.' }),
    ),
  }),
  main: 'to',
  examples: ['dma: {to: ram, at: 16KiB, size: 8KiB}', 'dma: {to: ram, size: 1B, stride: 64KiB}'],
  takesExpect: false,
  run(context: StepContext, { to, at, size, stride }) {
    const mapping = context.session.dma.mappings.get(to) ?? context.giveUp(`dma: nothing is mapped as "${to}"`);
    for (let offset = at; offset + size <= mapping.size; offset += stride ?? mapping.size)
      writeOnce(context, mapping, offset, size);
  },
});

function writeOnce(context: StepContext, mapping: NamedMapping, offset: bigint, size: bigint): void {
  const { session, host } = context;
  const template = session.profile?.dma;
  if (!template) context.skip('not-judged', 'dma', 'the device profile has no `dma:`; give one with --profile');
  const iova = mapping.iova + offset;
  host.poke(mapping.memory, Number(offset), new Uint8Array(Number(size)).fill(UNTOUCHED));
  const most = session.profile?.dmaMost ?? size;
  for (let done = 0n; done < size; done += most) {
    context.run(template.instantiate({ iova: iova + done, size: size - done < most ? size - done : most }));
  }
  session.dma.writes.push({ iova, size });
  const page = host.facts.pageSize;
  const bytes = new Uint8Array(Number(size));
  host.peek(mapping.memory, Number(offset), bytes);
  for (let start = 0; start < bytes.length; start += page) {
    const part = bytes.subarray(start, start + page);
    if (part.some((byte) => byte !== UNTOUCHED)) continue;
    context.fail({
      expected: `the device writes ${size} bytes at 0x${iova.toString(16)}, as the profile's \`dma:\` asked it to`,
      observed: `the page at 0x${(iova + BigInt(start)).toString(16)} still holds what the kit filled it with`,
      hint: 'is bus mastering on, can the device reach the address, did the profile wait for the end?',
    });
  }
}
