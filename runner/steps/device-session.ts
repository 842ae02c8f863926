/** DeviceSession: one open device as the steps of a case see it, with what they made of it so far. */
import type { HostMemory } from '../host/vfio-host';
import type { DeviceProfile } from '../language/scenario';
import type { Container } from '../vfio/container';
import type { Device } from '../vfio/device';
import type { DirtyBitmap } from '../vfio/dirty-bitmap';
import type { DirtyLog } from '../vfio/dirty-log';
import type { Iommu, Mapping } from '../vfio/iommu';
import type { IrqWatch } from '../vfio/irq';
import type { MigrationRegion } from '../vfio/migration-region';
import type { SavedStream, SavingEntry } from './saved-stream';
import type { SideName, StepContext } from './step-context';

/** What a step mapped, under the name that it gave. */
export interface NamedMapping extends Mapping {
  readonly label: string;
  readonly memory: HostMemory;
}

/** Guest memory that the profile's `dma` was told to make the device write. */
export interface DmaWrite {
  readonly iova: bigint;
  readonly size: bigint;
}

/** What is shared by the devices of one container. */
export interface DmaSpace {
  readonly container: Container;
  readonly iommu: Iommu;
  readonly log: DirtyLog;
  readonly mappings: Map<string, NamedMapping>;
  logging: boolean;
  /** Since logging started, and not yet reported by a bitmap that was read. */
  writes: DmaWrite[];
  /** The bitmaps as last read, by the mapping's name. */
  readonly bitmaps: Map<string, DirtyBitmap>;
}

/** What a device was given in _RESUMING, and how that went. */
export interface Restoring {
  readonly streams: readonly SavedStream[];
  /** All of one save, in order and untouched. */
  readonly whole: boolean;
  /** Given as any user would. */
  readonly plain: boolean;
  /** What the device said against it, at a data_size write or at the transition to _RUNNING. */
  refused?: string;
}

export interface DeviceSession {
  readonly side: SideName;
  /** As named on the command line. */
  readonly name: string;
  readonly device: Device;
  readonly dma: DmaSpace;
  readonly profile: DeviceProfile | undefined;
  /** True when stores of an IOMMU-backed device are marked by the kernel itself: all mapped pages are dirty. */
  readonly iommuBacked: boolean;
  migration: MigrationRegion | undefined;
  /** Saving sessions so far, and the saves of the current one. */
  savingSession: number;
  savingEntry?: SavingEntry;
  savedSegments: number;
  /** Since the last reset, or since it was opened; undefined when nothing was given. */
  restoring?: Restoring | undefined;
  readonly irqs: Map<number, IrqWatch>;
  /** The profile's `dma:` has made the device write: should it not do so later on, that is the device's doing. */
  hasWritten?: boolean;
  /** The device was stopped, and what it had signalled by then has been taken away: an interrupt that is there now came too late. */
  stoppedQuietly?: boolean;
  /** Ends this session and opens the device anew; the object stays the same. */
  reopen(): void;
}

/** The migration region, or a skip with the evidence that there is none. */
export function requireMigration(context: StepContext): MigrationRegion {
  const { session } = context;
  if (session.migration) return session.migration;
  const found = session.device.migrationRegion();
  if (!found.ok) context.skip('not-applicable', 'migration-v1', `the device has no migration region: ${found.message}`);
  session.migration = found.value;
  return found.value;
}
