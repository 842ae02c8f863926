/** Judges one write of device_state by what the next read of it says (header diff, lines 57-77 and 97-157). */
import { DEVICE_STATE_BITS, VFIO_DEVICE_STATE_MASK, VFIO_DEVICE_STATE_VALID } from '../abi';
import type { ClauseId } from '../language/scenario';
import type { Judge } from './judge';
import { clauseOfArc, sayState, sayWrite } from './state-arcs';
import type { Given } from './views';

const ERROR = DEVICE_STATE_BITS.error;
const RESERVED_BITS = ~VFIO_DEVICE_STATE_MASK;

/** A write that was made and not yet read back. */
export interface StateWrite {
  readonly before: number;
  readonly written: number;
  /** Bytes, or -errno. */
  readonly result: number;
  readonly given: Given;
  readonly blame: ClauseId | undefined;
  /** The kit made the device fail on purpose: that a transition fails then is no finding. */
  readonly faultAsked: boolean;
  /** Something was provoked before after which the text grants no transition any more. */
  readonly doubtful: boolean;
  /** The write before this one failed and left the device in a valid state. */
  readonly afterFailure: boolean;
  /** The same transition worked before, in this case. */
  readonly workedBefore: boolean;
}

/** The three bits before, asked for, and read back. */
interface Bits {
  readonly was: number;
  readonly want: number;
  readonly is: number;
}

/** True for 101b and 111b: what device_state never reads as. */
export function isIllegal(bits: number): boolean {
  return bits === 0b101 || bits === 0b111;
}

export class StateWrites {
  constructor(private readonly judge: Judge) {}

  /** `now` is device_state as read after the write, all 32 bits. */
  judgeWrite(write: StateWrite, now: number): void {
    const was = write.before & VFIO_DEVICE_STATE_MASK;
    const bits = { was, want: write.written & VFIO_DEVICE_STATE_MASK, is: now & VFIO_DEVICE_STATE_MASK };
    // From a state that does not exist nothing follows; how it came about was judged there.
    if (isIllegal(was)) return;
    const observed = `${sayWrite(write.result)}, device_state then is ${sayState(now)}`;
    if (was === ERROR) this.judgeSticky(write, bits, observed);
    else if (!VFIO_DEVICE_STATE_VALID(bits.want)) this.judgeInvalid(write, bits, observed);
    else if (((write.before ^ write.written) & RESERVED_BITS) !== 0) this.judgeOtherBits(write, bits, observed);
    else this.judgeValid(write, bits, observed);
    if (bits.is === ERROR && was !== ERROR) this.judgeErrorBits(write.before, now);
  }

  private judgeSticky(write: StateWrite, { is }: Bits, observed: string): void {
    this.judge.check('STATE-ERR-STICKY', write.result !== 4 && is === ERROR, () => ({
      expected: 'in the error state every device_state write fails, and the state stays 110b',
      observed,
    }));
  }

  private judgeInvalid(write: StateWrite, { was, want, is }: Bits, observed: string): void {
    if (write.result < 0 && isIllegal(is)) {
      this.brokenAfterError(`writing ${sayState(want)}`, was, observed);
      return;
    }
    const clause = want === ERROR ? 'STATE-INVALID-110' : want === 0b101 ? 'STATE-INVALID-101' : 'STATE-INVALID-111';
    const settled = is === was || (want === ERROR && is === ERROR);
    const refused = this.judge.check(clause, write.result !== 4 && settled, () => ({
      expected:
        want === ERROR
          ? `writing ${sayState(want)} fails; the state stays ${sayState(was)} or becomes the error state`
          : `writing ${sayState(want)} fails, and the state stays ${sayState(was)}`,
      observed,
    }));
    if (write.result < 0 && refused) {
      this.judge.kept('STATE-WRITE-ERR');
      this.judge.kept('STATE-AFTER-ERR');
    }
    if (write.result >= 0 && write.result !== 4) this.judgeCount(write, observed);
  }

  /** Bits 3 to 31 were changed on purpose: any answer will do, and the state must be one that exists. */
  private judgeOtherBits(write: StateWrite, { was, is }: Bits, observed: string): void {
    const answer = write.result === 4 ? 'accepted' : `refused (${sayWrite(write.result)})`;
    const hex = (value: number): string => `0x${(value >>> 0).toString(16)}`;
    this.judge.reported('STATE-RESERVED-OTHER', `${hex(write.written)} over ${hex(write.before)}: ${answer}`);
    if (isIllegal(is)) this.brokenAfterError(`writing ${hex(write.written)}`, was, observed);
  }

