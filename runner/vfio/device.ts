/** An open VFIO device: information, regions, interrupts, reset, features. */
import {
  ERRNO,
  ioctlNumber,
  VFIO_DEVICE_FEATURE_GET,
  VFIO_DEVICE_FEATURE_MIGRATION,
  VFIO_DEVICE_FEATURE_PROBE,
  vfioDeviceFeature,
  vfioDeviceFeatureMigration,
} from '../abi';
import type { VfioHost } from '../host/vfio-host';
import { DEVICE_INFO, type DeviceInfo, readDeviceInfo } from './device-info';
import { type InfoRound, infoOnce } from './info-call';
import { IRQ_INFO, type IrqInfo, IrqWatch, readIrqInfo } from './irq';
import { DEFAULT_LIMITS, type Limits } from './limits';
import { isMigrationRegion, MigrationRegion } from './migration-region';
import { DONE, kernelFailure, type Outcome, ownFailure, success } from './outcome';
import { Region } from './region';
import { REGION_INFO, type RegionInfo, readRegionInfo } from './region-info';

/** One index and what the device answers for it. */
export interface Indexed<T> {
  readonly index: number;
  readonly outcome: Outcome<T>;
}

export class Device {
  private readonly regions = new Map<number, Region>();
  private readonly watches: IrqWatch[] = [];
  private closed = false;

  constructor(
    readonly host: VfioHost,
    readonly fd: number,
    /** As sysfs names it. */
    readonly name: string,
    readonly limits: Limits = DEFAULT_LIMITS,
  ) {}

  /** Asks anew on every call. */
  info(): Outcome<DeviceInfo> {
    return readDeviceInfo(this.host, this.fd, this.limits);
  }

  /** VFIO_DEVICE_GET_INFO once, with exactly this argsz. */
  infoWithArgsz(argsz: number): Outcome<InfoRound> {
    return infoOnce(this.host, this.fd, DEVICE_INFO, argsz, {});
  }

  regionInfo(index: number): Outcome<RegionInfo> {
    return readRegionInfo(this.host, this.fd, index, this.limits);
  }

  regionInfoWithArgsz(index: number, argsz: number): Outcome<InfoRound> {
    return infoOnce(this.host, this.fd, REGION_INFO, argsz, { index });
  }

  /** Every region below num_regions (and the limit); one that answers with an errno is in the list too. */
  listRegions(): Outcome<readonly Indexed<RegionInfo>[]> {
    const info = this.info();
    return info.ok
      ? success(indexes(info.value.numRegions, this.limits.maxRegions, (index) => this.regionInfo(index)))
      : info;
  }

  /** A region to access. The information is asked for once; `refresh` asks again. */
  region(index: number, refresh = false): Outcome<Region> {
    const known = this.regions.get(index);
    if (known && !refresh) {
      return success(known);
    }
    const info = this.regionInfo(index);
    if (!info.ok) {
      return info;
    }
    known?.unmapAll();
    const region = new Region(this.host, this.fd, info.value, this.limits);
    this.regions.set(index, region);
    return success(region);
  }

  /** The first region of type MIGRATION, subtype 1; `unavailable` when there is none. */
  migrationRegion(): Outcome<MigrationRegion> {
    const regions = this.listRegions();
    if (!regions.ok) {
      return regions;
    }
    const found = regions.value.find(({ outcome }) => outcome.ok && isMigrationRegion(outcome.value));
    if (!found) {
      const message = `none of ${regions.value.length} regions has a TYPE capability of type 3, subtype 1`;
      return ownFailure('unavailable', 'migration region', message);
    }
    const region = this.region(found.index);
    return region.ok ? success(new MigrationRegion(region.value)) : region;
  }

  irqInfo(index: number): Outcome<IrqInfo> {
    return readIrqInfo(this.host, this.fd, index, this.limits);
  }

  irqInfoWithArgsz(index: number, argsz: number): Outcome<InfoRound> {
    return infoOnce(this.host, this.fd, IRQ_INFO, argsz, { index });
  }

