import type { ByteOrder } from '../../abi/byte-order';
import type { IoctlArgument } from './open-file';
import { UserStructure } from './user-structure';

/** An argument taken as a number (`unsigned long arg`). */
export function asNumber(argument: IoctlArgument): bigint {
  if (typeof argument === 'bigint') return BigInt.asUintN(64, argument);
  return typeof argument === 'number' ? BigInt.asUintN(64, BigInt(argument)) : 0n;
}

/** An argument taken as the address of a structure; undefined where the kernel would fault (EFAULT). */
export function asStructure(argument: IoctlArgument, order: ByteOrder): UserStructure | undefined {
  return argument instanceof Uint8Array ? new UserStructure(argument, order) : undefined;
}

/** A NUL-terminated string; undefined without an end or an address. */
export function asString(argument: IoctlArgument): string | undefined {
  if (!(argument instanceof Uint8Array)) return undefined;
  const end = argument.indexOf(0);
  return end === -1 ? undefined : Buffer.from(argument.subarray(0, end)).toString('latin1');
}

/** A descriptor in a __s32. */
export function asDescriptor(argument: IoctlArgument, order: ByteOrder): number | undefined {
  return asStructure(argument, order)?.i32(0);
}
