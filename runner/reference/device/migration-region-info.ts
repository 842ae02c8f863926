import { VFIO_REGION_INFO_FLAG_MMAP } from '../../abi/structures/vfio-region-info';
import {
  VFIO_REGION_SUBTYPE_MIGRATION,
  VFIO_REGION_TYPE_MIGRATION,
} from '../../abi/structures/vfio-region-info-cap-type';
import { fail } from '../kernel/errno';
import type { Capability } from '../kernel/info-chain';
import type { DeviceMapping } from '../kernel/open-file';
import type { MappableArea } from './data-section';
import type { MigrationRegion } from './migration-region';
import { READ_WRITE, type Region, sparseCapability, typeCapability } from './region';

/** How the migration region presents itself: TYPE 3/1, and SPARSE_MMAP where some of its data section may be mapped. */
export class MigrationRegionInfo implements Region {
  constructor(readonly region: MigrationRegion) {}

  flags(): number {
    return this.areas().length > 0 ? READ_WRITE | VFIO_REGION_INFO_FLAG_MMAP : READ_WRITE;
  }

  size(): number {
    return this.region.section.regionSize;
  }

  type(): { type: number; subtype: number } {
    return { type: VFIO_REGION_TYPE_MIGRATION, subtype: VFIO_REGION_SUBTYPE_MIGRATION };
  }

  /** The areas that the user is told it may map. */
  areas(): MappableArea[] {
    return this.region.section.mappableAreas();
  }

  capabilities(): Capability[] {
    const { order } = this.region;
    const { type, subtype } = this.type();
    const areas = this.areas();
    const chain = [typeCapability(type, subtype, order)];
    if (areas.length > 0) chain.push(sparseCapability(areas, order));
    return chain;
  }

  read(offset: number, into: Uint8Array): number {
    return this.region.read(offset, into);
  }

  write(offset: number, from: Uint8Array): number {
    return this.region.write(offset, from);
  }

  mmap(offset: number, length: number): DeviceMapping | number {
    return this.mayMap(offset, length) ? this.mapping(offset, length) : fail('EINVAL');
  }

  /** Whether a mapping lies inside one of the areas. */
  mayMap(offset: number, length: number): boolean {
    const areas = this.region.section.mappableAreas();
    return areas.some((area) => offset >= area.offset && offset + length <= area.offset + area.size);
  }

  mapping(offset: number, length: number): DeviceMapping {
    return { bytes: this.region.section.memory.subarray(offset, offset + length) };
  }
}