  private judgeValid(write: StateWrite, bits: Bits, observed: string): void {
    const { was, want, is } = bits;
    const title = `${sayState(was)} -> ${sayState(want)}`;
    if (write.result === 4) {
      this.judgeSuccess(write, bits, title, observed);
      return;
    }
    if (write.result >= 0 && is === want) {
      // It is there, and did not say so: the transition worked, and what is wrong is the answer.
      this.judge.broken('STATE-WRITE-OK', {
        expected: `${title}: a write that made the transition returns 4`,
        observed,
      });
      return;
    }
    if (write.result >= 0) this.judgeCount(write, observed);
    else this.judge.kept('STATE-WRITE-ERR');
    if (this.judgeAfterError(bits, title, observed)) this.judgeRefusal(write, bits, title, observed);
  }

  /** Whether it may be refused at all. */
  private judgeRefusal(write: StateWrite, { was, want }: Bits, title: string, observed: string): void {
    if (write.faultAsked) return;
    const arc = clauseOfArc(was, want);
    if (arc === undefined) {
      this.judge.reported('TRANS-OTHER', `${title}: refused (${sayWrite(write.result)})`);
      if (write.afterFailure) this.judge.kept('STATE-REACHABLE');
      return;
    }
    if (arc === 'TRANS-RES-RUN') {
      // Without the whole of the data a device may decline to run; with a blame the data came from a device under judgement.
      if (write.given === 'in-question' || (write.given !== 'whole' && write.blame === undefined)) return;
    }
    if (write.blame === undefined && write.doubtful) return;
    if ((write.before & RESERVED_BITS) !== 0) {
      this.judge.broken('STATE-RESERVED', {
        expected: `${title} is accepted when bits 3 to 31 are written as they were read, 0x${(write.before >>> 0).toString(16)}`,
        observed,
      });
    }
    // What never worked is not owed to the failure before.
    const spoilt = write.afterFailure && write.workedBefore;
    const clause = write.blame ?? (spoilt ? 'STATE-REACHABLE' : arc);
    this.judge.broken(clause, {
      expected: spoilt ? `${title} works as before, also after a transition that failed` : `${title} is supported`,
      observed,
    });
  }

  private judgeSuccess(write: StateWrite, { was, want, is }: Bits, title: string, observed: string): void {
    const arc = clauseOfArc(was, want);
    if (is === ERROR) {
      this.judge.reported('SAVE-ERR', `${title} succeeded, and the device reports the error state right after it`);
      if (arc !== undefined && arc !== 'TRANS-RES-RUN' && !write.faultAsked)
        this.judge.broken(write.blame ?? arc, { expected: `${title} is supported`, observed });
      return;
    }
    const taken = this.judge.check('STATE-WRITE-OK', is === want, () => ({
      expected: `after the write device_state reads as the state written, ${sayState(want)}`,
      observed,
    }));
    if (!taken) return;
    this.judge.kept('STATE-RESERVED');
    if (write.afterFailure) this.judge.kept('STATE-REACHABLE');
    if (arc === undefined) this.judge.reported('TRANS-OTHER', `${title}: accepted`);
    else if (arc !== 'TRANS-RES-RUN' || write.given === 'whole' || write.given === 'in-question') this.judge.kept(arc);
    if (write.blame?.startsWith('TRANS-') === true) this.judge.kept(write.blame);
  }

  private judgeCount(write: StateWrite, observed: string): void {
    this.judge.broken('STATE-WRITE-ERR', {
      expected: 'a transition that fails returns an errno, not a count of bytes',
      observed: `${observed} (${write.result} is neither an errno nor all of it)`,
    });
  }

  private judgeAfterError({ was, want, is }: Bits, title: string, observed: string): boolean {
    if (is === was || is === ERROR) {
      this.judge.kept('STATE-AFTER-ERR');
      return true;
    }
    this.brokenAfterError(title, was, observed, is !== want && VFIO_DEVICE_STATE_VALID(is));
    return false;
  }

  private brokenAfterError(title: string, was: number, observed: string, halfway = false): void {
    this.judge.broken('STATE-AFTER-ERR', {
      expected: `${title} failed: device_state is still ${sayState(was)}, or ${sayState(ERROR)}`,
      observed,
      ...(halfway
        ? {
            level: 'should' as const,
            hint: 'a transition of two steps may have stopped half way; the user cannot tell',
          }
        : {}),
    });
  }

  /** The device has turned to ERROR, over a write or by itself: bits 3 to 31 are compared with those of the read before. */
  judgeErrorBits(before: number, now: number): void {
    const kept = ((now ^ before) & RESERVED_BITS) === 0;
    this.judge.check('STATE-ERR-RESERVED', kept, () => ({
      expected: `bits 3 to 31 of device_state as they were: 0x${((before & RESERVED_BITS) >>> 0).toString(16)}`,
      observed: `device_state is 0x${now.toString(16)}`,
    }));
  }
}
