import type { DmaMapping } from './dma-mapping';
import { fail } from './errno';
import type { Type1Iommu } from './type1-iommu';

/** A device's way into its user's memory, by IO virtual address (vfio_dma_rw() for a mediated device, the IOMMU for others). */
export class DmaAccess {
  constructor(
    private readonly iommu: () => Type1Iommu | undefined,
    private readonly mediated: boolean,
  ) {}

  /** Writes through all the mappings that the range covers: 0 or -errno, with everything before the failing place written. */
  write(iova: bigint, bytes: Uint8Array): number {
    return this.walk(iova, bytes.length, true, (memory, mapping, offset, at) => {
      memory.set(bytes.subarray(at, at + memory.length));
      this.report(mapping, offset, memory.length);
    });
  }

  read(iova: bigint, into: Uint8Array): number {
    return this.walk(iova, into.length, false, (memory, _mapping, _offset, at) => into.set(memory, at));
  }

  /** Tells the dirty log of a write; what an IOMMU carries goes unseen. */
  report(mapping: DmaMapping, offset: bigint, length: number): void {
    if (this.mediated) this.iommu()?.log.written(mapping, offset, length);
  }

  private walk(
    iova: bigint,
    length: number,
    write: boolean,
    move: (memory: Uint8Array, mapping: DmaMapping, offset: bigint, at: number) => void,
  ): number {
    const iommu = this.iommu();
    if (iommu === undefined) return fail('EINVAL');
    for (let at = 0; at < length; ) {
      const mapping = iommu.mappings.find(iova + BigInt(at), 1n);
      if (mapping === undefined) return fail('EINVAL');
      if (!this.allowed(mapping, write)) return fail('EPERM');
      const offset = iova + BigInt(at) - mapping.iova;
      const left = mapping.size - offset;
      const count = left < BigInt(length - at) ? Number(left) : length - at;
      const memory = iommu.options.memory.at(mapping.vaddr + offset, count);
      if (memory === undefined) return fail('EFAULT');
      move(memory, mapping, offset, at);
      at += count;
    }
    return 0;
  }

  /** vfio_dma_rw() wants READ even for writing; an IOMMU checks just the access. */
  private allowed(mapping: DmaMapping, write: boolean): boolean {
    if (this.mediated) return mapping.read && (!write || mapping.write);
    return write ? mapping.write : mapping.read;
  }
}
