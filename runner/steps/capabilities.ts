/** capabilities: shows a device's capability chains decoded, and requires some to be there (zPCI among them). */
import { Type } from '@sinclair/typebox';
import {
  type ByteOrder,
  type Capability,
  decodeZpciPfip,
  decodeZpciUtil,
  ebcdicToText,
  VFIO_DEVICE_FLAGS_CAPS,
  VFIO_DEVICE_INFO_CAP_ZPCI_BASE,
  VFIO_DEVICE_INFO_CAP_ZPCI_GROUP,
  VFIO_DEVICE_INFO_CAP_ZPCI_PFIP,
  VFIO_DEVICE_INFO_CAP_ZPCI_UTIL,
  vfioDeviceInfoCapZpciBase,
  vfioDeviceInfoCapZpciBaseV1,
  vfioDeviceInfoCapZpciGroup,
  vfioDeviceInfoCapZpciGroupV1,
} from '../abi';
import { Choice, Many } from '../language/scalars';
import type { ClauseId } from '../language/scenario';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

const NAMES = {
  'zpci-base': VFIO_DEVICE_INFO_CAP_ZPCI_BASE,
  'zpci-group': VFIO_DEVICE_INFO_CAP_ZPCI_GROUP,
  'zpci-util': VFIO_DEVICE_INFO_CAP_ZPCI_UTIL,
  'zpci-pfip': VFIO_DEVICE_INFO_CAP_ZPCI_PFIP,
} as const;
type CapabilityName = keyof typeof NAMES;
const CLAUSES: Readonly<Record<CapabilityName, ClauseId>> = {
  'zpci-base': 'ZPCI-PRESENT',
  'zpci-group': 'ZPCI-PRESENT',
  'zpci-util': 'ZPCI-UTIL',
  'zpci-pfip': 'ZPCI-PFIP',
};

export const verb = defineVerb({
  name: 'capabilities',
  summary: "Shows the capabilities of the device's information, decoded, and requires those that are named.",
  arguments: Type.Object({
    require: Type.Optional(
      Many(Choice(Object.keys(NAMES) as CapabilityName[]), { description: 'Capabilities that must be there.' }),
    ),
  }),
  main: 'require',
  examples: ['capabilities: {}', 'capabilities: [zpci-base, zpci-group]'],
  takesExpect: false,
  run(context: StepContext, args) {
    const info = context.session.device.info();
    if (!info.ok)
      context.fail({ clause: 'DEV-INFO-ARGSZ', expected: 'VFIO_DEVICE_GET_INFO works', observed: info.message });
    const { capabilities } = info.value.chain;
    const order = context.host.facts.byteOrder;
    const shown = capabilities.map((capability) => describeCapability(capability, order));
    context.attach({
      name: 'capabilities',
      type: 'text/plain',
      body: shown.length === 0 ? 'none' : shown.join('\n\n'),
    });
    // Announced and not given: that is for DEV-INFO-ARGSZ and -CAPS to judge, and says nothing of what there is.
    const withheld = (info.value.flags & VFIO_DEVICE_FLAGS_CAPS) !== 0 && capabilities.length === 0;
    if (withheld) context.judge.note('the device info announces capabilities and shows none');
    for (const name of withheld ? [] : (args.require ?? [])) {
      const there = capabilities.some((capability) => capability.id === NAMES[name]);
      if (!there)
        context.fail({
          clause: CLAUSES[name],
          expected: `the device shows the capability ${name} (${NAMES[name]})`,
          observed: `ids ${capabilities.map((capability) => capability.id).join(', ') || 'none'}`,
        });
    }
  },
});

/** One capability as text: its header, then a line for each field. */
export function describeCapability(capability: Capability, order: ByteOrder): string {
  const head = `id ${capability.id}, version ${capability.version}, at ${capability.offset}, next ${capability.next}`;
  try {
    return [head, ...fieldsOf(capability, order)].join('\n  ');
  } catch (error) {
    if (error instanceof RangeError) return `${head}\n  cannot be decoded: ${error.message}`;
    throw error;
  }
}

function fieldsOf({ id, version, bytes }: Capability, order: ByteOrder): string[] {
  switch (id) {
    case VFIO_DEVICE_INFO_CAP_ZPCI_BASE:
      return table(
        'zPCI BASE',
        (version >= 2 ? vfioDeviceInfoCapZpciBase : vfioDeviceInfoCapZpciBaseV1).decode(bytes, order),
      );
    case VFIO_DEVICE_INFO_CAP_ZPCI_GROUP:
      return table(
        'zPCI GROUP',
        (version >= 2 ? vfioDeviceInfoCapZpciGroup : vfioDeviceInfoCapZpciGroupV1).decode(bytes, order),
      );
    case VFIO_DEVICE_INFO_CAP_ZPCI_UTIL: {
      const { size, bytes: text } = decodeZpciUtil(bytes, order);
      return [
        'zPCI UTIL',
        `size ${size}`,
        `util_str ${JSON.stringify(ebcdicToText(text))} (EBCDIC ${Buffer.from(text).toString('hex')})`,
      ];
    }
    case VFIO_DEVICE_INFO_CAP_ZPCI_PFIP: {
      const { size, bytes: path } = decodeZpciPfip(bytes, order);
      return ['zPCI PFIP', `size ${size}`, `pfip ${Buffer.from(path).toString('hex')}`];
    }
    default:
      return [`unknown, ${bytes.length} bytes: ${Buffer.from(bytes.subarray(0, 32)).toString('hex')}`];
  }
}

function table(name: string, values: Readonly<Record<string, unknown>>): string[] {
  const rows = Object.entries(values).filter(([field]) => field !== 'header');
  return [
    name,
    ...rows.map(
      ([field, value]) =>
        `${field} ${typeof value === 'bigint' || typeof value === 'number' ? `0x${value.toString(16)}` : String(value)}`,
    ),
  ];
}
