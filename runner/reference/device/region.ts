import type { ByteOrder } from '../../abi/byte-order';
import {
  VFIO_REGION_INFO_CAP_SPARSE_MMAP,
  VFIO_REGION_INFO_CAP_TYPE,
  VFIO_REGION_INFO_FLAG_READ,
  VFIO_REGION_INFO_FLAG_WRITE,
} from '../../abi/structures/vfio-region-info';
import { encodeSparseMmap } from '../../abi/structures/vfio-region-info-cap-sparse-mmap';
import { vfioRegionInfoCapType } from '../../abi/structures/vfio-region-info-cap-type';
import { fail } from '../kernel/errno';
import { CAPABILITY_HEADER_SIZE, type Capability } from '../kernel/info-chain';
import type { DeviceMapping } from '../kernel/open-file';
import type { MappableArea } from './data-section';

/** One region of a device, as VFIO_DEVICE_GET_REGION_INFO, read(), write() and mmap() see it. */
export interface Region {
  flags(): number;
  size(): number;
  capabilities(): Capability[];
  read(offset: number, into: Uint8Array): number;
  write(offset: number, from: Uint8Array): number;
  mmap(offset: number, length: number): DeviceMapping | number;
}

export const READ_WRITE = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;

/** A region that is not implemented: size 0, and nothing can be done with it. */
export class EmptyRegion implements Region {
  flags(): number {
    return 0;
  }

  size(): number {
    return 0;
  }

  capabilities(): Capability[] {
    return [];
  }

  read(_offset: number, _into: Uint8Array): number {
    return fail('EINVAL');
  }

  write(_offset: number, _from: Uint8Array): number {
    return fail('EINVAL');
  }

  mmap(_offset: number, _length: number): DeviceMapping | number {
    return fail('EINVAL');
  }
}

/** What a trapped region does with an access that begins inside it. */
export interface Access {
  read(offset: number, into: Uint8Array): number;
  write(offset: number, from: Uint8Array): number;
}

/** A region that can be read and written but not mapped. */
export class TrappedRegion extends EmptyRegion {
  constructor(
    private readonly length: number,
    private readonly access: Access,
    private readonly chain: Capability[] = [],
  ) {
    super();
  }

  override flags(): number {
    return READ_WRITE;
  }

  override size(): number {
    return this.length;
  }

  override capabilities(): Capability[] {
    return this.chain;
  }

  override read(offset: number, into: Uint8Array): number {
    return offset < this.length ? this.access.read(offset, into.subarray(0, this.length - offset)) : fail('EINVAL');
  }

  override write(offset: number, from: Uint8Array): number {
    return offset < this.length ? this.access.write(offset, from.subarray(0, this.length - offset)) : fail('EINVAL');
  }
}

/** Plain memory that the device never looks at. */
export function memoryAccess(bytes: Uint8Array): Access {
  return {
    read(offset, into) {
      into.set(bytes.subarray(offset, offset + into.length));
      return into.length;
    },
    write(offset, from) {
      bytes.set(from, offset);
      return from.length;
    },
  };
}

export function typeCapability(type: number, subtype: number, order: ByteOrder): Capability {
  const structure = vfioRegionInfoCapType.encode({ type, subtype }, order);
  return { id: VFIO_REGION_INFO_CAP_TYPE, version: 1, body: structure.subarray(CAPABILITY_HEADER_SIZE) };
}

export function sparseCapability(areas: readonly MappableArea[], order: ByteOrder): Capability {
  const wide = areas.map((area) => ({ offset: BigInt(area.offset), size: BigInt(area.size) }));
  const structure = encodeSparseMmap(1, 0, wide, order);
  return { id: VFIO_REGION_INFO_CAP_SPARSE_MMAP, version: 1, body: structure.subarray(CAPABILITY_HEADER_SIZE) };
}
