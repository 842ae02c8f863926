/** Finding a region by the name that scenarios use, and the byte order of what stands in it. */

import type { TUnsafe } from '@sinclair/typebox';
import {
  type ByteOrder,
  VFIO_DEVICE_FLAGS_PCI,
  VFIO_PCI_BAR0_REGION_INDEX,
  VFIO_PCI_CONFIG_REGION_INDEX,
  VFIO_PCI_ROM_REGION_INDEX,
  VFIO_PCI_VGA_REGION_INDEX,
  VFIO_REGION_SUBTYPE_CCW_ASYNC_CMD,
  VFIO_REGION_SUBTYPE_CCW_CRW,
  VFIO_REGION_SUBTYPE_CCW_SCHIB,
  VFIO_REGION_TYPE_CCW,
} from '../abi';
import type { RegionName } from '../language/names';
import { Choice } from '../language/scalars';
import type { Region } from '../vfio/region';
import { requireMigration } from './device-session';
import type { StepContext } from './step-context';

const ENDIANS = ['auto', 'little', 'big'] as const;
type EndianWord = (typeof ENDIANS)[number];

/** The argument that says in which byte order a register stands. */
export function Endian(): TUnsafe<EndianWord> {
  return Choice(ENDIANS, {
    default: 'auto',
    description: 'Byte order of the value; `auto`: little in config space and BARs, else the order of the host.',
  });
}

export interface NamedRegion {
  readonly region: Region;
  /** Config space and BARs are little endian on every host; everything else is in the host's order. */
  readonly order: ByteOrder;
}

const CCW_SUBTYPES: Readonly<Record<string, number>> = {
  'async-cmd': VFIO_REGION_SUBTYPE_CCW_ASYNC_CMD,
  schib: VFIO_REGION_SUBTYPE_CCW_SCHIB,
  crw: VFIO_REGION_SUBTYPE_CCW_CRW,
};

/** The region, or the end of the step when the device has none of that name. */
export function findRegion(context: StepContext, name: RegionName, endian: EndianWord = 'auto'): NamedRegion {
  const found = locate(context, name);
  return endian === 'auto' ? found : { ...found, order: endian };
}

function locate(context: StepContext, name: RegionName): NamedRegion {
  const { device } = context.session;
  if (name === 'migration') return { region: requireMigration(context).region, order: context.host.facts.byteOrder };
  const index = indexOf(context, name);
  const region = device.region(index);
  if (!region.ok)
    context.skip('not-applicable', `region ${name}`, `region ${name} (index ${index}): ${region.message}`);
  const info = device.info();
  const isPci = info.ok && (info.value.values.flags & VFIO_DEVICE_FLAGS_PCI) !== 0;
  return { region: region.value, order: isPci && index < 9 ? 'little' : context.host.facts.byteOrder };
}

function indexOf(context: StepContext, name: RegionName): number {
  if (/^\d+$/.test(name)) return Number(name);
  const bar = /^bar([0-5])$/.exec(name);
  if (bar) return VFIO_PCI_BAR0_REGION_INDEX + Number(bar[1]);
  if (name === 'rom') return VFIO_PCI_ROM_REGION_INDEX;
  if (name === 'vga') return VFIO_PCI_VGA_REGION_INDEX;
  const subtype = CCW_SUBTYPES[name];
  if (subtype !== undefined) return ccwIndex(context, name, subtype);
  const info = context.session.device.info();
  const isPci = info.ok && (info.value.values.flags & VFIO_DEVICE_FLAGS_PCI) !== 0;
  // CONFIG of a CCW device is its region 0.
  return isPci ? VFIO_PCI_CONFIG_REGION_INDEX : 0;
}

function ccwIndex(context: StepContext, name: string, subtype: number): number {
  const regions = context.session.device.listRegions();
  if (!regions.ok)
    context.fail({ clause: 'REG-INFO-CHAIN', expected: 'the regions can be listed', observed: regions.message });
  const found = regions.value.find(
    ({ outcome }) =>
      outcome.ok && outcome.value.type?.type === VFIO_REGION_TYPE_CCW && outcome.value.type.subtype === subtype,
  );
  if (!found)
    context.skip(
      'not-applicable',
      `region ${name}`,
      `none of ${regions.value.length} regions is of CCW subtype ${subtype}`,
    );
  return found.index;
}
