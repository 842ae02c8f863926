/**
 * Follows the loop of steps a to f in pre-copy and stop-and-copy (header diff, lines 199-225) and judges each read by where in the loop
 * it stands. It never asks the device anything itself. What comes after a provocation is not judged.
 */
import { errnoName, VFIO_DEVICE_STATE_MASK } from '../abi';
import type { Judge } from './judge';
import { isSaving } from './migration-layout';
import type { Oracle, OracleFacts, OracleHooks } from './oracle';
import { type Partition, partitionOf } from './partition';
import type { DeviceView, FieldAccess, SectionAccess } from './views';

const STOP_AND_COPY = 0b010;
const STRUCTURE_SIZE = 32n;

/** Where in the loop the user is; `offset` and `size` once they were read in their place. */
interface Iteration {
  readonly pending: bigint;
  offset?: bigint;
  size?: bigint;
  /** Bytes of the buffer read so far, from its start. */
  read: bigint;
  /** The user asked for less than the rest of the buffer, and got it. */
  cut: boolean;
  /** data_offset was read more than once. */
  reread: boolean;
  failed: boolean;
  /** A field that ignores writes was written meanwhile: what differs afterwards is that clause's to judge. */
  disturbed?: boolean;
}

interface Loop {
  /** pending_bytes at the first read in stop-and-copy: what it promises. */
  promised: bigint | undefined;
  delivered: bigint;
  largest: bigint;
  iteration: Iteration | undefined;
  whole: boolean;
  readonly partition: Partition;
}

class SavingLoopOracle implements OracleHooks {
  private readonly loops = new Map<DeviceView, Loop>();
  /** So many bytes, from the start of a buffer, were once read in one piece. */
  private readonly proven = new Map<DeviceView, bigint>();

  constructor(
    private readonly judge: Judge,
    private readonly facts: OracleFacts,
  ) {}

  fieldWrite(device: DeviceView, access: FieldAccess): void {
    if (access.field === 'device_state') this.forget(device);
    else if (access.field === 'data_size') this.spoil(device);
    else {
      const iteration = this.loops.get(device)?.iteration;
      if (iteration) iteration.disturbed = true;
    }
  }

  deviceReset(device: DeviceView): void {
    this.forget(device);
  }

  deviceClosed(device: DeviceView): void {
    this.forget(device);
    this.proven.delete(device);
  }

  strayAccess(device: DeviceView): void {
    this.spoil(device);
  }

  fieldRead(device: DeviceView, access: FieldAccess): void {
    if (!isSaving(device) || access.field === 'device_state' || access.field === 'reserved') return;
    if (device.provoked.size > 0) {
      this.loops.delete(device);
      return;
    }
    const loop = this.loop(device);
    if (access.result !== 8) {
      if (access.result < 0) this.reportError(`read of ${access.field}`, access.result);
      if (loop.iteration) loop.iteration.failed = true;
      loop.whole = false;
      return;
    }
    if (access.field === 'pending_bytes') this.pendingRead(device, loop, access.value);
    else if (access.field === 'data_offset') this.offsetRead(device, loop, access.value);
    else this.sizeRead(device, loop, access.value);
  }

  private pendingRead(device: DeviceView, loop: Loop, pending: bigint): void {
    const stopped = stateOf(device) === STOP_AND_COPY;
    const before = loop.iteration;
    if (before?.size !== undefined) this.endIteration(loop, before);
    else if (before && before.offset === undefined && stopped && !before.disturbed)
      this.judgePoll(loop, before.pending, pending);
    if (stopped) loop.promised ??= pending;
    else if (!before && pending === 0n) this.judge.reported('SAVE-PRE-EMPTY', 'nothing is pending in pre-copy');
    else if (!before) this.judge.kept('SAVE-PRE-EMPTY');
    loop.iteration = { pending, read: 0n, cut: false, reread: false, failed: false };
    if (pending === 0n && stopped) this.drained(loop);
  }

