/** write: one access to a field or a register, or a run of bytes. */
import { Type } from '@sinclair/typebox';
import { vfioDeviceMigrationInfo } from '../abi';
import type { AccessWidth } from '../host/vfio-host';
import { Address, Bytes, FieldName, Number64, RegionName, Unsigned } from '../language/scalars';
import { Endian, findRegion } from './regions';
import { checkOutcome } from './state-check';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

export const verb = defineVerb({
  name: 'write',
  summary: 'Writes a field of the migration region, a register, or a run of bytes.',
  arguments: Type.Object(
    {
      field: Type.Optional(FieldName({ description: 'A field of struct vfio_device_migration_info.' })),
      region: Type.Optional(RegionName({ description: 'Instead of a field: the region.' })),
      at: Address({ default: 0, description: 'From the start of the region, or of the field.' }),
      endian: Endian(),
      value: Type.Optional(Number64({ description: "For a field: this value, at the field's own width." })),
      u8: Type.Optional(Unsigned(8, { description: 'One byte.' })),
      u16: Type.Optional(Unsigned(16, { description: 'Two bytes, in one access.' })),
      u32: Type.Optional(Unsigned(32, { description: 'Four bytes, in one access.' })),
      u64: Type.Optional(Unsigned(64, { description: 'Eight bytes, in one access.' })),
      bytes: Type.Optional(Bytes({ description: 'Instead of a number: these bytes, in one call.' })),
    },
    {
      'x-state': 'any',
      'x-leaves': 'registers',
      'x-exactly-one': [
        ['field', 'region'],
        ['value', 'u8', 'u16', 'u32', 'u64', 'bytes'],
      ],
      'x-with': { value: ['field'] },
    },
  ),
  examples: [
    '- write: {region: bar0, at: 0x4, u32: 0x5eed0001}\n- read: {region: bar0, at: 0x4, width: 4}\n- reset: {}',
    '- write: {field: reserved, u32: 0xffffffff}\n  expect: {result: either}',
    '- write: {field: data_offset, value: 0x2f}\n  provoke: MIG-ACCESS-USER\n  expect: {result: either}\n- reset: {}',
  ],
  takesExpect: true,
  run(context: StepContext, args) {
    if ((args.field === undefined) === (args.region === undefined))
      context.giveUp('write: takes either a field or a region');
    const values = [args.u8, args.u16, args.u32, args.u64];
    if (args.value !== undefined) {
      if (args.field === undefined)
        context.giveUp('write: `value` has the width of a field; for a region give its width');
      const own = [1, 2, 4, 8].indexOf(vfioDeviceMigrationInfo.fields[args.field].width);
      values[own] ??= args.value;
    }
    const given = values.filter((value) => value !== undefined).length + (args.bytes === undefined ? 0 : 1);
    if (given !== 1) context.giveUp('write: takes exactly one of value, u8, u16, u32, u64 and bytes');
    const { region, order } = findRegion(
      context,
      args.field === undefined ? (args.region ?? 'migration') : 'migration',
      args.endian,
    );
    const at = args.at + (args.field === undefined ? 0n : BigInt(vfioDeviceMigrationInfo.fields[args.field].offset));
    const what = args.field ?? `${args.region} + 0x${at.toString(16)}`;
    if (args.bytes !== undefined) {
      checkOutcome(context, region.write(at, args.bytes), `a write of ${args.bytes.length} bytes to ${what}`);
      return;
    }
    const position = values.findIndex((value) => value !== undefined);
    const width = ([1, 2, 4, 8] as const)[position] as AccessWidth;
    const value = values[position] ?? 0n;
    checkOutcome(
      context,
      region.writeScalar(at, width, value, order),
      `a write of 0x${value.toString(16)} (${width} bytes) to ${what}`,
    );
  },
});
