/** The memory that a LocalHost has mapped: mmap, munmap, and what keeps a stale reference from touching anything. */
import { type HostMemory, HostMisuse, type Protection, type SyscallResult } from '../vfio-host';
import { type Libc, MAP_FAILED, MAX_VIEW_LENGTH } from './libc';
import { LendableMemory, LocalMemory } from './memory';

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 0x01;
const MAP_PRIVATE = 0x02;
const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = 0x20;
const MAP_NORESERVE = process.arch === 'ppc64' ? 0x40 : 0x4000;
const MAP_POPULATE = 0x8000;
const MADV_DONTFORK = 10;

const READ_WRITE: Protection = { read: true, write: true };

export class Mappings {
  readonly #live = new Set<LocalMemory>();
  /** Really unmaps what was lent as bytes, once nobody holds those any more. */
  readonly #returned: FinalizationRegistry<{ readonly address: bigint; readonly length: number }>;

  constructor(readonly libc: Libc) {
    this.#returned = new FinalizationRegistry(({ address, length }) => libc.munmap(address, length));
  }

  device(fd: number, length: number, offset: bigint, protection: Protection): HostMemory | SyscallResult {
    return this.#map('device', length, protection, MAP_SHARED, fd, offset);
  }

  /**
   * Private anonymous memory, which is what a virtual machine monitor gives a device unless told otherwise, so that drivers are met
   * on the path they are used on. Private memory has two traps, both closed here:
   * - A page that was never written is the kernel's one page of zeros. An IOMMU mapping without WRITE would pin that one (before
   *   Linux 6.2), and what is written afterwards would go to another page, which the device does not see. MAP_POPULATE writes
   *   to every page first.
   * - fork() makes pages copy-on-write, and the copy can be the one that the device does not see. MADV_DONTFORK keeps them out of
   *   children.
   */
  anonymous(length: number): HostMemory | SyscallResult {
    const memory = this.#map('anonymous', length, READ_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0n);
    if (typeof memory !== 'number') {
      this.libc.madvise(memory.address, memory.length, MADV_DONTFORK);
    }
    return memory;
  }

  /** The memory as this host's own. @throws HostMisuse when it is not, or no longer. */
  own(memory: HostMemory): LocalMemory {
    if (!(memory instanceof LocalMemory)) {
      throw new HostMisuse('the memory belongs to another host');
    }
    if (!this.#live.has(memory)) {
      throw new HostMisuse(memory.live ? 'the memory belongs to another host' : 'the memory is used after munmap');
    }
    return memory;
  }

  /** True when the range lies inside one live piece of memory. */
  covers(address: bigint, length: bigint): boolean {
    for (const memory of this.#live) {
      if (address >= memory.address && address + length <= memory.address + BigInt(memory.length)) {
        return true;
      }
    }
    return false;
  }

  munmap(memory: LocalMemory): SyscallResult {
    const { lent, address, length } = memory;
    if (lent === undefined || !this.#replace(address, length)) {
      if (this.libc.munmap(address, length) < 0) {
        return -this.libc.errno();
      }
    } else {
      this.#returned.register(lent, { address, length });
    }
    memory.end();
    this.#live.delete(memory);
    return 0;
  }

  unmapAll(): void {
    for (const memory of [...this.#live].reverse()) {
      this.munmap(memory);
    }
  }

  /**
   * Ends the mapping by putting empty memory in its place, in one step. Bytes that were lent cannot be taken back; this way a stale use
   * of them finds zeros instead of a SIGSEGV, or, worse, whatever was mapped there next.
   */
  #replace(address: bigint, length: number): boolean {
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;
    return this.libc.mmap(address, length, PROT_READ | PROT_WRITE, flags, -1, 0n) === address;
  }

  #map(
    kind: HostMemory['kind'],
    length: number,
    protection: Protection,
    flags: number,
    fd: number,
    offset: bigint,
  ): HostMemory | SyscallResult {
    if (!Number.isInteger(length) || length < 0 || length > MAX_VIEW_LENGTH) {
      throw new HostMisuse(`cannot map ${length} bytes: 0 to ${MAX_VIEW_LENGTH} at a time`);
    }
    const prot = (protection.read ? PROT_READ : 0) | (protection.write ? PROT_WRITE : 0);
    const address = this.libc.mmap(null, length, prot, flags, fd, offset);
    if (address === MAP_FAILED) {
      return -this.libc.errno();
    }
    const Memory = protection.read && protection.write ? LendableMemory : LocalMemory;
    const wordwise = kind === 'device' && process.arch !== 'x64';
    const memory = new Memory(kind, address, this.libc.view(address, length), protection, wordwise);
    this.#live.add(memory);
    return memory;
  }
}
