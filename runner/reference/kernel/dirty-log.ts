import type { ByteOrder } from '../../abi/byte-order';
import { bitmapBytes } from './dirty-bitmap';
import { type DmaMapping, type DmaMappings, newBitmap, pageCount } from './dma-mapping';
import { fail } from './errno';
import type { MemoryStore } from './memory-store';

/** DIRTY_BITMAP_PAGES_MAX of vfio_iommu_type1: INT_MAX pages. */
const MAX_PAGES = 0x7fff_ffffn;
/** DIRTY_BITMAP_SIZE_MAX: 256 MiB. */
export const MAX_DIRTY_BITMAP_BYTES = 1n << 28n;

/** What the log has to know of its container. */
export interface DirtyLogEnvironment {
  readonly order: ByteOrder;
  readonly memory: MemoryStore;
  readonly mappings: DmaMappings;
  /** Bytes of the smallest page. */
  pageSize(): bigint;
  /** True when the container holds a device behind an IOMMU, whose writes nobody sees. */
  unseenWriters(): boolean;
}

/** Dirty page logging of a type1v2 container. Answers are 0 or -errno. */
export class DirtyLog {
  private logging = false;

  constructor(readonly environment: DirtyLogEnvironment) {}

  get enabled(): boolean {
    return this.logging;
  }

  start(): number {
    if (this.logging) return 0;
    const { mappings, pageSize } = this.pages();
    if (mappings.some((mapping) => mapping.size / pageSize > MAX_PAGES)) return fail('EINVAL');
    for (const mapping of mappings) mapping.bitmap = newBitmap(mapping, pageSize);
    this.logging = true;
    return 0;
  }

  stop(): number {
    this.logging = false;
    for (const mapping of this.environment.mappings.all()) mapping.bitmap = undefined;
    return 0;
  }

  /** A mapping was made: it is logged too. */
  mapped(mapping: DmaMapping): number {
    if (!this.logging) return 0;
    const pageSize = this.environment.pageSize();
    if (mapping.size / pageSize > MAX_PAGES) return fail('EINVAL');
    mapping.bitmap = newBitmap(mapping, pageSize);
    return 0;
  }

  /** The device wrote `length` bytes at `offset` into a mapping. */
  written(mapping: DmaMapping, offset: bigint, length: number): void {
    if (!this.logging || mapping.bitmap === undefined || length === 0) return;
    const pageSize = this.environment.pageSize();
    const first = offset / pageSize;
    const last = (offset + BigInt(length) - 1n) / pageSize;
    this.mark(mapping, Number(first), Number(last - first) + 1);
  }

  mark(mapping: DmaMapping, firstPage: number, count: number): void {
    mapping.bitmap?.set(firstPage, count);
  }

  /** verify_bitmap_size(): whether a bitmap of `size` bytes can take `pages` pages. */
  sizeFits(pages: bigint, size: bigint): boolean {
    if (pages === 0n || size === 0n || size > MAX_DIRTY_BITMAP_BYTES) return false;
    return pages <= MAX_PAGES + 1n && size >= BigInt(bitmapBytes(Number(pages)));
  }

  /** GET_BITMAP, after the checks of its arguments. */
  getBitmap(iova: bigint, size: bigint, data: bigint): number {
    if (!this.logging) return fail('EINVAL');
    if (this.environment.mappings.cutBy(iova, size)) return fail('EINVAL');
    for (const mapping of this.environment.mappings.all()) {
      if (mapping.iova < iova) continue;
      if (mapping.iova > iova + size - 1n) break;
      const result = this.copyBitmap(mapping, iova, data);
      if (result < 0) return result;
      this.reported(mapping);
    }
    return 0;
  }

  /** The mapping's pages have been reported: what is written from now on counts. */
  reported(mapping: DmaMapping): void {
    mapping.bitmap?.clear();
  }

  /** update_user_bitmap(): copies one mapping's bits in whole words into the bitmap of a range that starts at `base`. */
  copyBitmap(mapping: DmaMapping, base: bigint, data: bigint): number {
    const bitmap = mapping.bitmap;
    if (bitmap === undefined) return 0;
    if (this.environment.unseenWriters() && mapping.iommuMapped) bitmap.setAll();
    const { pageSize } = this.pages();
    const firstBit = this.firstBit(mapping, base);
    const address = data + (firstBit / 64n) * 8n;
    const shift = Number(firstBit % 64n);
    const before = this.environment.memory.at(address, 8);
    if (shift > 0 && before === undefined) return fail('EFAULT');
    const words = bitmap.joined(shift, this.inWordOrder(before ?? new Uint8Array(8)));
    const target = this.environment.memory.at(address, bitmapBytes(pageCount(mapping, pageSize) + shift));
    if (target === undefined) return fail('EFAULT');
    target.set(this.inWordOrder(words));
    return 0;
  }

  /** The bit of a mapping's first page in the bitmap of a range that starts at `base`. */
  firstBit(mapping: DmaMapping, base: bigint): bigint {
    return (mapping.iova - base) / this.environment.pageSize();
  }

  /** u64 words between little-endian order and the host's own. */
  inWordOrder(words: Uint8Array): Uint8Array {
    if (this.environment.order === 'little') return words;
    const swapped = new Uint8Array(words.length);
    for (let at = 0; at < words.length; at++) swapped[at ^ 7] = words[at] ?? 0;
    return swapped;
  }

  private pages(): { mappings: readonly DmaMapping[]; pageSize: bigint } {
    return { mappings: this.environment.mappings.all(), pageSize: this.environment.pageSize() };
  }
}