  /** Every IRQ index below num_irqs (and the limit). */
  listIrqs(): Outcome<readonly Indexed<IrqInfo>[]> {
    const info = this.info();
    return info.ok ? success(indexes(info.value.numIrqs, this.limits.maxIrqs, (index) => this.irqInfo(index))) : info;
  }

  /** Watches an IRQ index with eventfds until the watch or the device is closed. */
  watchIrq(index: number, vectors?: number): Outcome<IrqWatch> {
    const info = this.irqInfo(index);
    if (!info.ok) {
      return info;
    }
    const watch = IrqWatch.open(this.host, this.fd, info.value, this.limits, vectors);
    if (watch.ok) {
      this.watches.push(watch.value);
    }
    return watch;
  }

  /** VFIO_DEVICE_RESET, once: EAGAIN is the caller's to try again. */
  reset(): Outcome {
    const result = this.ioctl('VFIO_DEVICE_RESET');
    return result < 0 ? kernelFailure('VFIO_DEVICE_RESET', result) : DONE;
  }

  /** Whether VFIO_DEVICE_FEATURE knows a feature; any errno but ENOTTY, ENODEV and EINVAL is a failure. */
  hasFeature(feature: number, access = 0): Outcome<boolean> {
    const flags = VFIO_DEVICE_FEATURE_PROBE | access | feature;
    const probe = vfioDeviceFeature.encode({ argsz: vfioDeviceFeature.size, flags }, this.host.facts.byteOrder);
    const result = this.ioctl('VFIO_DEVICE_FEATURE', probe);
    if (result >= 0) {
      return success(true);
    }
    const absent = [ERRNO.ENOTTY, ERRNO.ENODEV, ERRNO.EINVAL].some((errno) => errno === -result);
    return absent ? success(false) : kernelFailure('VFIO_DEVICE_FEATURE', result);
  }

  /** The flags of VFIO_DEVICE_FEATURE_MIGRATION (version 2); undefined when the device does not speak it. */
  migrationV2(): Outcome<bigint | undefined> {
    const probe = this.hasFeature(VFIO_DEVICE_FEATURE_MIGRATION, VFIO_DEVICE_FEATURE_GET);
    if (!probe.ok || !probe.value) {
      return probe.ok ? success(undefined) : probe;
    }
    const order = this.host.facts.byteOrder;
    const call = new Uint8Array(vfioDeviceFeature.size + vfioDeviceFeatureMigration.size);
    const flags = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIGRATION;
    vfioDeviceFeature.encodeInto(call, { argsz: call.length, flags }, order);
    const result = this.ioctl('VFIO_DEVICE_FEATURE', call);
    return result < 0
      ? kernelFailure('VFIO_DEVICE_FEATURE', result)
      : success(vfioDeviceFeatureMigration.getField(call, 'flags', order, vfioDeviceFeature.size));
  }

  /** Ends mappings and interrupts, then closes the descriptor. Safe to call twice. */
  close(): Outcome {
    if (this.closed) {
      return DONE;
    }
    this.closed = true;
    for (const watch of this.watches) {
      watch.close();
    }
    for (const region of this.regions.values()) {
      region.unmapAll();
    }
    this.regions.clear();
    const result = this.host.close(this.fd);
    return result < 0 ? kernelFailure('close', result) : DONE;
  }

  private ioctl(name: 'VFIO_DEVICE_RESET' | 'VFIO_DEVICE_FEATURE', argument?: Uint8Array): number {
    return this.host.ioctl(this.fd, ioctlNumber(name, this.host.facts.ioctlEncoding), argument);
  }
}

function indexes<T>(claimed: number, limit: number, ask: (index: number) => Outcome<T>): readonly Indexed<T>[] {
  return Array.from({ length: Math.min(claimed, limit) }, (_, index) => ({ index, outcome: ask(index) }));
}
