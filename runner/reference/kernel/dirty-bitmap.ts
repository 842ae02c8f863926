/**
 * The dirty bitmap of one mapping, with the arithmetic of vfio_iommu_type1: bit n is page n of the mapping. One u64 word more than needed
 * is kept, for the shift that joins mappings which do not start on a word; bits shifted beyond the mapping's pages stay there, as they do in Linux.
 */
export class DirtyBitmap {
  private readonly bytes: Uint8Array;

  constructor(private readonly pages: number) {
    this.bytes = new Uint8Array(bitmapBytes(pages) + 8);
  }

  set(first: number, count: number): void {
    setBits(this.bytes, first, count);
  }

  setAll(): void {
    this.set(0, this.pages);
  }

  /** Forgets the pages; leftover bits past the last page stay. */
  clear(): void {
    const whole = this.pages >> 3;
    this.bytes.fill(0, 0, whole);
    const rest = this.pages & 7;
    if (rest > 0) this.bytes[whole] = (this.bytes[whole] ?? 0) & ~((1 << rest) - 1);
  }

  /**
   * The whole words to be copied to the user for a mapping whose first page is bit `shift` of its first word; `before` is what the user's first
   * word holds already (bits of the mapping before it). Bytes are in little-endian word order.
   */
  joined(shift: number, before: Uint8Array): Uint8Array {
    const length = bitmapBytes(this.pages + shift);
    if (shift > 0) {
      shiftLeft(this.bytes, shift, length);
      for (let at = 0; at < 8; at++) this.bytes[at] = (this.bytes[at] ?? 0) | (before[at] ?? 0);
    }
    return this.bytes.subarray(0, length);
  }
}

/** DIRTY_BITMAP_BYTES(): whole u64 words for so many pages. */
export function bitmapBytes(pages: number): number {
  return Math.ceil(pages / 64) * 8;
}

function setBits(bytes: Uint8Array, first: number, count: number): void {
  let at = first;
  const end = first + count;
  while (at < end && (at & 7) !== 0) setBit(bytes, at++);
  const whole = (end - at) >> 3;
  bytes.fill(0xff, at >> 3, (at >> 3) + whole);
  at += whole * 8;
  while (at < end) setBit(bytes, at++);
}

function setBit(bytes: Uint8Array, bit: number): void {
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (1 << (bit & 7));
}

function shiftLeft(bytes: Uint8Array, shift: number, length: number): void {
  const whole = shift >> 3;
  const part = shift & 7;
  for (let at = length - 1; at >= 0; at--) {
    const high = bytes[at - whole] ?? 0;
    const low = bytes[at - whole - 1] ?? 0;
    bytes[at] = part === 0 ? high : ((high << part) | (low >> (8 - part))) & 0xff;
  }
}
