/**
 * The closed vocabularies of the language: what a field, a state, a region, an errno, a need may be called.
 * Names are the headers' own, in lower case where the header has a macro.
 */

/** Fields of struct vfio_device_migration_info, in their order (header diff, lines 247-273). */
export const FIELD_NAMES = ['device_state', 'reserved', 'pending_bytes', 'data_offset', 'data_size'] as const;
export type FieldName = (typeof FIELD_NAMES)[number];

/**
 * device_state under the mask 0x7; the index is the value (header diff, lines 88-95).
 * The names that start with `invalid-` are the two combinations that the text calls invalid.
 */
export const STATE_NAMES = [
  'stop',
  'running',
  'stop-and-copy',
  'pre-copy',
  'resuming',
  'invalid-101',
  'error',
  'invalid-111',
] as const;
/** A name, or a value with bits outside the mask as lower-case hex: `0x9`. Values 0 to 7 are always lowered to their names. */
export type StateName = (typeof STATE_NAMES)[number] | `0x${string}`;

/** The value to write to device_state. */
export function stateValue(state: StateName): number {
  const index = (STATE_NAMES as readonly string[]).indexOf(state);
  return index >= 0 ? index : Number(state);
}

/** The name of a value of device_state, all 32 bits of it: bits outside the mask are shown as a number. */
export function stateName(value: number): StateName {
  return STATE_NAMES[value] ?? `0x${value.toString(16)}`;
}

/** Regions that a scenario may name; every other one is given by its index. */
export const REGION_NAMES = [
  'config',
  'bar0',
  'bar1',
  'bar2',
  'bar3',
  'bar4',
  'bar5',
  'rom',
  'vga',
  'migration',
  'async-cmd',
  'schib',
  'crw',
] as const;
/** A name, or the index in decimal. */
export type RegionName = (typeof REGION_NAMES)[number] | `${number}`;

/** Widths of an access in bytes. */
export const WIDTHS = [1, 2, 4, 8] as const;

/** Allure's severities, most severe first. */
export const SEVERITIES = ['blocker', 'critical', 'normal', 'minor', 'trivial'] as const;

/** Every name of <asm-generic/errno-base.h> and <asm-generic/errno.h>, and the kernel-internal ENOTSUPP that drivers leak. */
export const ERRNO_NAMES = (
  'EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT ENOTBLK EBUSY EEXIST EXDEV ' +
  'ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE EDEADLK ' +
  'ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP ENOMSG EIDRM ECHRNG EL2NSYNC EL3HLT EL3RST ELNRNG EUNATCH ENOCSI EL2HLT ' +
  'EBADE EBADR EXFULL ENOANO EBADRQC EBADSLT EBFONT ENOSTR ENODATA ETIME ENOSR ENONET ENOPKG EREMOTE ENOLINK EADV ESRMNT ' +
  'ECOMM EPROTO EMULTIHOP EDOTDOT EBADMSG EOVERFLOW ENOTUNIQ EBADFD EREMCHG ELIBACC ELIBBAD ELIBSCN ELIBMAX ELIBEXEC ' +
  'EILSEQ ERESTART ESTRPIPE EUSERS ENOTSOCK EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT ESOCKTNOSUPPORT ' +
  'EOPNOTSUPP EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET ECONNABORTED ECONNRESET ' +
  'ENOBUFS EISCONN ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT ECONNREFUSED EHOSTDOWN EHOSTUNREACH EALREADY EINPROGRESS ' +
  'ESTALE EUCLEAN ENOTNAM ENAVAIL EISNAM EREMOTEIO EDQUOT ENOMEDIUM EMEDIUMTYPE ECANCELED ENOKEY EKEYEXPIRED EKEYREVOKED ' +
  'EKEYREJECTED EOWNERDEAD ENOTRECOVERABLE ERFKILL EHWPOISON ENOTSUPP'
).split(' ');
