/** What a run learns of a device before its first case, and what every report says of it. Plain data: it crosses processes. */
import type { HostFacts } from '../host/vfio-host';
import type { DeviceIdentity } from '../vfio/host-devices';
import type { OpenFailure } from '../vfio/open-failure';

export interface DeviceDescription {
  /** As named on the command line. */
  readonly device: string;
  readonly host: HostFacts;
  /** What sysfs says: bus, ids, driver and its version. */
  readonly identity: DeviceIdentity;
  /** VFIO_DEVICE_GET_INFO's flags, and the bus types in them. */
  readonly flags: number;
  readonly buses: readonly string[];
  /** What the device shows of itself: migration-v1, migration-v2, zpci, ccw, dirty-pages. */
  readonly shows: readonly string[];
  /** `type1v2, page sizes 0x..., dirty log yes`. */
  readonly iommu: string;
  /** The profile in use, by its file, or absent. */
  readonly profile?: string;
  /** The profile's assumptions, shown on every report. */
  readonly assume: Readonly<Record<string, string>>;
}

export type Probe =
  | { readonly ok: true; readonly description: DeviceDescription }
  /** The device can not be opened: what is the matter, and what to do. */
  | { readonly ok: false; readonly failure: OpenFailure };
