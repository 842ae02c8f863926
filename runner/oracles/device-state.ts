/**
 * Judges device_state: what it is at first, that it moves only when it is told to, what each write of it comes to, and what a reset does
 * (header diff, lines 57-157). Reserved bits are never part of the comparison: states are compared under VFIO_DEVICE_STATE_MASK.
 */
import {
  DEVICE_STATE_BITS,
  ERRNO,
  errnoName,
  VFIO_DEVICE_FLAGS_RESET,
  VFIO_DEVICE_STATE_IS_ERROR,
  VFIO_DEVICE_STATE_MASK,
  VFIO_DEVICE_STATE_VALID,
} from '../abi';
import type { ClauseId } from '../language/scenario';
import { clauseOfInertWrite } from './inert-writes';
import type { Judge } from './judge';
import type { Oracle, OracleHooks } from './oracle';
import { ARC_CLAUSES, sayState } from './state-arcs';
import { isIllegal, type StateWrite, StateWrites } from './state-writes';
import type { DeviceView, FieldAccess, StrayAccess } from './views';

const { running: RUNNING, error: ERROR } = DEVICE_STATE_BITS;

/** What is remembered of one device between accesses. */
interface Memory {
  fresh: 'opened' | 'reopened' | 'reset-from-error' | 'reset' | undefined;
  write: StateWrite | undefined;
  /** The last state that was read, kept over a write until it is judged. */
  last: number | undefined;
  /** A failed transition left the device in a valid state: the next one shows STATE-REACHABLE. */
  afterFailure: boolean;
  /** The last access that must not move the state, with the clause that says so. */
  harmless: { readonly clause: ClauseId; readonly what: string } | undefined;
}

class DeviceStateOracle implements OracleHooks {
  private readonly memories = new Map<DeviceView, Memory>();
  /** In which state a device of this name was closed. */
  private readonly closedIn = new Map<string, number | undefined>();
  /** Transitions that were made in this case, by the device's name. */
  private readonly worked = new Set<string>();
  private readonly writes: StateWrites;

  constructor(private readonly judge: Judge) {
    this.writes = new StateWrites(judge);
  }

  deviceOpened(device: DeviceView): void {
    this.memories.set(device, {
      fresh: this.closedIn.has(device.name) ? 'reopened' : 'opened',
      write: undefined,
      last: undefined,
      afterFailure: false,
      harmless: undefined,
    });
  }

  deviceClosed(device: DeviceView): void {
    this.closedIn.set(device.name, this.memories.get(device)?.last);
    this.memories.delete(device);
  }

  deviceReset(device: DeviceView, result: number): void {
    const memory = this.memories.get(device);
    if (!memory) return;
    if (result < 0) {
      this.judgeRefusedReset(device, memory, result);
      return;
    }
    const fromError = memory.last !== undefined && VFIO_DEVICE_STATE_IS_ERROR(memory.last);
    memory.fresh = fromError ? 'reset-from-error' : 'reset';
    memory.write = undefined;
    memory.last = undefined;
    memory.harmless = undefined;
    memory.afterFailure = false;
  }

  /** EAGAIN is tried again by who asked; without FLAGS_RESET nothing was promised, and STATE-RESET-FLAG says the rest. */
  private judgeRefusedReset(device: DeviceView, memory: Memory, result: number): void {
    const offered = ((device.info?.flags ?? 0) & VFIO_DEVICE_FLAGS_RESET) !== 0;
    if (!offered || result === -ERRNO.EAGAIN || memory.last === undefined) return;
    const state = memory.last & VFIO_DEVICE_STATE_MASK;
    if (state === RUNNING) return;
    this.judge.broken(state === ERROR ? 'STATE-RESET' : 'RES-RESET', {
      expected: `VFIO_DEVICE_RESET works in ${sayState(state)}`,
      observed: errnoName(-result),
    });
  }

  fieldWrite(device: DeviceView, access: FieldAccess): void {
    const memory = this.memories.get(device);
    if (!memory) return;
    if (access.field !== 'device_state') {
      const clause = clauseOfInertWrite(access.field);
      const what = `a write of 0x${access.value.toString(16)} to ${access.field}`;
      memory.harmless = clause === undefined ? undefined : { clause, what };
      return;
    }
    memory.write = undefined;
    memory.harmless = undefined;
    if (memory.last === undefined) return;
    memory.write = {
      before: memory.last,
      written: Number(access.value),
      result: access.result,
      given: device.given,
      blame: device.blame,
      faultAsked: device.faultAsked === true,
      // A value that every correct device refuses changes nothing: what comes after it is granted as before.
      doubtful: [...device.provoked].some((clause) => clause !== 'STATE-VALID-USER'),
      afterFailure: memory.afterFailure,
      workedBefore: this.worked.has(arcOf(device, memory.last, Number(access.value))),
    };
  }

  strayAccess(device: DeviceView, access: StrayAccess): void {
    const memory = this.memories.get(device);
    if (!memory || !access.write) return;
    memory.harmless = {
      clause: 'MIG-WIDTH',
      what: `a write of ${access.length} bytes at offset ${access.offset} of the structure`,
    };
  }

