/**
 * Judges every write to device_state by what the next read of it says (header diff, lines 57-157). Reserved bits are never part of the
 * comparison: states are compared under VFIO_DEVICE_STATE_MASK.
 */
import {
  DEVICE_STATE_BITS,
  deviceStateName,
  ERRNO,
  errnoName,
  VFIO_DEVICE_FLAGS_RESET,
  VFIO_DEVICE_STATE_IS_ERROR,
  VFIO_DEVICE_STATE_MASK,
  VFIO_DEVICE_STATE_VALID,
} from '../abi';
import type { ClauseId } from '../language/scenario';
import type { Judge } from './judge';
import type { Oracle, OracleHooks } from './oracle';
import type { DeviceView, FieldAccess, Given, StrayAccess } from './views';

const {
  stop: STOP,
  running: RUNNING,
  'stop-and-copy': STOP_AND_COPY,
  'pre-copy': PRE_COPY,
  resuming: RESUMING,
  error: ERROR,
} = DEVICE_STATE_BITS;

/** The arcs that the diagram shows or that QEMU needs, each with the clause that a refusal breaks. */
const ARCS: ReadonlyMap<string, ClauseId> = new Map([
  [`${RUNNING}>${STOP}`, 'TRANS-RUN-STOP'],
  [`${STOP}>${RUNNING}`, 'TRANS-STOP-RUN'],
  [`${STOP}>${STOP_AND_COPY}`, 'TRANS-STOP-SC'],
  [`${RUNNING}>${STOP_AND_COPY}`, 'TRANS-RUN-SC'],
  [`${STOP_AND_COPY}>${STOP}`, 'TRANS-SC-STOP'],
  [`${RUNNING}>${PRE_COPY}`, 'TRANS-RUN-PRE'],
  [`${PRE_COPY}>${STOP_AND_COPY}`, 'TRANS-PRE-SC'],
  [`${PRE_COPY}>${RUNNING}`, 'TRANS-PRE-RUN'],
  [`${STOP_AND_COPY}>${RUNNING}`, 'TRANS-PRE-RUN'],
  [`${RUNNING}>${RESUMING}`, 'TRANS-RUN-RES'],
  [`${RESUMING}>${RUNNING}`, 'TRANS-RES-RUN'],
]);

interface PendingWrite {
  readonly before: number;
  readonly written: number;
  readonly result: number;
  readonly given: Given;
  readonly blame: ClauseId | undefined;
}

/** What is remembered of one device between accesses. */
interface Memory {
  fresh: 'opened' | 'reset-from-error' | 'reset' | undefined;
  pending: PendingWrite | undefined;
  /** The last state that was read, kept over a write until it is judged. */
  last: number | undefined;
  /** A failed transition left the device in a valid state: the next one shows STATE-REACHABLE. */
  afterFailure: boolean;
  /** The last access that must not move the state, with the clause that says so. */
  harmless: { readonly clause: ClauseId; readonly what: string } | undefined;
}

const say = (state: number) =>
  `${(state & VFIO_DEVICE_STATE_MASK).toString(2).padStart(3, '0')}b (${deviceStateName(state)})`;

function sayResult(result: number): string {
  if (result < 0) return `write failed with ${errnoName(-result) ?? `errno ${-result}`}`;
  return result === 4 ? 'write succeeded' : `write returned ${result} of 4 bytes`;
}

class DeviceStateOracle implements OracleHooks {
  private readonly memories = new Map<DeviceView, Memory>();

  constructor(private readonly judge: Judge) {}

  deviceOpened(device: DeviceView): void {
    this.memories.set(device, {
      fresh: 'opened',
      pending: undefined,
      last: undefined,
      afterFailure: false,
      harmless: undefined,
    });
  }

  deviceClosed(device: DeviceView): void {
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
    memory.pending = undefined;
    memory.last = undefined;
    memory.harmless = undefined;
    memory.afterFailure = false;
  }

