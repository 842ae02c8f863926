/** Ctrl-C and SIGTERM during a run: the devices are closed, what was seen is kept, and the run ends in its own time. */
import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type Caught = (typeof SIGNALS)[number];

/** A terminal sends Ctrl-C to Jest and the executors as well; who sends it to this process alone is understood after this time. */
const PATIENCE_MS = 2_000;

export class Interruption {
  /** The first signal that came. */
  signal: Caught | undefined;
  private readonly handlers = new Set<() => unknown>();
  private readonly listener = (signal: Caught): void => this.caught(signal);
  private timer: NodeJS.Timeout | undefined;

  /** `tell` is called once, with the first signal. */
  constructor(private readonly tell: (signal: Caught) => void) {
    for (const signal of SIGNALS) process.on(signal, this.listener);
  }

  /** Calls `handler` at the first signal; the answer takes that back. */
  onSignal(handler: () => unknown): () => void {
    this.handlers.add(handler);
    return () => void this.handlers.delete(handler);
  }

  /** 128 + the signal's number, as a shell has it. */
  get exitCode(): number | undefined {
    return this.signal === undefined ? undefined : 128 + constants.signals[this.signal];
  }

  end(): void {
    clearTimeout(this.timer);
    for (const signal of SIGNALS) process.off(signal, this.listener);
  }

  private caught(signal: Caught): void {
    if (this.signal !== undefined) {
      // Asked twice, or passing SIGTERM on to Jest: nothing more to wait for.
      if (signal === 'SIGINT') process.emit('SIGTERM', 'SIGTERM');
      return;
    }
    this.signal = signal;
    this.tell(signal);
    for (const handler of this.handlers) handler();
    if (signal !== 'SIGTERM') this.timer = setTimeout(() => process.emit('SIGTERM', 'SIGTERM'), PATIENCE_MS);
  }
}