  /** pending_bytes read once more, in stop-and-copy, with nothing in between. */
  private judgePoll(loop: Loop, before: bigint, now: bigint): void {
    if (before === 0n) {
      this.judge.check('SAVE-DRAIN', now === 0n, () => ({
        expected: 'a stopped device that has given all has nothing new: pending_bytes stays 0',
        observed: `${now}`,
      }));
      return;
    }
    // What is wrong with looking twice is wrong with the sum too, and said once.
    loop.whole = false;
    this.judge.check('SAVE-PENDING-PURE', now === before, () => ({
      expected: `pending_bytes read again before data_offset is still ${before} in stop-and-copy`,
      observed: `${now}`,
      level: 'should',
    }));
  }

  private endIteration(loop: Loop, iteration: Iteration): void {
    const size = iteration.size ?? 0n;
    loop.delivered += size;
    if (size > loop.largest) loop.largest = size;
    if (iteration.failed || iteration.reread || iteration.read < size) loop.whole = false;
    else if (size > 0n) this.judge.kept('SAVE-SIZE');
  }

  private drained(loop: Loop): void {
    this.judge.kept('SAVE-DRAIN');
    const promised = loop.promised ?? 0n;
    if (!loop.whole) return;
    // A driver may round to its own unit: one buffer, or a page, is no finding.
    const rounding = loop.largest > BigInt(this.facts.pageSize) ? loop.largest : BigInt(this.facts.pageSize);
    const difference = loop.delivered > promised ? loop.delivered - promised : promised - loop.delivered;
    this.judge.check('SAVE-SUM', difference <= rounding, () => ({
      expected: `about the ${promised} bytes that pending_bytes promised at the start of stop-and-copy`,
      observed: `${loop.delivered} bytes were delivered`,
    }));
  }

  private offsetRead(device: DeviceView, loop: Loop, offset: bigint): void {
    const { iteration } = loop;
    if (!iteration || iteration.pending === 0n) {
      this.spoil(device);
      return;
    }
    if (iteration.offset !== undefined) {
      const first = iteration.offset;
      iteration.reread = true;
      if (iteration.disturbed) return;
      this.judge.check('SAVE-REREAD', offset === first, () => ({
        expected: `data_offset read again in one iteration is still 0x${first.toString(16)}`,
        observed: `0x${offset.toString(16)}`,
      }));
      return;
    }
    iteration.offset = offset;
    loop.partition.seen(offset);
    const region = device.migration;
    if (!region) return;
    this.judge.check('MIG-DATA-NONZERO', offset >= STRUCTURE_SIZE && offset < region.size, () => ({
      expected: `data_offset in the data section: from ${STRUCTURE_SIZE} to below the region's ${region.size} bytes`,
      observed: `0x${offset.toString(16)}`,
    }));
    const area = region.areas.find(
      (candidate) => offset >= candidate.offset && offset < candidate.offset + candidate.size,
    );
    if (!area) return;
    this.judge.check('MIG-MMAP-ALIGN', offset % BigInt(this.facts.pageSize) === 0n, () => ({
      expected: `data_offset in a mappable area is a multiple of the page size, ${this.facts.pageSize}`,
      observed: `0x${offset.toString(16)}, in the area at 0x${area.offset.toString(16)}`,
    }));
  }

  private sizeRead(device: DeviceView, loop: Loop, size: bigint): void {
    const { iteration } = loop;
    if (iteration?.offset === undefined) {
      this.spoil(device);
      return;
    }
    const { offset } = iteration;
    if (iteration.size !== undefined) {
      const first = iteration.size;
      if (iteration.disturbed) return;
      this.judge.check('SAVE-REREAD', size === first, () => ({
        expected: `data_size read again in one iteration is still ${first}`,
        observed: `${size}`,
      }));
      return;
    }
    iteration.size = size;
    const limit = device.migration?.size ?? 0n;
    // An offset outside is a finding of its own; a size on top of it would only say the same again.
    if (offset < limit) {
      this.judge.check('MIG-DATA-NONZERO', offset + size <= limit, () => ({
        expected: `data_offset + data_size inside the region's ${limit} bytes`,
        observed: `0x${offset.toString(16)} + ${size}`,
      }));
    }
    // Where looking twice has used the data up, that is what is wrong (SAVE-REREAD).
    if (stateOf(device) !== STOP_AND_COPY || iteration.reread) return;
    this.judge.check('SAVE-PROGRESS', size > 0n, () => ({
      expected: `data_size above 0 while pending_bytes is ${iteration.pending} in stop-and-copy`,
      observed: '0: QEMU would end its loop here and report success',
    }));
  }

