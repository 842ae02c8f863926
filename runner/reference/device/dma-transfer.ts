import type { DmaAccess } from '../kernel/dma-access';
import { DMA_PATTERN, DMA_TO_MEMORY } from './engine';
import type { InternalState } from './internal-state';

/** Device memory as the DMA registers address it, and as BAR0 shows it. */
export const DEVICE_MEMORY_BASE = 0x40000;
/** One command moves at most this much. */
export const MAX_DMA_BYTES = 16 * 1024 * 1024;

/** Moves bytes between device memory and the user's memory, by IO virtual address. */
export class DmaTransfer {
  /** 0 after a good transfer, else what went wrong: 1 addresses, 2 the IOMMU refused. */
  lastError = 0;

  constructor(
    private readonly state: InternalState,
    private readonly access: () => DmaAccess | undefined,
    private readonly busMaster: () => boolean,
  ) {}

  /** Carries out what the registers say; a device that may not master the bus does nothing. */
  run(): void {
    if (!this.busMaster()) return;
    const { dmaCommand, dmaCount, dmaDestination, dmaSource } = this.state.registers;
    if (dmaCount === 0n || dmaCount > BigInt(MAX_DMA_BYTES)) {
      this.lastError = 1;
      return;
    }
    const count = Number(dmaCount);
    if ((dmaCommand & DMA_PATTERN) !== 0) this.toMemory(dmaDestination, this.pattern(count));
    else if ((dmaCommand & DMA_TO_MEMORY) !== 0) this.fromDevice(dmaSource, dmaDestination, count);
    else this.fromMemory(dmaSource, dmaDestination, count);
  }

  /** The pattern register's eight bytes, lowest first, again and again. */
  pattern(count: number): Uint8Array {
    const word = new DataView(new ArrayBuffer(8));
    word.setBigUint64(0, this.state.registers.dmaPattern, true);
    const bytes = new Uint8Array(count);
    for (let at = 0; at < count; at++) bytes[at] = word.getUint8(at & 7);
    return bytes;
  }

  toMemory(iova: bigint, bytes: Uint8Array): void {
    this.lastError = (this.access()?.write(iova, bytes) ?? -1) < 0 ? 2 : 0;
  }

  private fromDevice(source: bigint, iova: bigint, count: number): void {
    const at = this.deviceAddress(source, count);
    if (at === undefined) this.lastError = 1;
    else this.toMemory(iova, this.state.read(at, count));
  }

  private fromMemory(iova: bigint, destination: bigint, count: number): void {
    const at = this.deviceAddress(destination, count);
    if (at === undefined) {
      this.lastError = 1;
      return;
    }
    const bytes = new Uint8Array(count);
    this.lastError = (this.access()?.read(iova, bytes) ?? -1) < 0 ? 2 : 0;
    if (this.lastError === 0) this.state.write(at, bytes);
  }

  private deviceAddress(address: bigint, count: number): number | undefined {
    const at = address - BigInt(DEVICE_MEMORY_BASE);
    return at >= 0n && at + BigInt(count) <= BigInt(this.state.size) ? Number(at) : undefined;
  }
}
