/** poke: writes mapped memory, for descriptors that a device reads. */
import { Type } from '@sinclair/typebox';
import { Address, Bytes, Unsigned } from '../language/scalars';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

export const verb = defineVerb({
  name: 'poke',
  summary: 'Writes memory that is mapped for the device, by its address there. Numbers are little endian.',
  arguments: Type.Object(
    {
      iova: Address({ description: 'Where, as the device sees it.' }),
      u32: Type.Optional(Unsigned(32, { description: 'Four bytes.' })),
      u64: Type.Optional(Unsigned(64, { description: 'Eight bytes.' })),
      bytes: Type.Optional(Bytes({ description: 'Instead of a number: these bytes.' })),
    },
    { 'x-exactly-one': [['u32', 'u64', 'bytes']] },
  ),
  examples: ['- map: {as: ram, iova: 0x100000, size: 4KiB}\n- poke: {iova: 0x100010, u64: 0x1}'],
  takesExpect: false,
  run(context: StepContext, { iova, u32, u64, bytes }) {
    const value = bytes ?? encode(u64 ?? BigInt(u32 ?? 0n), u64 === undefined ? 4 : 8);
    if (bytes === undefined && u32 === undefined && u64 === undefined) context.giveUp('poke: takes u32, u64 or bytes');
    const found = [...context.session.dma.mappings.values()].find(
      (mapping) => iova >= mapping.iova && iova + BigInt(value.length) <= mapping.iova + mapping.size,
    );
    if (!found) context.giveUp(`poke: nothing is mapped at 0x${iova.toString(16)}`);
    context.host.poke(found.memory, Number(iova - found.iova), value);
  },
});

function encode(value: bigint, width: 4 | 8): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes.slice(0, width);
}
