/** One stretch of the simulated process's address space. */
export interface MemoryRange {
  readonly address: bigint;
  readonly bytes: Uint8Array;
}

const FIRST_ADDRESS = 0x7f00_0000_0000n;
/** User space ends here on the simulated host: what lies above is refused before it is touched (access_ok). */
export const USER_SPACE_END = 1n << 47n;

/** The simulated process's memory: allocations with addresses of their own, a hole after each of them. */
export class MemoryStore {
  private next = FIRST_ADDRESS;
  private readonly ranges = new Map<bigint, MemoryRange>();

  constructor(private readonly pageSize: number) {}

  allocate(length: number): MemoryRange {
    const page = BigInt(this.pageSize);
    const pages = (BigInt(length) + page - 1n) / page;
    const range: MemoryRange = { address: this.next, bytes: new Uint8Array(Number(pages * page)) };
    this.next += (pages + 1n) * page;
    this.ranges.set(range.address, range);
    return range;
  }

  /** An address for memory that is not the process's own (a mapped device region). */
  reserve(length: number): bigint {
    const page = BigInt(this.pageSize);
    const address = this.next;
    this.next += ((BigInt(length) + page - 1n) / page + 1n) * page;
    return address;
  }

  release(address: bigint): boolean {
    return this.ranges.delete(address);
  }

  /** The bytes at an address, or undefined when any of them is not mapped (EFAULT). */
  at(address: bigint, length: number): Uint8Array | undefined {
    for (const range of this.ranges.values()) {
      const offset = address - range.address;
      if (offset < 0n || offset + BigInt(length) > BigInt(range.bytes.length)) continue;
      return range.bytes.subarray(Number(offset), Number(offset) + length);
    }
    return undefined;
  }

  clear(): void {
    this.ranges.clear();
  }
}

/** access_ok(): whether an address range lies in user space at all. */
export function inUserSpace(address: bigint, length: bigint): boolean {
  return address + length <= USER_SPACE_END;
}
