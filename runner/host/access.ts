/** Access: one call of the VfioHost port as listeners see it. */
import type { AccessWidth, HostMemory } from './vfio-host';

export type WatchedCall =
  | 'open'
  | 'close'
  | 'ioctl'
  | 'pread'
  | 'pwrite'
  | 'read'
  | 'mmap'
  | 'munmap'
  | 'allocate'
  | 'load'
  | 'store'
  | 'peek'
  | 'poke'
  | 'eventfd'
  | 'poll';

/** One call. The object is new for each call and may be kept; `data` may not, because it is the caller's own buffer. */
export interface Access {
  /** From 1, without gaps, in the order in which the calls began. */
  readonly sequence: number;
  readonly call: WatchedCall;
  /** The host's clock, in milliseconds. */
  readonly startedMs: number;
  /** -1 for calls without a descriptor. For poll the first one. */
  readonly fd: number;
  /** open. */
  readonly path?: string | undefined;
  /** ioctl. */
  readonly request?: number | undefined;
  /** pread, pwrite and mmap: in the file. */
  readonly offset?: bigint | undefined;
  /** Bytes asked for; for an ioctl those of its buffer; for poll the number of descriptors. */
  readonly length: number;
  /** load, store, peek, poke, munmap; mmap and allocate once they succeeded. */
  readonly memory?: HostMemory | undefined;
  /** load, store, peek, poke: bytes from the start of the memory. */
  readonly at?: number | undefined;
  /** load, store. */
  readonly width?: AccessWidth | undefined;
  /** A copy of the ioctl's buffer as it was before the call: at most SENT_LIMIT bytes. A pwrite leaves its buffer as it is. */
  readonly sent?: Uint8Array | undefined;
  /** The caller's own buffer, whole; in `after` with what the call left in it. Listeners copy what they keep and change nothing. */
  readonly data?: Uint8Array | undefined;
  /** What was stored; what was loaded (in `after`); an ioctl's argument where it is no buffer. */
  readonly value?: bigint | undefined;
  /**
   * >= 0, or -errno; 0 in `before`, and for calls without a result. mmap and allocate: 0 when they succeeded. poll: how many are
   * ready. -EIO when `thrown` is set: then nobody answered.
   */
  readonly result: number;
  /** poll, when it succeeded. */
  readonly readyFds?: readonly number[] | undefined;
  /** What the call threw instead of answering: MemoryFault, DeviceHang, HostMisuse (the kit's own mistake), HostLost. */
  readonly thrown?: Error | undefined;
}

/** Hears of every call of a WatchedHost. What a listener throws reaches the caller of the port. */
export interface AccessListener {
  before?(access: Access): void;
  after(access: Access): void;
}

/** Bytes. */
export const SENT_LIMIT = 256;

/** An Access in the making. All rows have the same shape from the start, which keeps them cheap. */
export class AccessRecord implements Access {
  path: string | undefined = undefined;
  request: number | undefined = undefined;
  offset: bigint | undefined = undefined;
  memory: HostMemory | undefined = undefined;
  at: number | undefined = undefined;
  width: AccessWidth | undefined = undefined;
  sent: Uint8Array | undefined = undefined;
  data: Uint8Array | undefined = undefined;
  value: bigint | undefined = undefined;
  result = 0;
  readyFds: readonly number[] | undefined = undefined;
  thrown: Error | undefined = undefined;

  constructor(
    readonly sequence: number,
    readonly call: WatchedCall,
    readonly startedMs: number,
    readonly fd: number,
    readonly length: number,
  ) {}
}
