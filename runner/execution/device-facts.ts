/** What an open device shows of itself: what needs and claims are held against. Every fact comes with its evidence. */
import { VFIO_DEVICE_FLAGS_CCW, VFIO_DEVICE_FLAGS_PCI } from '../abi';
import type { DeviceSession } from '../steps/device-session';

export interface Fact {
  readonly holds: boolean;
  /** For people: what decided it. */
  readonly evidence: string;
}

export interface DeviceFacts {
  readonly flags: number;
  readonly buses: readonly string[];
  readonly facts: ReadonlyMap<string, Fact>;
  /** Why the device's information could not be had at all. */
  readonly failure?: string;
}

const ZPCI_IDS = [1, 2, 3, 4];

/** Asks the device once; the oracles listen and judge on the way. */
export function lookAt(session: DeviceSession, architecture: string): DeviceFacts {
  const facts = new Map<string, Fact>();
  const info = session.device.info();
  const flags = info.ok ? info.value.flags : 0;
  const shown = `device info flags 0x${flags.toString(16)}`;
  facts.set('pci', { holds: (flags & VFIO_DEVICE_FLAGS_PCI) !== 0, evidence: shown });
  facts.set('ccw', { holds: (flags & VFIO_DEVICE_FLAGS_CCW) !== 0, evidence: shown });
  facts.set('reset', {
    holds: info.ok && info.value.canReset,
    evidence: `${shown}: VFIO_DEVICE_FLAGS_RESET is ${info.ok && info.value.canReset ? 'set' : 'not set'}`,
  });
  const ids = info.ok ? info.value.chain.capabilities.map((capability) => capability.id) : [];
  const zpci =
    ids.some((id) => ZPCI_IDS.includes(id)) || (architecture === 's390x' && (flags & VFIO_DEVICE_FLAGS_PCI) !== 0);
  facts.set('zpci', { holds: zpci, evidence: `capability ids ${ids.join(', ') || 'none'} on ${architecture}` });
  lookForMigration(session, facts);
  lookAtIommu(session, facts);
  return { flags, buses: info.ok ? info.value.buses : [], facts, ...(info.ok ? {} : { failure: info.message }) };
}

function lookForMigration(session: DeviceSession, facts: Map<string, Fact>): void {
  const found = session.device.migrationRegion();
  if (found.ok) session.migration = found.value;
  const v2 = session.device.migrationV2();
  const hasV2 = v2.ok && v2.value !== undefined;
  facts.set('migration-v2', {
    holds: hasV2,
    evidence: hasV2
      ? `VFIO_DEVICE_FEATURE_MIGRATION flags 0x${v2.value?.toString(16)}`
      : 'no VFIO_DEVICE_FEATURE_MIGRATION',
  });
  const without = found.ok ? '' : `no migration region: ${found.message}`;
  const evidence = hasV2
    ? `${without}; the device offers version 2 migration only (VFIO_DEVICE_FEATURE), which this kit does not certify`
    : without;
  facts.set('migration-v1', {
    holds: found.ok,
    evidence: found.ok ? `region ${found.value.region.info.index} is the migration region` : evidence,
  });
  const areas = found.ok ? found.value.region.info.mappableAreas.length : 0;
  facts.set('data-mmap', {
    holds: areas > 0,
    evidence: found.ok ? `the migration region has ${areas} mappable areas` : without,
  });
}

function lookAtIommu(session: DeviceSession, facts: Map<string, Fact>): void {
  const info = session.dma.iommu.info();
  facts.set('iommu', { holds: info.ok, evidence: info.ok ? 'VFIO_IOMMU_GET_INFO answers' : info.message });
  const logging = info.ok ? info.value.dirtyLogging : undefined;
  facts.set('dirty-pages', {
    holds: logging !== undefined,
    evidence: logging
      ? 'the IOMMU info has the MIGRATION capability (2)'
      : 'the IOMMU info has no MIGRATION capability (2)',
  });
  const avail = info.ok ? info.value.dmaAvail : undefined;
  facts.set('dma-avail', {
    holds: avail !== undefined,
    evidence: avail ? `DMA_AVAIL says ${avail.avail}` : 'the IOMMU info has no DMA_AVAIL capability (3)',
  });
}
