/** DeviceSides: opens the devices of one case, the first one at once and the others when a step first asks for them. */
import type { VfioHost } from '../host/vfio-host';
import type { DeviceProfile } from '../language/scenario';
import type { DeviceSession, DmaSpace } from '../steps/device-session';
import type { SideName } from '../steps/step-context';
import { type DeviceAddress, parseDeviceAddress } from '../vfio/device-address';
import type { DeviceIdentity } from '../vfio/host-devices';
import type { IrqWatch } from '../vfio/irq';
import type { Limits } from '../vfio/limits';
import type { MigrationRegion } from '../vfio/migration-region';
import { type OpenedDevice, openDevice } from '../vfio/open-device';
import type { OpenFailure } from '../vfio/open-failure';
import { GiveUp, SkipCase, StepFailure } from './case-end';
import type { DevicePlan } from './run-plan';

/** A device that cannot be opened: the case is broken, with advice. */
export class CannotOpen extends GiveUp {
  constructor(readonly failure: OpenFailure) {
    super(`${failure.message}. ${failure.advice}`);
  }
}

/** One opened device; the same object over a reopen. */
class OpenSession implements DeviceSession {
  migration: MigrationRegion | undefined;
  savingSession = 0;
  savedSegments = 0;
  readonly irqs = new Map<number, IrqWatch>();

  constructor(
    readonly side: SideName,
    readonly name: string,
    readonly opened: OpenedDevice,
    readonly dma: DmaSpace,
    readonly profile: DeviceProfile | undefined,
    readonly iommuBacked: boolean,
  ) {}

  get device(): OpenedDevice['device'] {
    return this.opened.device;
  }

  reopen(): void {
    this.migration = undefined;
    this.irqs.clear();
    const again = this.opened.reopen();
    if (!again.ok)
      throw new StepFailure({
        clause: 'TRANS-RUN-STOP-OPT',
        expected: 'the device can be closed in any state and opened again',
        observed: again.message,
      });
  }
}

export interface SidesOptions {
  readonly plan: DevicePlan;
  readonly profile: DeviceProfile | undefined;
  readonly limits: Limits;
}

export class DeviceSides {
  private readonly open = new Map<SideName, OpenSession>();

  constructor(
    private readonly host: VfioHost,
    private readonly options: SidesOptions,
  ) {}

  /** The session of a side; opens it when it is not open yet. */
  side(name: SideName): DeviceSession {
    const known = this.open.get(name);
    if (known) return known;
    const session = this.openSide(name);
    this.open.set(name, session);
    return session;
  }

  /** True when `destination` is the device itself. */
  get selfDestination(): boolean {
    return this.options.plan.destination === 'self';
  }

  all(): readonly DeviceSession[] {
    return [...new Set(this.open.values())];
  }

  /** Closes every device, in reverse order; what goes wrong is told and stops nothing. */
  close(): readonly string[] {
    const problems: string[] = [];
    for (const session of [...this.open.values()].reverse()) {
      try {
        const closed = session.opened.close();
        if (!closed.ok) problems.push(`${session.name}: ${closed.message}`);
      } catch (error) {
        problems.push(`${session.name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    this.open.clear();
    return problems;
  }

  private openSide(name: SideName): OpenSession {
    const { plan } = this.options;
    if (name === 'source') return this.openAlone(name, plan.device, 0);
    if (name === 'destination' && this.selfDestination) {
      const source = this.open.get('source');
      if (source) return source;
    }
    const other =
      plan.destination === 'self'
        ? undefined
        : (plan.destination ?? (plan.device.startsWith('reference') ? plan.device : undefined));
    if (other === undefined)
      throw new SkipCase(
        'not-judged',
        name,
        `this takes a second device: give one with --destination (or \`self\`, which is weaker)`,
      );
    return name === 'destination' ? this.openAlone(name, other, 1) : this.openBeside(name, other);
  }

  private openAlone(side: SideName, device: string, ordinal: number): OpenSession {
    const opened = openDevice(this.host, addressOf(device), { limits: this.options.limits, ordinal });
    if (!opened.ok) throw new CannotOpen(opened.failure);
    const { container, iommu, dirtyLog } = opened.value;
    const dma: DmaSpace = {
      container,
      iommu,
      log: dirtyLog,
      mappings: new Map(),
      logging: false,
      writes: [],
      bitmaps: new Map(),
    };
    return this.session(side, device, opened.value, dma, this.options.profile);
  }

  /** In the source's own container. */
  private openBeside(side: SideName, device: string): OpenSession {
    const source = this.open.get('source');
    if (!source) throw new GiveUp('a second device is opened beside the first one');
    const opened = source.opened.openSecond(addressOf(device), { limits: this.options.limits, ordinal: 1 });
    if (!opened.ok) throw new CannotOpen(opened.failure);
    // A profile pokes registers: on a device of another kind they may be anything.
    const profile = sameKind(source.opened.identity(), opened.value.identity()) ? this.options.profile : undefined;
    return this.session(side, device, opened.value, source.dma, profile);
  }

  private session(
    side: SideName,
    name: string,
    opened: OpenedDevice,
    dma: DmaSpace,
    profile: DeviceProfile | undefined,
  ): OpenSession {
    // A mediated device marks its pages through its driver; everything else has the IOMMU in between.
    const iommuBacked = opened.hostDevice.bus !== 'mdev';
    return new OpenSession(side, name, opened, dma, profile, iommuBacked);
  }
}

function sameKind(one: DeviceIdentity, other: DeviceIdentity): boolean {
  const keys = ['bus', 'vendorId', 'deviceId', 'mdevType', 'parentDriver', 'driver'] as const;
  return keys.every((key) => one[key] === other[key]);
}

function addressOf(device: string): DeviceAddress {
  const parsed = parseDeviceAddress(device);
  if (!parsed.ok) throw new GiveUp(parsed.message);
  return parsed.value;
}
