/** What a call came to: a value, or what the kernel (or a bound of the kit's own) said against it. Nothing here throws for what a device does. */
import { errnoName } from '../abi';
import type { SyscallResult } from '../host/vfio-host';

/**
 * errno: the call returned -errno; short: it transferred less than asked and would go no further; outside: an offset or size from the
 * device leaves the region; limit: more than the kit's own limits allow; malformed: a structure that makes no sense;
 * unavailable: what the call needs is not there (a capability, free address space).
 */
export type FailureKind = 'errno' | 'short' | 'outside' | 'limit' | 'malformed' | 'unavailable';

export interface Failure {
  readonly ok: false;
  readonly kind: FailureKind;
  /** Positive; 0 unless `kind` is errno. */
  readonly errno: number;
  /** `EINVAL`; empty unless `kind` is errno. */
  readonly errnoName: string;
  /** `VFIO_IOMMU_MAP_DMA`, `pread`. */
  readonly call: string;
  /** One line for people. */
  readonly message: string;
  /** Bytes that were transferred before it failed, where that can be told. */
  readonly transferred: number;
}

export interface Success<T> {
  readonly ok: true;
  readonly value: T;
}

export type Outcome<T = void> = Success<T> | Failure;

export function success<T>(value: T): Success<T> {
  return { ok: true, value };
}

/** The success of a call that gives nothing but success. */
export const DONE: Success<void> = { ok: true, value: undefined };

/** A failure that the kernel answered; `result` is the negative errno. */
export function kernelFailure(call: string, result: SyscallResult, transferred = 0): Failure {
  const errno = Math.abs(result);
  const name = errnoName(errno);
  return { ok: false, kind: 'errno', errno, errnoName: name, call, message: `${call}: ${name}`, transferred };
}

/** A failure that no errno stands for. */
export function ownFailure(
  kind: Exclude<FailureKind, 'errno'>,
  call: string,
  message: string,
  transferred = 0,
): Failure {
  return { ok: false, kind, errno: 0, errnoName: '', call, message: `${call}: ${message}`, transferred };
}

/** A result as an outcome, for calls whose value is the result itself. */
export function outcomeOf(call: string, result: SyscallResult): Outcome<number> {
  return result < 0 ? kernelFailure(call, result) : success(result);
}

/** Something that a device said and that makes no sense, told along with what it said, so that it can be judged. */
export interface Problem {
  /** Kebab-case, stable. */
  readonly kind: string;
  /** Byte offset in the structure, where there is one. */
  readonly offset?: number;
  readonly message: string;
}
