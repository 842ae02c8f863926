import { VFIO_DEVICE_FLAGS_CAPS, VFIO_DEVICE_FLAGS_RESET, vfioDeviceInfo } from '../../abi/structures/vfio-device-info';
import { vfioIrqInfo } from '../../abi/structures/vfio-irq-info';
import { VFIO_REGION_INFO_FLAG_CAPS, vfioRegionInfo } from '../../abi/structures/vfio-region-info';
import { fail } from '../kernel/errno';
import type { Capability } from '../kernel/info-chain';
import { type InfoLayout, InfoReply } from '../kernel/info-reply';
import type { UserStructure } from '../kernel/user-structure';
import type { IrqIndex } from './interrupt-control';
import type { Region } from './region';

/** Offsets of regions in the device's file: 40 bits for each, as vfio-pci and most others have it. */
export const REGION_SHIFT = 40n;
/** GET_INFO wants everything up to num_irqs; since Linux 6.6 the structure has 24 bytes with its padding. */
const DEVICE_INFO_LAYOUT: InfoLayout = {
  minimum: 16,
  size: 24,
  capOffsetAt: vfioDeviceInfo.fields.cap_offset.offset,
  capsFlag: VFIO_DEVICE_FLAGS_CAPS,
  clearsOffset: true,
};
const REGION_INFO_LAYOUT: InfoLayout = {
  minimum: vfioRegionInfo.size,
  size: vfioRegionInfo.size,
  capOffsetAt: vfioRegionInfo.fields.cap_offset.offset,
  capsFlag: VFIO_REGION_INFO_FLAG_CAPS,
  clearsOffset: false,
};

/** What a personality says of its device. */
export interface Presentation {
  /** VFIO_DEVICE_FLAGS_* of the bus. */
  readonly busFlag: number;
  /** Region index to region; an index below the highest that is not there is refused. */
  readonly regions: Map<number, Region>;
  readonly irqs: readonly IrqIndex[];
  readonly capabilities: readonly Capability[];
  /** Bus drivers other than PCI answer GET_INFO without cap_offset. */
  readonly knowsCapabilities: boolean;
}

/** The answers of GET_INFO, GET_REGION_INFO and GET_IRQ_INFO. Its methods are the hook points of the descriptive clauses. */
export class DeviceInformation {
  constructor(readonly presentation: Presentation) {}

  flags(): number {
    return this.presentation.busFlag | VFIO_DEVICE_FLAGS_RESET;
  }

  regions(): Map<number, Region> {
    return this.presentation.regions;
  }

  irqs(): readonly IrqIndex[] {
    return this.presentation.irqs;
  }

  numRegions(): number {
    return Math.max(...this.regions().keys()) + 1;
  }

  numIrqs(): number {
    return Math.max(-1, ...this.irqs().map((irq) => irq.index)) + 1;
  }

  capabilities(): Capability[] {
    return [...this.presentation.capabilities];
  }

  deviceInfo(structure: UserStructure): number {
    if (structure.u32(0) < DEVICE_INFO_LAYOUT.minimum) return fail('EINVAL');
    const reply = this.deviceReply();
    const { fields } = vfioDeviceInfo;
    structure.setU32(fields.flags.offset, reply.flags(this.flags()));
    structure.setU32(fields.num_regions.offset, this.numRegions());
    structure.setU32(fields.num_irqs.offset, this.numIrqs());
    if (this.presentation.knowsCapabilities || reply.capabilities.length > 0) this.writeDeviceReply(reply, structure);
    return 0;
  }

  deviceReply(): InfoReply {
    return new InfoReply(DEVICE_INFO_LAYOUT, this.capabilities());
  }

  writeDeviceReply(reply: InfoReply, structure: UserStructure): void {
    reply.write(structure);
  }

  regionInfo(structure: UserStructure): number {
    const { fields } = vfioRegionInfo;
    if (structure.u32(0) < REGION_INFO_LAYOUT.minimum) return fail('EINVAL');
    const index = structure.u32(fields.index.offset);
    const region = this.regionFor(index);
    if (region === undefined) return fail('EINVAL');
    const reply = new InfoReply(REGION_INFO_LAYOUT, region.capabilities());
    structure.setU32(fields.flags.offset, reply.flags(region.flags()));
    structure.setU64(fields.size.offset, BigInt(region.size()));
    structure.setU64(fields.offset.offset, BigInt(index) << REGION_SHIFT);
    this.writeRegionReply(reply, structure);
    return 0;
  }

  writeRegionReply(reply: InfoReply, structure: UserStructure): void {
    reply.write(structure);
  }

  /** The region that an index names; undefined where it is refused. */
  regionFor(index: number): Region | undefined {
    return this.regions().get(index);
  }

  irqInfo(structure: UserStructure): number {
    const { fields } = vfioIrqInfo;
    if (structure.u32(0) < vfioIrqInfo.size) return fail('EINVAL');
    const irq = this.irqFor(structure.u32(fields.index.offset));
    if (irq === undefined) return fail('EINVAL');
    structure.setU32(fields.flags.offset, irq.flags);
    structure.setU32(fields.count.offset, irq.count);
    return 0;
  }

  irqFor(index: number): IrqIndex | undefined {
    return this.irqs().find((irq) => irq.index === index);
  }
}