  /** EAGAIN is tried again by who asked; without FLAGS_RESET nothing was promised. */
  private judgeRefusedReset(device: DeviceView, memory: Memory, result: number): void {
    const offered = ((device.info?.flags ?? 0) & VFIO_DEVICE_FLAGS_RESET) !== 0;
    if (!offered || result === -ERRNO.EAGAIN || memory.last === undefined) return;
    const state = memory.last & VFIO_DEVICE_STATE_MASK;
    if (state === RUNNING) return;
    this.judge.broken(state === ERROR ? 'STATE-RESET' : 'RES-RESET', {
      expected: `VFIO_DEVICE_RESET works in ${say(state)}`,
      observed: errnoName(-result),
    });
  }

  fieldWrite(device: DeviceView, access: FieldAccess): void {
    const memory = this.memories.get(device);
    if (!memory) return;
    if (access.field !== 'device_state') {
      const clause = HARMLESS_WRITES[access.field];
      if (clause) memory.harmless = { clause, what: `a write of 0x${access.value.toString(16)} to ${access.field}` };
      return;
    }
    memory.pending = undefined;
    memory.harmless = undefined;
    if (memory.last === undefined) return;
    memory.pending = {
      before: memory.last,
      written: Number(access.value),
      result: access.result,
      given: device.given,
      blame: device.blame,
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
    const legal = VFIO_DEVICE_STATE_VALID(now) || VFIO_DEVICE_STATE_IS_ERROR(now);
    // What a write of such a value led to has a clause of its own.
    if (!legal && (memory.pending === undefined || VFIO_DEVICE_STATE_VALID(memory.pending.written))) {
      this.judge.broken('STATE-STEADY', {
        expected: 'device_state never reads as 101b or 111b',
        observed: `it is ${say(now)}`,
      });
    }
    this.judgeFresh(device, memory, now);
    if (memory.pending) this.judgeWrite(memory, memory.pending, now);
    else this.judgeUntouched(memory, now);
    memory.pending = undefined;
    memory.harmless = undefined;
    memory.fresh = undefined;
    memory.last = now;
    if (!VFIO_DEVICE_STATE_IS_ERROR(now) || !device.info) return;
    this.judge.check('STATE-RESET-FLAG', (device.info.flags & VFIO_DEVICE_FLAGS_RESET) !== 0, () => ({
      expected: 'a driver that reports the error state offers VFIO_DEVICE_RESET (VFIO_DEVICE_FLAGS_RESET)',
      observed: `device_state is ${say(now)}, and the device info has no VFIO_DEVICE_FLAGS_RESET`,
    }));
  }

  private judgeFresh(_device: DeviceView, memory: Memory, now: number): void {
    const running = (now & VFIO_DEVICE_STATE_MASK) === RUNNING;
    const observed = `device_state is ${say(now)}`;
    if (memory.fresh === 'opened') {
      this.judge.check('STATE-DEFAULT', running, () => ({
        expected: 'a device that was just opened is in 001b (running)',
        observed,
      }));
    } else if (memory.fresh === 'reset-from-error') {
      this.judge.check('STATE-RESET', running, () => ({
        expected: 'VFIO_DEVICE_RESET takes the device from error to 001b (running)',
        observed,
      }));
    } else if (memory.fresh === 'reset') {
      this.judge.check('RES-RESET', running, () => ({
        expected: 'VFIO_DEVICE_RESET leaves the device in 001b (running)',
        observed,
      }));
    }
  }

  /** Two reads with no state write between them: only an internal error may have moved the state. */
  private judgeUntouched(memory: Memory, now: number): void {
    const { last, harmless } = memory;
    if (last === undefined) return;
    const same = ((now ^ last) & VFIO_DEVICE_STATE_MASK) === 0;
    if (harmless) {
      this.judge.check(harmless.clause, same, () => ({
        expected: `${harmless.what} leaves device_state at ${say(last)}`,
        observed: `device_state is ${say(now)}`,
      }));
      return;
    }
    if (same) {
      this.judge.kept('STATE-STEADY');
      return;
    }
    if (VFIO_DEVICE_STATE_IS_ERROR(now)) {
      this.judge.reported('SAVE-ERR', `the device went from ${say(last)} to the error state by itself`);
      return;
    }
    this.judge.broken('STATE-STEADY', {
      expected: `device_state stays at ${say(last)} until it is written`,
      observed: `device_state is ${say(now)}, and nothing wrote it in between`,
    });
  }

  private judgeWrite(memory: Memory, write: PendingWrite, now: number): void {
    const was = write.before & VFIO_DEVICE_STATE_MASK;
    const want = write.written & VFIO_DEVICE_STATE_MASK;
    const is = now & VFIO_DEVICE_STATE_MASK;
    const observed = `${sayResult(write.result)}, device_state then is ${say(now)}`;
    if (was === ERROR) this.judgeSticky(write, is, observed);
    else if (!VFIO_DEVICE_STATE_VALID(want)) this.judgeInvalid(was, want, is, write, observed);
    else if (((write.before ^ write.written) & ~VFIO_DEVICE_STATE_MASK) !== 0) this.judgeReserved(is, write, observed);
    else this.judgeValid(memory, write, { was, want, is }, observed);
    if (is === ERROR && was !== ERROR) this.judgeErrorBits(write, now);
    memory.afterFailure = write.result < 0 && VFIO_DEVICE_STATE_VALID(is);
  }

  private judgeSticky(write: PendingWrite, is: number, observed: string): void {
    const left = write.result === 4 || is !== ERROR;
    this.judge.check('STATE-ERR-STICKY', !left, () => ({
      expected: 'in the error state every device_state write fails, and the state stays 110b',
      observed,
    }));
  }

  private judgeInvalid(was: number, want: number, is: number, write: PendingWrite, observed: string): void {
    const clause = want === ERROR ? 'STATE-INVALID-110' : want === 0b101 ? 'STATE-INVALID-101' : 'STATE-INVALID-111';
    const settled = is === was || (want === ERROR && is === ERROR);
    this.judge.check(clause, write.result !== 4 && settled, () => ({
      expected:
        want === ERROR
          ? `writing ${say(want)} fails; the state stays ${say(was)} or becomes the error state`
          : `writing ${say(want)} fails, and the state stays ${say(was)}`,
      observed,
    }));
    if (write.result >= 0 && write.result !== 4) this.judgeShort(write, observed);
  }

  private judgeReserved(is: number, write: PendingWrite, observed: string): void {
    const answer = write.result === 4 ? 'accepted' : 'refused';
    this.judge.reported(
      'STATE-RESERVED-OTHER',
      `device_state 0x${write.written.toString(16)} over 0x${write.before.toString(16)}: ${answer}`,
    );
    if (is === 0b101 || is === 0b111) {
      this.judge.broken('STATE-AFTER-ERR', {
        expected: 'a state the text knows, whatever the reserved bits were',
        observed,
      });
    }
  }

  private judgeValid(
    memory: Memory,
    write: PendingWrite,
    state: { was: number; want: number; is: number },
    observed: string,
  ): void {
    const { was, want, is } = state;
    const arc = was === want ? 'STATE-NOP' : ARCS.get(`${was}>${want}`);
    const title = `${say(was)} -> ${say(want)}`;
    if (memory.afterFailure) this.judge.kept('STATE-REACHABLE');
    if (write.result === 4) {
      this.judgeSuccess(write, state, arc, title, observed);
      return;
    }
    if (write.result >= 0) {
      // Neither a success nor an errno: nobody can tell what it means, unless the state did move.
      if (is === want && was !== want) {
        this.judge.broken('STATE-WRITE-OK', {
          expected: `${title}: a write that made the transition returns 4`,
          observed,
        });
        return;
      }
      this.judgeShort(write, observed);
    } else {
      this.judge.kept('STATE-WRITE-ERR');
      this.judgeAfterError(state, title, observed);
    }
    if (arc === undefined) {
      this.judge.reported('TRANS-OTHER', `${title}: refused (${sayResult(write.result)})`);
      return;
    }
    // Without the whole of the data a device may decline to run; with a blame the data came from a device under judgement.
    if (arc === 'TRANS-RES-RUN' && write.given === 'in-question') return;
    if (arc === 'TRANS-RES-RUN' && write.given !== 'whole' && write.blame === undefined) return;
    this.judge.broken(write.blame ?? arc, { expected: `${title} is supported`, observed });
  }

  private judgeSuccess(
    write: PendingWrite,
    state: { was: number; want: number; is: number },
    arc: ClauseId | undefined,
    title: string,
    observed: string,
  ): void {
    const { want, is } = state;
    if (is === ERROR) {
      this.judge.reported('SAVE-ERR', `${title} succeeded, and the device reports the error state right after it`);
      if (arc !== undefined && arc !== 'TRANS-RES-RUN')
        this.judge.broken(write.blame ?? arc, { expected: `${title} is supported`, observed });
      return;
    }
    const taken = this.judge.check('STATE-WRITE-OK', is === want, () => ({
      expected: `after the write device_state reads as the state written, ${say(want)}`,
      observed,
    }));
    if (!taken) return;
    if ((write.before & ~VFIO_DEVICE_STATE_MASK) === (write.written & ~VFIO_DEVICE_STATE_MASK))
      this.judge.kept('STATE-RESERVED');
    if (arc === undefined) this.judge.reported('TRANS-OTHER', `${title}: accepted`);
    else if (arc !== 'TRANS-RES-RUN' || write.given === 'whole' || write.given === 'in-question') this.judge.kept(arc);
  }

  private judgeShort(write: PendingWrite, observed: string): void {
    this.judge.broken('STATE-WRITE-ERR', {
      expected: 'a transition that fails returns an errno, not a count of bytes',
      observed: `${observed} (${write.result} is neither)`,
    });
  }

  private judgeAfterError(state: { was: number; want: number; is: number }, title: string, observed: string): void {
    const { was, want, is } = state;
    if (is === was || is === ERROR) {
      this.judge.kept('STATE-AFTER-ERR');
      return;
    }
    const halfway = is !== want && VFIO_DEVICE_STATE_VALID(is);
    this.judge.broken('STATE-AFTER-ERR', {
      expected: `${title} failed: device_state is still ${say(was)}, or ${say(ERROR)}`,
      observed,
      ...(halfway
        ? {
            level: 'should' as const,
            hint: 'a transition of two steps may have stopped half way; the user cannot tell',
          }
        : {}),
    });
  }

  private judgeErrorBits(write: PendingWrite, now: number): void {
    const kept = ((now ^ write.before) & ~VFIO_DEVICE_STATE_MASK) === 0;
    this.judge.check('STATE-ERR-RESERVED', kept, () => ({
      expected: `bits 3 to 31 of device_state as they were: 0x${(write.before & ~VFIO_DEVICE_STATE_MASK).toString(16)}`,
      observed: `device_state is 0x${now.toString(16)}`,
    }));
  }
}

const HARMLESS_WRITES: Partial<Record<FieldAccess['field'], ClauseId>> = {
  reserved: 'MIG-RESERVED-W',
  pending_bytes: 'MIG-RO-PENDING',
  data_offset: 'MIG-RO-OFFSET',
};

export const oracle: Oracle = {
  name: 'device-state',
  clauses: [
    'STATE-DEFAULT',
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
    'STATE-NOP',
    'TRANS-OTHER',
    'SAVE-ERR',
    'STATE-STEADY',
    'MIG-RESERVED-W',
    'MIG-RO-PENDING',
    'MIG-RO-OFFSET',
    'MIG-WIDTH',
    ...new Set(ARCS.values()),
  ],
  create: (judge) => new DeviceStateOracle(judge),
};
