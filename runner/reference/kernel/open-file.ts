/** What an ioctl is given: a structure in the caller's memory, or a plain number. */
export type IoctlArgument = Uint8Array | bigint | number | undefined;

/** A part of a device region that the driver lets the process map. */
export interface DeviceMapping {
  /** The memory behind the mapping, for devices whose mapped area is plain memory. */
  readonly bytes: Uint8Array;
  /** Called before each access; throws MemoryFault where the memory behind the mapping refuses. */
  readonly check?: (at: number, width: number) => void;
}

/** One open file of the simulated kernel. Every answer is a value >= 0 or -errno. */
export interface OpenFile {
  ioctl(request: number, argument: IoctlArgument): number;
  pread(into: Uint8Array, offset: bigint): number;
  pwrite(from: Uint8Array, offset: bigint): number;
  read(into: Uint8Array): number;
  mmap(length: number, offset: bigint, write: boolean): DeviceMapping | number;
  /** Readable at once (POLLIN). */
  readonly ready: boolean;
  /** close(2) of the last descriptor. */
  release(): void;
}
