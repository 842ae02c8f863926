import { fail } from './errno';
import type { DeviceMapping, IoctlArgument, OpenFile } from './open-file';

/** A file that can do nothing: what the others start from. */
export class PlainFile implements OpenFile {
  ioctl(_request: number, _argument: IoctlArgument): number {
    return fail('ENOTTY');
  }

  pread(_into: Uint8Array, _offset: bigint): number {
    return fail('EINVAL');
  }

  pwrite(_from: Uint8Array, _offset: bigint): number {
    return fail('EINVAL');
  }

  read(_into: Uint8Array): number {
    return fail('EINVAL');
  }

  mmap(_length: number, _offset: bigint, _write: boolean): DeviceMapping | number {
    return fail('ENODEV');
  }

  get ready(): boolean {
    return false;
  }

  release(): void {}
}
