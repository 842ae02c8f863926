/** SaveBounds: a saving loop that goes on and on is ended by the kit's own limits, never by trust in what the device promises. */
import type { StepContext } from './step-context';

/** Iterations without a byte after which a device that still promises some is going nowhere. */
const MAX_EMPTY_ITERATIONS = 64;
/** A device that counts exactly, and has delivered this many times what it promised, and this much more, has begun anew. */
const DRAIN_FACTOR = 4n;
const DRAIN_SLACK = 1n << 20n;

export class SaveBounds {
  bytes = 0n;
  private promised: bigint | undefined;
  private empty = 0;
  private buffers = 0;
  private iterations = 0;
  private exact = 0;

  constructor(
    private readonly context: StepContext,
    /** In stop-and-copy: nothing new can come. */
    private readonly stopped: boolean,
  ) {}

  delivered(size: bigint): void {
    this.bytes += size;
    this.buffers += 1;
    this.empty = size === 0n ? this.empty + 1 : 0;
  }

  /** An iteration is over; `exact`: pending_bytes fell by the size of its buffer. */
  settled(exact: boolean): void {
    this.iterations += 1;
    if (exact) this.exact += 1;
  }

  /** True when the loop ends here: in pre-copy a device may have something new for ever. In stop-and-copy the step fails instead. */
  exceeded(pending: bigint): boolean {
    this.promised ??= pending;
    const why = this.why();
    if (why === undefined) return false;
    if (!this.stopped) {
      this.context.judge.note(`pre-copy: left after ${why}; pending_bytes is ${pending}`);
      return true;
    }
    this.context.fail({
      clause: 'SAVE-DRAIN',
      expected: 'pending_bytes reaches 0 in a bounded number of iterations',
      observed: `${why}; pending_bytes is ${pending}`,
    });
  }

  private why(): string | undefined {
    const { limits } = this.context.session.device;
    const promised = this.promised ?? 0n;
    if (this.empty >= MAX_EMPTY_ITERATIONS) return `${this.empty} iterations in a row that gave no data`;
    if (this.buffers >= limits.maxBuffers) return `${this.buffers} buffers, the limit of this run`;
    if (this.bytes > limits.maxStateBytes) return `${this.bytes} bytes, above the limit of this run`;
    const much = this.bytes > promised * DRAIN_FACTOR + DRAIN_SLACK;
    // Many drivers announce the next buffer only; where the number falls with each buffer by its size, it can be believed.
    if (much && (!this.stopped || this.exact * 2 > this.iterations))
      return `${this.bytes} bytes where ${promised} were promised`;
    return undefined;
  }
}
