/** read: one access to a field or a register, or a range of bytes. */
import { Type } from '@sinclair/typebox';
import { vfioDeviceMigrationInfo } from '../abi';
import type { AccessWidth } from '../host/vfio-host';
import { Address, FieldName, Label, Number64, RegionName, Size, Width } from '../language/scalars';
import type { Outcome } from '../vfio/outcome';
import { Endian, findRegion } from './regions';
import { checkOutcome } from './state-check';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

const MAX_BYTES = 64 * 1024;

export const verb = defineVerb({
  name: 'read',
  summary: 'Reads a field of the migration region, a register, or a range of bytes.',
  arguments: Type.Object(
    {
      field: Type.Optional(
        FieldName({ description: 'A field of struct vfio_device_migration_info, at its own width.' }),
      ),
      region: Type.Optional(RegionName({ description: 'Instead of a field: the region.' })),
      at: Address({ default: 0, description: 'From the start of the region.' }),
      width: Type.Optional(Width({ description: 'Bytes of one access; default: the field, or 4.' })),
      size: Type.Optional(
        Size({ minimum: 1, maximum: MAX_BYTES, description: 'Instead of a width: so many bytes in one call.' }),
      ),
      mask: Type.Optional(Number64({ description: 'Only these bits count.' })),
      is: Type.Optional(Number64({ description: 'The value expected.' })),
      not: Type.Optional(Number64({ description: 'A value that must not be read.' })),
      endian: Endian(),
      as: Type.Optional(Label({ description: 'Remember the value.', 'x-role': 'gives-value' })),
      same: Type.Optional(
        Label({ description: 'The value remembered under this name is expected.', 'x-role': 'takes-value' }),
      ),
    },
    { 'x-exactly-one': [['field', 'region']], 'x-at-most-one': [['width', 'size']] },
  ),
  main: 'field',
  examples: [
    'read: device_state',
    'read: {region: bar0, at: 0x4, width: 4}',
    '- read: {field: device_state, as: first}\n- read: {field: device_state, same: first}',
    'read: {region: config, at: 0, size: 16B}',
  ],
  takesExpect: true,
  run(context: StepContext, args) {
    if ((args.field === undefined) === (args.region === undefined))
      context.giveUp('read: takes either a field or a region');
    const { region, order } = findRegion(
      context,
      args.field === undefined ? (args.region ?? 'migration') : 'migration',
      args.endian,
    );
    const at = args.field === undefined ? args.at : BigInt(vfioDeviceMigrationInfo.fields[args.field].offset);
    const what = args.field ?? `${args.region} + 0x${at.toString(16)}`;
    if (args.size !== undefined) {
      const bytes = new Uint8Array(Number(args.size));
      const read = region.read(at, bytes);
      checkOutcome(context, wholeCount(read, bytes.length), `a read of ${bytes.length} bytes at ${what}`);
      if (read.ok) compare(context, what, Buffer.from(bytes).toString('hex'), args);
      return;
    }
    const width = (args.width ??
      (args.field === undefined ? 4 : vfioDeviceMigrationInfo.fields[args.field].width)) as AccessWidth;
    const value = region.readScalar(at, width, order);
    checkOutcome(context, value, `a read of ${what}`);
    if (!value.ok) return;
    const masked = args.mask === undefined ? value.value : value.value & args.mask;
    const shown = `0x${masked.toString(16)}`;
    if (args.is !== undefined && masked !== args.is)
      context.fail({ expected: `${what} is 0x${args.is.toString(16)}`, observed: shown });
    if (args.not !== undefined && masked === args.not)
      context.fail({ expected: `${what} is not 0x${args.not.toString(16)}`, observed: shown });
    compare(context, what, shown, args);
  },
});

function wholeCount(read: Outcome<number>, wanted: number): Outcome<number> {
  if (!read.ok || read.value === wanted) return read;
  return {
    ok: false,
    kind: 'short',
    errno: 0,
    errnoName: '',
    call: 'pread',
    message: `${read.value} of ${wanted} bytes`,
    transferred: read.value,
  };
}

function compare(
  context: StepContext,
  what: string,
  value: string,
  args: { readonly as?: string; readonly same?: string },
): void {
  context.memory.capturing?.push({ what, value });
  if (args.as !== undefined) context.memory.values.set(args.as, value);
  if (args.same === undefined) return;
  const before =
    context.memory.values.get(args.same) ?? context.giveUp(`read: nothing is remembered as "${args.same}"`);
  if (value !== before) context.fail({ expected: `${what} still reads as ${before}`, observed: value });
}
