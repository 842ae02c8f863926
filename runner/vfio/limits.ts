/** Bounds that hold whatever a device says. A device that needs more is told so; it is never followed without end. */
export interface Limits {
  /** Regions and IRQ indexes looked at, however many the device claims. */
  readonly maxRegions: number;
  readonly maxIrqs: number;
  /** Interrupt vectors of one index that get an eventfd. */
  readonly maxVectors: number;
  /** Largest buffer given to an INFO ioctl, in bytes, and how often it is called again with a larger one. */
  readonly maxInfoBytes: number;
  readonly maxInfoRounds: number;
  /** Sparse areas or IOVA ranges taken from one capability. */
  readonly maxAreas: number;
  /** One device's saved state, in bytes, over all its buffers. */
  readonly maxStateBytes: bigint;
  /** Buffers of one save. */
  readonly maxBuffers: number;
  /** One buffer of the data section, in bytes. */
  readonly maxBufferBytes: bigint;
  /** System calls of one transfer of a buffer. */
  readonly maxPieces: number;
  /** One mapping of a region, in bytes. */
  readonly maxMappingBytes: bigint;
  /** One dirty bitmap, in bytes: the kernel's own largest. */
  readonly maxBitmapBytes: bigint;
  /** Interrupted calls (EINTR) tried again. */
  readonly maxInterruptions: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxRegions: 256,
  maxIrqs: 256,
  maxVectors: 2048,
  maxInfoBytes: 64 * 1024,
  maxInfoRounds: 4,
  maxAreas: 1024,
  maxStateBytes: 1n << 30n,
  maxBuffers: 1_000_000,
  maxBufferBytes: 64n << 20n,
  maxPieces: 64 << 20,
  maxMappingBytes: 1n << 30n,
  maxBitmapBytes: 1n << 28n,
  maxInterruptions: 16,
};

/** The largest that may be asked for by a profile or the command line. */
export const HARD_MAX_STATE_BYTES = 16n << 30n;
