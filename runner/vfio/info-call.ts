/**
 * The INFO ioctls (device, region, IRQ, IOMMU): a structure that begins with argsz, and for most of them a capability chain behind it.
 * A call with an argsz too small succeeds and answers with the argsz needed; the kit then asks again, within its limits.
 */
import {
  type CapabilityChain,
  type Fields,
  type Input,
  type IoctlName,
  ioctlNumber,
  type Layout,
  type Values,
  walkCapabilityChain,
} from '../abi';
import type { VfioHost } from '../host/vfio-host';
import type { Limits } from './limits';
import { kernelFailure, type Outcome, type Problem, success } from './outcome';

/** Bytes kept behind argsz to see whether the kernel writes past it. */
export const INFO_GUARD_BYTES = 64;
const GUARD = 0xa5;
const ARGSZ_WIDTH = 4;

/** One INFO ioctl, described once. */
export interface InfoIoctl<S extends Fields> {
  readonly name: IoctlName;
  readonly layout: Layout<S>;
  /** Bit of `flags` that makes cap_offset valid; absent for an ioctl without a chain. */
  readonly capsFlag?: number;
}

/** One call, as it was. */
export interface InfoRound {
  readonly argszGiven: number;
  readonly argszReturned: number;
  /** First byte past argsz that changed, as an offset in the buffer. */
  readonly overrunAt?: number;
  /** The buffer as it came back, up to argszGiven. */
  readonly bytes: Uint8Array;
}

export interface Info<V> {
  /** The fields as they came; those past argsz are zero. */
  readonly values: V;
  /** Empty where there is none; its offsets are from the start of `bytes`. */
  readonly chain: CapabilityChain;
  /** The last call's buffer. */
  readonly bytes: Uint8Array;
  readonly rounds: readonly InfoRound[];
  /** argsz that never settles or is beyond the limit, bytes written past argsz, and what is wrong with the chain. */
  readonly problems: readonly Problem[];
}

const NO_CHAIN: CapabilityChain = { capabilities: [], problems: [] };

/** One call with exactly this argsz, which may be smaller than the structure. */
export function infoOnce<S extends Fields>(
  host: VfioHost,
  fd: number,
  ioctl: InfoIoctl<S>,
  argsz: number,
  prefill: Input<S>,
): Outcome<InfoRound> {
  const buffer = new Uint8Array(Math.max(argsz, ioctl.layout.size) + INFO_GUARD_BYTES);
  const { facts } = host;
  ioctl.layout.encodeInto(buffer, { ...prefill, argsz }, facts.byteOrder);
  // argsz itself stands outside the guard: a kernel that found other bytes there would believe them.
  const guarded = Math.max(argsz, ARGSZ_WIDTH);
  buffer.fill(GUARD, guarded);
  const result = host.ioctl(fd, ioctlNumber(ioctl.name, facts.ioctlEncoding), buffer);
  if (result < 0) {
    return kernelFailure(ioctl.name, result);
  }
  const changed = buffer.subarray(guarded).findIndex((byte) => byte !== GUARD);
  return success({
    argszGiven: argsz,
    argszReturned: Number(ioctl.layout.getField(buffer, 'argsz', facts.byteOrder)),
    bytes: buffer.slice(0, argsz),
    ...(changed >= 0 ? { overrunAt: guarded + changed } : {}),
  });
}

/** Calls until argsz is enough, and walks the chain. */
export function infoCall<S extends Fields>(
  host: VfioHost,
  fd: number,
  ioctl: InfoIoctl<S>,
  prefill: Input<S>,
  limits: Limits,
): Outcome<Info<Values<S>>> {
  const rounds: InfoRound[] = [];
  const problems: Problem[] = [];
  let argsz = ioctl.layout.size;
  for (;;) {
    const answer = infoOnce(host, fd, ioctl, argsz, prefill);
    if (!answer.ok) {
      return answer;
    }
    const round = answer.value;
    rounds.push(round);
    if (round.overrunAt !== undefined) {
      const message = `${ioctl.name} wrote at byte ${round.overrunAt}, past the argsz of ${argsz}`;
      problems.push({ kind: 'written-past-argsz', offset: round.overrunAt, message });
    }
    if (round.argszReturned <= argsz) {
      return success(finish(host, ioctl, rounds, round, problems));
    }
    if (round.argszReturned > limits.maxInfoBytes) {
      const message = `${ioctl.name} wants an argsz of ${round.argszReturned}, more than ${limits.maxInfoBytes}`;
      problems.push({ kind: 'argsz-beyond-limit', offset: 0, message });
      return success(finish(host, ioctl, rounds, round, problems));
    }
    if (rounds.length >= limits.maxInfoRounds) {
      const message = `${ioctl.name} wants a larger argsz each time: ${rounds.map((r) => r.argszReturned).join(', ')}`;
      problems.push({ kind: 'argsz-never-settles', offset: 0, message });
      return success(finish(host, ioctl, rounds, round, problems));
    }
    argsz = round.argszReturned;
  }
}

function finish<S extends Fields>(
  host: VfioHost,
  ioctl: InfoIoctl<S>,
  rounds: readonly InfoRound[],
  last: InfoRound,
  problems: readonly Problem[],
): Info<Values<S>> {
  const order = host.facts.byteOrder;
  const padded = new Uint8Array(Math.max(last.bytes.length, ioctl.layout.size));
  padded.set(last.bytes);
  const values = ioctl.layout.decode(padded, order);
  const chain = chainOf(host, ioctl, padded, Math.min(last.argszReturned, last.argszGiven));
  return { values, chain, bytes: last.bytes, rounds, problems: [...problems, ...chain.problems] };
}

function chainOf<S extends Fields>(
  host: VfioHost,
  ioctl: InfoIoctl<S>,
  bytes: Uint8Array,
  end: number,
): CapabilityChain {
  const order = host.facts.byteOrder;
  if (ioctl.capsFlag === undefined || (Number(ioctl.layout.getField(bytes, 'flags', order)) & ioctl.capsFlag) === 0) {
    return NO_CHAIN;
  }
  const start = Number(ioctl.layout.getField(bytes, 'cap_offset', order));
  // The end of the last field, not sizeof: a chain may begin in what is padding on this host.
  const headSize = Math.max(...Object.values(ioctl.layout.fields).map((field) => field.offset + field.width));
  return walkCapabilityChain(bytes, order, { start, headSize, end });
}
