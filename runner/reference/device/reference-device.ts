import { ioctlNumber } from '../../abi/ioctls';
import { VFIO_PCI_INTX_IRQ_INDEX, VFIO_PCI_MSI_IRQ_INDEX } from '../../abi/structures/vfio-irq-info';
import type { VirtualClock } from '../clock';
import { fail } from '../kernel/errno';
import type { GroupBacking } from '../kernel/iommu-capabilities';
import type { DeviceMapping } from '../kernel/open-file';
import type { UserStructure } from '../kernel/user-structure';
import type { KernelServices, VendorDevice } from '../kernel/vendor-device';
import { ConfigSpace } from './config-space';
import { DataSection } from './data-section';
import { DeviceInformation, REGION_SHIFT } from './device-information';
import type { DeviceModel } from './device-model';
import { DmaTransfer } from './dma-transfer';
import { Engine } from './engine';
import { InternalState } from './internal-state';
import { InterruptControl } from './interrupt-control';
import { InterruptLines } from './interrupt-lines';
import { MigrationRegion } from './migration-region';
import { MigrationRegionInfo } from './migration-region-info';
import { presentationOf } from './personality';
import type { Region } from './region';
import { REGISTER_AREA_SIZE, RegisterFile } from './register-file';
import { ResumingStream } from './resuming-stream';
import { SavingStream } from './saving-stream';
import { StateMachine } from './state-machine';

const ENCODING = 'generic';
const GET_INFO = ioctlNumber('VFIO_DEVICE_GET_INFO', ENCODING);
const GET_REGION_INFO = ioctlNumber('VFIO_DEVICE_GET_REGION_INFO', ENCODING);
const GET_IRQ_INFO = ioctlNumber('VFIO_DEVICE_GET_IRQ_INFO', ENCODING);
const SET_IRQS = ioctlNumber('VFIO_DEVICE_SET_IRQS', ENCODING);
const RESET = ioctlNumber('VFIO_DEVICE_RESET', ENCODING);

/** What the inject register can ask for. */
const INJECT_ERROR_STATE = 1;
const INJECT_PREVIOUS_STATE = 2;
const INJECT_DATA_ERROR = 3;

/**
 * A version 1 migration device with its vendor driver: registers, DMA, interrupts, and a migration region that keeps the header's text to the
 * letter. Its parts are public: their methods are what faults and variations replace (see override.ts).
 */
export class ReferenceDevice implements VendorDevice {
  readonly state: InternalState;
  readonly engine: Engine;
  readonly dma: DmaTransfer;
  readonly config: ConfigSpace;
  readonly registers: RegisterFile;
  readonly lines: InterruptLines;
  readonly interrupts: InterruptControl;
  readonly section: DataSection;
  readonly saving: SavingStream;
  readonly resuming: ResumingStream;
  readonly machine: StateMachine;
  readonly migration: MigrationRegion;
  readonly migrationInfo: MigrationRegionInfo;
  readonly information: DeviceInformation;
  private services: KernelServices | undefined;

  constructor(
    readonly model: DeviceModel,
    readonly backing: GroupBacking,
    readonly clock: VirtualClock,
  ) {
    const pci = model.personality === 'pci' || model.personality === 'zpci';
    this.state = new InternalState(model.stateSize, model.seed);
    this.config = new ConfigSpace(REGISTER_AREA_SIZE);
    this.lines = new InterruptLines(pci ? VFIO_PCI_INTX_IRQ_INDEX : undefined);
    this.interrupts = new InterruptControl(this.lines, () => this.services);
    this.dma = new DmaTransfer(
      this.state,
      () => this.services?.dma,
      () => !pci || this.config.busMaster,
    );
    this.engine = new Engine(this.state, clock, { transfer: () => this.dma.run(), interrupt: () => this.interrupt() });
    this.registers = new RegisterFile(this.state, this.engine, this.dma, (what) => this.inject(what));
    this.section = new DataSection(model);
    this.saving = new SavingStream(this.state, this.section, model.seed);
    this.resuming = new ResumingStream(this.state);
    this.machine = new StateMachine(this.engine, this.saving, this.resuming);
    this.migration = new MigrationRegion(model.order, this.machine, this.saving, this.resuming, this.section);
    this.migrationInfo = new MigrationRegionInfo(this.migration);
    this.information = new DeviceInformation(
      presentationOf({ model, registers: this.registers, config: this.config, migration: this.migrationInfo }),
    );
  }

  get name(): string {
    return this.model.name;
  }

  open(services: KernelServices): number {
    this.services = services;
    this.makeFresh();
    return 0;
  }

  close(): void {
    this.engine.stop();
    this.lines.clear();
    this.services = undefined;
  }

  ioctl(request: number, structure: UserStructure): number {
    switch (request) {
      case GET_INFO:
        return this.information.deviceInfo(structure);
      case GET_REGION_INFO:
        return this.information.regionInfo(structure);
      case GET_IRQ_INFO:
        return this.information.irqInfo(structure);
      case SET_IRQS:
        return this.interrupts.set(structure, this.information.irqs());
      case RESET:
        return this.reset();
      default:
        return fail('ENOTTY');
    }
  }

  /** VFIO_DEVICE_RESET: a fresh running device, whatever it was doing. */
  reset(): number {
    this.makeFresh();
    return 0;
  }

  makeFresh(): void {
    this.engine.stop();
    this.state.makeFresh();
    this.config.reset();
    this.machine.reset();
    this.migration.reset();
    this.section.memory.fill(0);
    this.dma.lastError = 0;
    this.engine.start();
  }

  pread(into: Uint8Array, offset: bigint): number {
    const place = this.place(offset);
    return place === undefined ? fail('EINVAL') : place.region.read(place.offset, into);
  }

  pwrite(from: Uint8Array, offset: bigint): number {
    const place = this.place(offset);
    return place === undefined ? fail('EINVAL') : place.region.write(place.offset, from);
  }

  mmap(length: number, offset: bigint, _write: boolean): DeviceMapping | number {
    const place = this.place(offset);
    return place === undefined ? fail('EINVAL') : place.region.mmap(place.offset, length);
  }

  /** Sends an interrupt by MSI where the user attached to it, else by the first index. */
  interrupt(): void {
    const pci = this.model.personality === 'pci' || this.model.personality === 'zpci';
    if (pci && this.lines.attached(VFIO_PCI_MSI_IRQ_INDEX) !== undefined) this.lines.signal(VFIO_PCI_MSI_IRQ_INDEX, 0);
    else this.lines.signal(0, 0);
  }

  private inject(what: number): void {
    if (what === INJECT_ERROR_STATE) this.machine.injectFault('error');
    if (what === INJECT_PREVIOUS_STATE) this.machine.injectFault('previous');
    if (what === INJECT_DATA_ERROR) this.migration.injectError();
  }

  private place(offset: bigint): { region: Region; offset: number } | undefined {
    const region = this.information.regionFor(Number(offset >> REGION_SHIFT));
    const within = offset & ((1n << REGION_SHIFT) - 1n);
    return region === undefined ? undefined : { region, offset: Number(within) };
  }
}
