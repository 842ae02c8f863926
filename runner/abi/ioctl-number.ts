/** _IO() of <linux/ioctl.h>: every VFIO ioctl carries neither a direction nor a size, whatever the comments beside it say. */

/** How a host numbers ioctls: powerpc (and others that the kit does not run on) sets a bit for "no data". */
export type IoctlEncoding = 'generic' | 'powerpc';

/** VFIO_TYPE, the character ';'. */
export const VFIO_TYPE = 0x3b;
export const VFIO_BASE = 100;

/** _IO(type, nr): _IOC_NONE is 0 nearly everywhere, and 1 << 29 on powerpc. */
export function _IO(type: number, nr: number, encoding: IoctlEncoding): number {
  for (const [what, value] of [
    ['type', type],
    ['nr', nr],
  ] as const) {
    if (!Number.isInteger(value) || value < 0 || value > 0xff) {
      throw new RangeError(`_IO: ${what} takes 0 to 255, not ${value}`);
    }
  }
  return (encoding === 'powerpc' ? 2 ** 29 : 0) + type * 0x100 + nr;
}
