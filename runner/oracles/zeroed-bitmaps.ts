/**
 * The kit's own memory, as far as it matters for dirty bitmaps: what is given for one holds zeros and is all there (header diff, lines
 * 350-351, 393-395).
 */
import {
  VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP,
  VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP,
  vfioBitmap,
  vfioIommuType1DirtyBitmap,
  vfioIommuType1DirtyBitmapGet,
  vfioIommuType1DmaUnmap,
} from '../abi';
import type { ClauseId } from '../language/scenario';
import { WITH_BITMAP_SIZE } from './dirty-call';
import { u32 } from './info-reply';
import type { Judge } from './judge';
import type { OracleFacts } from './oracle';
import type { ContainerView, IoctlExchange } from './views';

interface Allocation {
  readonly length: bigint;
  /** Addresses that have been written to since, in no order: first byte and the one behind the last. */
  readonly written: [from: bigint, to: bigint][];
}

/** Where struct vfio_bitmap stands in the two calls that carry one. */
const BITMAP_IN_GET = vfioIommuType1DirtyBitmap.size + vfioIommuType1DirtyBitmapGet.fields.bitmap.offset;
const BITMAP_IN_UNMAP = vfioIommuType1DmaUnmap.size;

export class ZeroedBitmaps {
  private readonly allocations = new Map<bigint, Allocation>();

  constructor(
    private readonly judge: Judge,
    private readonly facts: OracleFacts,
  ) {}

  allocated(address: bigint, length: number): void {
    this.allocations.set(address, { length: BigInt(length), written: [] });
  }

  written(address: bigint, length: number): void {
    const [start, allocation] = this.find(address) ?? [];
    if (start !== undefined) allocation?.written.push([address, address + BigInt(length)]);
  }

  freed(address: bigint): void {
    this.allocations.delete(address);
  }

  iommuCall(container: ContainerView, { name, sent, result }: IoctlExchange): void {
    const flags = u32(sent, 4, this.facts);
    const argsz = u32(sent, 0, this.facts) ?? 0;
    if (argsz < WITH_BITMAP_SIZE || sent.length < WITH_BITMAP_SIZE) return;
    if (name === 'VFIO_IOMMU_DIRTY_PAGES' && flags === VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP)
      this.given(container, 'DIRTY-ZEROED', sent, BITMAP_IN_GET, result);
    if (name === 'VFIO_IOMMU_UNMAP_DMA' && flags === VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP)
      this.given(container, 'UNMAP-ZEROED', sent, BITMAP_IN_UNMAP, result);
  }

  private given(container: ContainerView, clause: ClauseId, sent: Uint8Array, at: number, result: number): void {
    const { data, size } = vfioBitmap.decode(sent, this.facts.byteOrder, at);
    const [start, allocation] = this.find(data) ?? [];
    const end = data + size;
    const inside = start !== undefined && allocation !== undefined && end <= start + allocation.length;
    const clean = inside && !allocation.written.some(([from, to]) => from < end && to > data);
    // From now on the bitmap's bits are in it.
    if (inside && result >= 0) allocation.written.push([data, end]);
    if (container.provoked.size > 0) return;
    if (clean) this.judge.kept(clause);
    else
      this.judge.broken(clause, {
        expected: 'the memory for a bitmap holds zeros, and all of bitmap.size',
        observed: inside
          ? 'it had been written to before'
          : `${size} bytes at 0x${data.toString(16)} are not memory that the kit allocated`,
        hint: 'this is a fault of the kit or of the scenario',
      });
  }

  private find(address: bigint): [start: bigint, allocation: Allocation] | undefined {
    for (const [start, allocation] of this.allocations)
      if (address >= start && address < start + allocation.length) return [start, allocation];
    return undefined;
  }
}
