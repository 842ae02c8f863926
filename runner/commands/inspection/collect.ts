/** Asks an open device everything that can be asked without changing it. */
import {
  BUS_FLAGS,
  type ByteOrder,
  deviceStateName,
  type MigrationField,
  regionTypeName,
  VFIO_DEVICE_FLAGS_CAPS,
  VFIO_DEVICE_FLAGS_RESET,
  VFIO_DEVICE_STATE_SAVING,
  vfioDeviceMigrationInfo,
} from '../../abi';
import { describeCapability } from '../../steps/capabilities';
import type { Device, Indexed } from '../../vfio/device';
import type { IommuInfo } from '../../vfio/iommu-info';
import type { IrqInfo } from '../../vfio/irq';
import type { MigrationRegion } from '../../vfio/migration-region';
import type { OpenedDevice } from '../../vfio/open-device';
import type { Outcome, Problem } from '../../vfio/outcome';
import type { RegionInfo } from '../../vfio/region-info';
import { irqNames, regionNames } from './index-names';
import { iommuCapabilities, regionCapabilities } from './info-capabilities';
import type {
  InspectedField,
  InspectedIommu,
  InspectedIrq,
  InspectedMigration,
  InspectedRegion,
  InspectReport,
} from './report';

/** `doing` is told before every question. */
export function collect(opened: OpenedDevice, name: string, doing: (what: string) => void): InspectReport {
  const { device, host } = opened;
  doing('VFIO_DEVICE_GET_INFO');
  const asked = device.info();
  const flags = asked.ok ? asked.value.flags : 0;
  const regions: InspectedRegion[] = [];
  const irqs: InspectedIrq[] = [];
  for (let index = 0; asked.ok && index < Math.min(asked.value.numRegions, device.limits.maxRegions); index += 1) {
    doing(`VFIO_DEVICE_GET_REGION_INFO of region ${index}`);
    regions.push(
      region({ index, outcome: device.regionInfo(index) }, regionNames(flags).get(index), host.facts.byteOrder),
    );
  }
  for (let index = 0; asked.ok && index < Math.min(asked.value.numIrqs, device.limits.maxIrqs); index += 1) {
    doing(`VFIO_DEVICE_GET_IRQ_INFO of index ${index}`);
    irqs.push(irq({ index, outcome: device.irqInfo(index) }, irqNames(flags).get(index)));
  }
  doing('VFIO_IOMMU_GET_INFO');
  const iommuInfo = iommu(opened.iommu.info(), host.facts.byteOrder);
  return {
    device: name,
    host: host.facts,
    identity: opened.identity(),
    info: asked.ok
      ? {
          flags: hex(flags),
          flagNames: flagNames(flags),
          numRegions: asked.value.numRegions,
          numIrqs: asked.value.numIrqs,
          capabilities: asked.value.chain.capabilities.map((capability) => ({
            id: capability.id,
            version: capability.version,
            offset: capability.offset,
            decoded: describeCapability(capability, host.facts.byteOrder)
              .split('\n')
              .slice(1)
              .map((line) => line.trim()),
          })),
          ...problemsOf(asked.value.problems),
        }
      : { error: asked.message },
    regions,
    irqs,
    migration: migration(device, doing),
    iommu: iommuInfo,
  };
}

function flagNames(flags: number): string[] {
  const known = new Map([...BUS_FLAGS, [VFIO_DEVICE_FLAGS_RESET, 'reset'], [VFIO_DEVICE_FLAGS_CAPS, 'caps']] as const);
  return [...known].filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
}

function region({ index, outcome }: Indexed<RegionInfo>, known: string | undefined, order: ByteOrder): InspectedRegion {
  const capabilities = outcome.ok ? regionCapabilities(outcome.value.chain.capabilities, order) : [];
  if (!outcome.ok) return { index, ...(known === undefined ? {} : { name: known }), error: outcome.message };
  const { value } = outcome;
  const type = value.type && { ...value.type, name: regionTypeName(value.type.type, value.type.subtype) };
  const name = type?.name ?? known;
  return {
    index,
    ...(name === undefined ? {} : { name }),
    size: hex(value.size),
    offset: hex(value.offset),
    flags: named({
      read: value.readable,
      write: value.writable,
      mmap: value.mappable,
      'msix-mappable': value.msixMappable,
    }),
    ...(type ? { type } : {}),
    ...(capabilities.length > 0 ? { capabilities } : {}),
    ...(value.sparseAreas
      ? { areas: value.sparseAreas.map(({ offset, size }) => ({ offset: hex(offset), size: hex(size) })) }
      : {}),
    ...problemsOf(value.problems),
  };
}