  fieldRead(device: DeviceView, access: FieldAccess): void {
    const memory = this.memories.get(device);
    if (!memory || access.field !== 'device_state' || access.result !== 4) return;
    const now = Number(access.value);
    if (memory.fresh !== undefined) this.judgeFresh(device, memory.fresh, now);
    if (memory.write) {
      this.writes.judgeWrite(memory.write, now);
      if (memory.write.result === 4) this.worked.add(arcOf(device, memory.write.before, memory.write.written));
      memory.afterFailure = memory.write.result < 0 && VFIO_DEVICE_STATE_VALID(now);
    } else this.judgeUntouched(memory, now);
    memory.write = undefined;
    memory.harmless = undefined;
    memory.fresh = undefined;
    const turned = VFIO_DEVICE_STATE_IS_ERROR(now) && !VFIO_DEVICE_STATE_IS_ERROR(memory.last ?? 0);
    memory.last = now;
    if (!turned || !device.info) return;
    this.judge.check('STATE-RESET-FLAG', (device.info.flags & VFIO_DEVICE_FLAGS_RESET) !== 0, () => ({
      expected: 'a driver that reports the error state offers VFIO_DEVICE_RESET (VFIO_DEVICE_FLAGS_RESET)',
      observed: `device_state is ${sayState(now)}, and the device info has no VFIO_DEVICE_FLAGS_RESET`,
    }));
  }

  private judgeFresh(device: DeviceView, fresh: Exclude<Memory['fresh'], undefined>, now: number): void {
    const running = (now & VFIO_DEVICE_STATE_MASK) === RUNNING;
    const observed = `device_state is ${sayState(now)}`;
    if (fresh === 'reset' || fresh === 'reset-from-error') {
      this.judge.check(fresh === 'reset' ? 'RES-RESET' : 'STATE-RESET', running, () => ({
        expected: `VFIO_DEVICE_RESET takes the device ${fresh === 'reset' ? '' : 'from error '}to 001b (running)`,
        observed,
      }));
      return;
    }
    this.judge.check('STATE-DEFAULT', running, () => ({
      expected: 'a device that was just opened is in 001b (running)',
      observed,
    }));
    if (fresh !== 'reopened') return;
    const left = this.closedIn.get(device.name);
    this.judge.check('TRANS-RUN-STOP-OPT', running, () => ({
      expected: `a device that was closed in ${left === undefined ? 'any state' : sayState(left)} is in 001b (running) for who opens it next`,
      observed,
    }));
  }

  /** Two reads with no state write between them: only an internal error may have moved the state. */
  private judgeUntouched(memory: Memory, now: number): void {
    const { last, harmless } = memory;
    if (last === undefined) {
      if (isIllegal(now & VFIO_DEVICE_STATE_MASK)) this.brokenSteady('a state that exists', now);
      return;
    }
    const same = ((now ^ last) & VFIO_DEVICE_STATE_MASK) === 0;
    if (harmless) {
      this.judge.check(harmless.clause, same, () => ({
        expected: `${harmless.what} leaves device_state at ${sayState(last)}`,
        observed: `device_state is ${sayState(now)}`,
      }));
      return;
    }
    if (same) {
      // How it came to a state that does not exist was judged when it did.
      if (!isIllegal(now & VFIO_DEVICE_STATE_MASK)) this.judge.kept('STATE-STEADY');
      return;
    }
    if (VFIO_DEVICE_STATE_IS_ERROR(now)) {
      this.writes.judgeErrorBits(last, now);
      this.judge.reported('SAVE-ERR', `the device went from ${sayState(last)} to the error state by itself`);
      return;
    }
    this.brokenSteady(`${sayState(last)}, until it is written`, now);
  }

  private brokenSteady(expected: string, now: number): void {
    this.judge.broken('STATE-STEADY', {
      expected: `device_state is ${expected}`,
      observed: `it is ${sayState(now)}, and nothing wrote it in between`,
    });
  }
}

function arcOf(device: DeviceView, from: number, to: number): string {
  return `${from & VFIO_DEVICE_STATE_MASK}>${to & VFIO_DEVICE_STATE_MASK} ${device.name}`;
}

export const oracle: Oracle = {
  name: 'device-state',
  clauses: [
    'STATE-DEFAULT',
    'TRANS-RUN-STOP-OPT',
    'STATE-RESET',
    'RES-RESET',
    'STATE-RESET-FLAG',
    'STATE-WRITE-OK',
    'STATE-WRITE-ERR',
    'STATE-AFTER-ERR',
    'STATE-ERR-STICKY',
    'STATE-ERR-RESERVED',
    'STATE-REACHABLE',
    'STATE-INVALID-101',
    'STATE-INVALID-110',
    'STATE-INVALID-111',
    'STATE-RESERVED',
    'STATE-RESERVED-OTHER',
    'TRANS-OTHER',
    'SAVE-ERR',
    'STATE-STEADY',
    'MIG-RESERVED-W',
    'MIG-RO-PENDING',
    'MIG-RO-OFFSET',
    'MIG-WIDTH',
    ...ARC_CLAUSES,
  ],
  create: (judge) => new DeviceStateOracle(judge),
};