  sectionRead(device: DeviceView, access: SectionAccess): void {
    const loop = this.loops.get(device);
    const iteration = loop?.iteration;
    if (!isSaving(device) || iteration?.offset === undefined || iteration.size === undefined) return;
    const start = access.offset - iteration.offset;
    const end = start + BigInt(access.length);
    if (start < 0n || end > iteration.size) return;
    if (access.result > 0 && start === iteration.read) iteration.read += BigInt(access.result);
    if (access.result <= 0) iteration.failed = true;
    if (access.result < 0) this.reportError('read of the data section', access.result);
    this.judgeRead(device, access, iteration);
    if (access.result < access.length) return;
    if (start === 0n && end === iteration.size && end > this.provenOf(device)) this.proven.set(device, end);
    if (end < iteration.size) iteration.cut = true;
  }

  private judgeRead(device: DeviceView, access: SectionAccess, iteration: Iteration): void {
    const ok = access.result > 0;
    const observed =
      access.result === 0 ? 'it returned 0 bytes' : `it failed with ${errnoName(-access.result) ?? access.result}`;
    const mappable = device.migration?.areas.some(
      (area) => access.offset >= area.offset && access.offset < area.offset + area.size,
    );
    const pieces = isPiece(access, iteration, this.provenOf(device));
    const clause =
      mappable && access.via === 'read' ? 'MIG-MMAP-OPTIONAL' : pieces && !ok ? 'SAVE-READ-PIECES' : 'SAVE-READ';
    const what = `a read of ${access.length} bytes at 0x${access.offset.toString(16)} of the buffer's ${iteration.size ?? 0n} bytes`;
    this.judge.check(clause, ok, () => ({ expected: `${what} gives data`, observed }));
    if (!ok) return;
    if (clause !== 'SAVE-READ') this.judge.kept('SAVE-READ');
    if (iteration.cut) this.judge.kept('SAVE-READ-PIECES');
  }

  private provenOf(device: DeviceView): bigint {
    return this.proven.get(device) ?? 0n;
  }

  private reportError(what: string, result: number): void {
    this.judge.reported('SAVE-ERR', `${what} failed with ${errnoName(-result) ?? result}`);
  }

  private spoil(device: DeviceView): void {
    const loop = this.loops.get(device);
    if (loop) loop.whole = false;
  }

  private forget(device: DeviceView): void {
    this.loops.get(device)?.partition.report(this.judge, 'saving');
    this.loops.delete(device);
  }

  private loop(device: DeviceView): Loop {
    let loop = this.loops.get(device);
    if (!loop) {
      loop = {
        promised: undefined,
        delivered: 0n,
        largest: 0n,
        iteration: undefined,
        whole: true,
        partition: partitionOf(),
      };
      this.loops.set(device, loop);
    }
    return loop;
  }
}

/** Where no read of a whole buffer has shown that its bytes are there, a piece that fails this far from its start is not about pieces. */
const NEAR = 64n;

/** True for a read that seems to be refused because it is a piece, not because the bytes could not be read at all. */
function isPiece(access: SectionAccess, iteration: Iteration, proven: bigint): boolean {
  const start = access.offset - (iteration.offset ?? 0n);
  const end = start + BigInt(access.length);
  const small = access.length <= 8 && end < (iteration.size ?? 0n);
  if (!iteration.cut && !small) return false;
  return end <= proven || (access.result < 0 && start < NEAR);
}

function stateOf(device: DeviceView): number {
  return (device.state ?? 0) & VFIO_DEVICE_STATE_MASK;
}

export const oracle: Oracle = {
  name: 'saving-loop',
  clauses: [
    'SAVE-PENDING-PURE',
    'SAVE-PRE-EMPTY',
    'SAVE-SIZE',
    'SAVE-DRAIN',
    'SAVE-SUM',
    'SAVE-REREAD',
    'SAVE-PROGRESS',
    'SAVE-READ',
    'SAVE-READ-PIECES',
    'SAVE-ERR',
    'MIG-DATA-NONZERO',
    'MIG-MMAP-ALIGN',
    'MIG-MMAP-OPTIONAL',
    'MIG-PARTITION',
  ],
  create: (judge, facts) => new SavingLoopOracle(judge, facts),
};