function irq({ index, outcome }: Indexed<IrqInfo>, known: string | undefined): InspectedIrq {
  const name = known === undefined ? {} : { name: known };
  if (!outcome.ok) return { index, ...name, error: outcome.message };
  const { count, eventfd, maskable, automasked, noresize, problems } = outcome.value;
  return { index, ...name, count, flags: named({ eventfd, maskable, automasked, noresize }), ...problemsOf(problems) };
}

function migration(device: Device, doing: (what: string) => void): InspectedMigration {
  doing('looking for a migration region');
  const found = device.migrationRegion();
  const fields = found.ok ? migrationFields(found.value, doing) : [];
  doing('VFIO_DEVICE_FEATURE');
  const version2 = device.migrationV2();
  return {
    ...(found.ok ? { version1: { region: found.value.region.info.index, fields } } : { without: found.message }),
    ...(version2.ok && version2.value !== undefined ? { version2: hex(version2.value) } : {}),
  };
}

/**
 * Only reads that no sentence of the interface gives an effect to: while a device saves, reading pending_bytes says that a buffer was
 * taken, and reading data_offset tells the driver to make one ready.
 */
function migrationFields(found: MigrationRegion, doing: (what: string) => void): InspectedField[] {
  const read = (name: MigrationField, tell: (value: bigint) => string): InspectedField => {
    doing(`reading ${name} of the migration region`);
    const value = found.readField(name);
    const { offset } = vfioDeviceMigrationInfo.fields[name];
    return value.ok ? { name, offset, value: tell(value.value) } : { name, offset, remark: value.message };
  };
  const leave = (name: MigrationField, remark: string): InspectedField => ({
    name,
    offset: vfioDeviceMigrationInfo.fields[name].offset,
    remark: `not read: ${remark}`,
  });
  let saving = true;
  const state = read('device_state', (value) => {
    saving = (Number(value) & VFIO_DEVICE_STATE_SAVING) !== 0;
    return `${hex(value)} (${deviceStateName(Number(value))})`;
  });
  return [
    state,
    read('reserved', hex),
    saving ? leave('pending_bytes', 'while a device saves, reading it has a meaning') : read('pending_bytes', hex),
    leave('data_offset', 'reading it tells the driver to make data ready'),
    leave('data_size', 'it means something only after data_offset'),
  ];
}

function iommu(asked: Outcome<IommuInfo>, order: ByteOrder): InspectedIommu {
  if (!asked.ok) return { error: asked.message };
  const { pageSizes, iovaRanges, dirtyLogging, dmaAvail, problems } = asked.value;
  const capabilities = iommuCapabilities(asked.value.chain.capabilities, order);
  return {
    pageSizes: hex(pageSizes),
    ...(iovaRanges ? { iovaRanges: iovaRanges.map(({ start, end }) => ({ start: hex(start), end: hex(end) })) } : {}),
    ...(dirtyLogging
      ? { dirtyLogging: { pageSizes: hex(dirtyLogging.pageSizes), maxBitmapBytes: hex(dirtyLogging.maxBitmapBytes) } }
      : {}),
    ...(dmaAvail ? { dmaAvail: dmaAvail.avail } : {}),
    ...(capabilities.length > 0 ? { capabilities } : {}),
    ...problemsOf(problems),
  };
}

function named(flags: Readonly<Record<string, boolean>>): string[] {
  return Object.keys(flags).filter((name) => flags[name]);
}

function problemsOf(problems: readonly Problem[]): { readonly problems?: readonly string[] } {
  return problems.length === 0 ? {} : { problems: problems.map((problem) => problem.message) };
}

function hex(value: bigint | number): string {
  return `0x${value.toString(16)}`;
}
