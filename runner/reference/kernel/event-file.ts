import type { ByteOrder } from '../../abi/byte-order';
import { writeScalar } from '../../abi/scalar';
import { fail } from './errno';
import { PlainFile } from './plain-file';

/** eventfd2(0, EFD_NONBLOCK). */
export class EventFile extends PlainFile {
  private count = 0n;

  constructor(private readonly order: ByteOrder) {
    super();
  }

  signal(): void {
    this.count++;
  }

  override get ready(): boolean {
    return this.count > 0n;
  }

  /** The count in the host's byte order, which becomes 0; EAGAIN when it is 0. */
  override read(into: Uint8Array): number {
    if (into.length < 8) return fail('EINVAL');
    if (this.count === 0n) return fail('EAGAIN');
    writeScalar(into, 0, 8, this.count, this.order);
    this.count = 0n;
    return 8;
  }

  override pread(_into: Uint8Array, _offset: bigint): number {
    return fail('ESPIPE');
  }

  override pwrite(_from: Uint8Array, _offset: bigint): number {
    return fail('ESPIPE');
  }
}
