/**
 * Addresses inside ioctl structures: what MAP_DMA lets a device write to, and where the kernel writes a dirty bitmap.
 *
 * An address that is not memory of this host would let the device or the kernel write over the kit itself. Addresses that can be
 * nobody's memory are let through, because the kernel's refusal of them is worth testing.
 */
import {
  type ByteOrder,
  VFIO_DMA_MAP_FLAG_READ,
  VFIO_DMA_MAP_FLAG_VADDR,
  VFIO_DMA_MAP_FLAG_WRITE,
  VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP,
  VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP,
  vfioBitmap,
  vfioIommuType1DirtyBitmap,
  vfioIommuType1DirtyBitmapGet,
  vfioIommuType1DmaMap,
  vfioIommuType1DmaUnmap,
} from '../../abi';
import type { ArgumentRule } from './ioctl-arguments';

export interface AddressRange {
  /** `vfio_bitmap.data`, for messages. */
  readonly field: string;
  readonly address: bigint;
  /** Bytes. */
  readonly length: bigint;
}

/** Without any of these the kernel refuses the call. */
const GRANTS = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE | VFIO_DMA_MAP_FLAG_VADDR;

/** The range that this call hands out; undefined when it hands out none. The buffer has passed IoctlArguments.check. */
export function embeddedRange(rule: ArgumentRule, buffer: Uint8Array, order: ByteOrder): AddressRange | undefined {
  switch (rule.name) {
    case 'VFIO_IOMMU_MAP_DMA': {
      const { flags, vaddr, size } = vfioIommuType1DmaMap.decode(buffer, order);
      return (flags & GRANTS) !== 0 ? plausible('vfio_iommu_type1_dma_map.vaddr', vaddr, size) : undefined;
    }
    case 'VFIO_IOMMU_UNMAP_DMA': {
      const { flags } = vfioIommuType1DmaUnmap.decode(buffer, order);
      return (flags & VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP) === 0
        ? undefined
        : bitmapAt(buffer, vfioIommuType1DmaUnmap.size, order);
    }
    case 'VFIO_IOMMU_DIRTY_PAGES': {
      const { flags } = vfioIommuType1DirtyBitmap.decode(buffer, order);
      const bitmap = vfioIommuType1DirtyBitmap.size + vfioIommuType1DirtyBitmapGet.fields.bitmap.offset;
      return (flags & VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP) === 0 ? undefined : bitmapAt(buffer, bitmap, order);
    }
    default:
      return undefined;
  }
}

function bitmapAt(buffer: Uint8Array, at: number, order: ByteOrder): AddressRange | undefined {
  if (buffer.length < at + vfioBitmap.size) {
    // argsz is no larger than the buffer, so the kernel refuses the call before it looks for a bitmap.
    return undefined;
  }
  const { size, data } = vfioBitmap.decode(buffer, order, at);
  return plausible('vfio_bitmap.data', data, size);
}

/** Linux maps nothing below this (vm.mmap_min_addr) nor in the upper half of the address space. */
const LOWEST = 0x1_0000n;
const HIGHEST = 1n << 63n;

function plausible(field: string, address: bigint, length: bigint): AddressRange | undefined {
  const end = address + length;
  return length === 0n || end <= LOWEST || address >= HIGHEST || end > 1n << 64n
    ? undefined
    : { field, address, length };
}
