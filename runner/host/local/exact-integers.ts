/** Integers on their way to C: koffi cuts what does not fit, and says nothing. */
import { HostMisuse } from '../vfio-host';

/** A negative offset is the kernel's to refuse; one that does not fit would silently become another. */
export function checkOffset(offset: bigint): void {
  if (BigInt.asIntN(64, offset) !== offset) {
    throw new HostMisuse(`offset ${offset} does not fit into 64 bits`);
  }
}

/** The third argument of ioctl as C would pass it. */
export function unsignedLong(argument: bigint | number | undefined): bigint | number {
  if (argument === undefined) {
    return 0;
  }
  if (typeof argument === 'number') {
    if (!Number.isSafeInteger(argument)) {
      throw new HostMisuse(`ioctl argument ${argument} is no exact integer`);
    }
    return argument >= 0 ? argument : BigInt.asUintN(64, BigInt(argument));
  }
  if (BigInt.asUintN(64, argument) !== argument && BigInt.asIntN(64, argument) !== argument) {
    throw new HostMisuse(`ioctl argument ${argument} does not fit into 64 bits`);
  }
  return BigInt.asUintN(64, argument);
}
