/** Memory of an agent, as the kit knows it: where it is, how long, and what may be done with it. The bytes stay there. */
import { type AccessWidth, type HostMemory, HostMisuse, type Protection } from '../vfio-host';

export class AgentMemory implements HostMemory {
  live = true;

  constructor(
    readonly kind: HostMemory['kind'],
    /** The agent's own name for it. */
    readonly slot: number,
    readonly address: bigint,
    readonly length: number,
    private readonly protection: Protection,
  ) {}

  /** @throws HostMisuse when the access is not allowed, not aligned or not inside. */
  checkAccess(direction: keyof Protection, at: number, width: AccessWidth): void {
    if (![1, 2, 4, 8].includes(width)) throw new HostMisuse(`${width} is no access width: 1, 2, 4 or 8 bytes`);
    if (!Number.isInteger(at) || at % width !== 0)
      throw new HostMisuse(`an access of ${width} bytes at ${at} is not aligned`);
    this.checkRange(direction, at, width);
  }

  /** @throws HostMisuse */
  checkRange(direction: keyof Protection, at: number, length: number): void {
    if (!this.live) throw new HostMisuse(`${this.kind} memory of ${this.length} bytes is used after munmap`);
    if (!this.protection[direction])
      throw new HostMisuse(`the memory is not mapped for ${direction === 'read' ? 'reading' : 'writing'}`);
    if (!Number.isInteger(at) || at < 0 || at + length > this.length)
      throw new HostMisuse(`${length} bytes at ${at} are not inside memory of ${this.length} bytes`);
  }

  covers(address: bigint, length: bigint): boolean {
    return address >= this.address && address + length <= this.address + BigInt(this.length);
  }
}

/** The largest value that fits. */
export function largest(width: AccessWidth): bigint {
  return (1n << BigInt(8 * width)) - 1n;
}
