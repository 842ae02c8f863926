/**
 * Mapped memory with loads and stores of an exact width.
 *
 * A DataView and Buffer.readUInt32LE make four one-byte loads of one 32-bit read, and V8 drops a read whose value nobody uses. What
 * holds in the interpreter and in both compilers (tests/host/access-width.test.ts traps and counts it): Atomics.load is one plain
 * load of its width and is kept; an assignment to a typed array is one plain store. Atomics.store would be a locked exchange,
 * that is, a read as well.
 */
import { type AccessWidth, type HostMemory, HostMisuse, type Protection } from '../vfio-host';
import { copyIn, copyOut } from './wordwise-copy';

export class LocalMemory implements HostMemory {
  readonly length: number;
  readonly #protection: Protection;
  readonly #wordwise: boolean;
  /** Undefined after munmap: whoever comes later finds nothing that he could touch. */
  #views: Views | undefined;

  /**
   * @param buffer the mapping itself: all of its bytes, the first at `address`
   * @param wordwise peek and poke make aligned accesses only
   */
  constructor(
    readonly kind: HostMemory['kind'],
    readonly address: bigint,
    buffer: ArrayBuffer,
    protection: Protection,
    wordwise: boolean,
  ) {
    this.length = buffer.byteLength;
    this.#protection = protection;
    this.#wordwise = wordwise;
    this.#views = {
      u8: new Uint8Array(buffer),
      u16: new Uint16Array(buffer, 0, Math.floor(this.length / 2)),
      u32: new Uint32Array(buffer, 0, Math.floor(this.length / 4)),
      u64: new BigUint64Array(buffer, 0, Math.floor(this.length / 8)),
    };
  }

  get live(): boolean {
    return this.#views !== undefined;
  }

  /** The array buffer when somebody may still hold bytes of it, undefined when nobody can. */
  get lent(): ArrayBuffer | undefined {
    return undefined;
  }

  /** Forgets the mapping; called once it is gone, or just before. */
  end(): void {
    this.#views = undefined;
  }

  load(at: number, width: AccessWidth): bigint {
    const views = this.#readable();
    this.#checkAccess(at, width);
    switch (width) {
      case 1:
        return BigInt(Atomics.load(views.u8, at));
      case 2:
        return BigInt(Atomics.load(views.u16, at / 2));
      case 4:
        return BigInt(Atomics.load(views.u32, at / 4));
      case 8:
        return Atomics.load(views.u64, at / 8);
    }
  }

  store(at: number, width: AccessWidth, value: bigint): void {
    const views = this.#writable();
    this.#checkAccess(at, width);
    if (value < 0n || value > LARGEST[width]) {
      throw new HostMisuse(`${value} does not fit into ${width} bytes`);
    }
    switch (width) {
      case 1:
        views.u8[at] = Number(value);
        break;
      case 2:
        views.u16[at / 2] = Number(value);
        break;
      case 4:
        views.u32[at / 4] = Number(value);
        break;
      case 8:
        views.u64[at / 8] = value;
        break;
    }
  }

  peek(at: number, into: Uint8Array): void {
    const views = this.#readable();
    this.#checkRange(at, into.length);
    if (this.#wordwise) {
      copyOut(views, at, into);
    } else {
      into.set(views.u8.subarray(at, at + into.length));
    }
  }

  poke(at: number, from: Uint8Array): void {
    const views = this.#writable();
    this.#checkRange(at, from.length);
    if (this.#wordwise) {
      copyIn(views, at, from);
    } else {
      views.u8.set(from, at);
    }
  }

  protected views(): Views {
    if (this.#views === undefined) {
      throw new HostMisuse(`${this.kind} memory of ${this.length} bytes is used after munmap`);
    }
    return this.#views;
  }

  #readable(): Views {
    if (!this.#protection.read) {
      throw new HostMisuse('the memory is not mapped for reading');
    }
    return this.views();
  }

  #writable(): Views {
    if (!this.#protection.write) {
      throw new HostMisuse('the memory is not mapped for writing');
    }
    return this.views();
  }

  #checkAccess(at: number, width: AccessWidth): void {
    if (LARGEST[width] === undefined) {
      throw new HostMisuse(`${width} is no access width: 1, 2, 4 or 8 bytes`);
    }
    if (!Number.isInteger(at) || at % width !== 0) {
      throw new HostMisuse(`an access of ${width} bytes at ${at} is not aligned`);
    }
    this.#checkRange(at, width);
  }

  #checkRange(at: number, length: number): void {
    if (!Number.isInteger(at) || at < 0 || at + length > this.length) {
      throw new HostMisuse(`${length} bytes at ${at} are not inside memory of ${this.length} bytes`);
    }
  }
}

/** Memory mapped for reading and writing, which can be lent as bytes: no access inside it can end the process. */
export class LendableMemory extends LocalMemory {
  #lent: ArrayBuffer | undefined;

  override get lent(): ArrayBuffer | undefined {
    return this.#lent;
  }

  get bytes(): Uint8Array {
    const { u8 } = this.views();
    this.#lent = u8.buffer as ArrayBuffer;
    return u8;
  }
}

interface Views {
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
  readonly u64: BigUint64Array;
}

const LARGEST: Readonly<Record<AccessWidth, bigint>> = {
  1: 0xffn,
  2: 0xffffn,
  4: 0xffff_ffffn,
  8: 0xffff_ffff_ffff_ffffn,
};
