/**
 * Watchdog: measures an executor from outside. A single access that does not return within the deadline is the device's doing; a process
 * that makes no access for that long, and ends no step, is the kit's.
 */
import fs from 'node:fs';
import { type Flight, readFlight } from '../host/flight-reader';
import { type FlightSummary, type Loss, sayRow } from './executor-loss';

/** However slow a device is, a step that takes this long is given up. */
const STEP_CAP_MS = 30 * 60_000;
const LOOKS_PER_DEADLINE = 4;
const LONGEST_LOOK_MS = 2_000;

export class Watchdog {
  /** Of the step that runs. */
  title = '';
  private timer: NodeJS.Timeout | undefined;
  private deadlineMs = 0;
  private began = 0;
  private lastSequence = -1;
  private movedAt = 0;

  constructor(
    private readonly flight: string,
    private readonly bark: (loss: Loss) => void,
    /** Of the executor, once it is started. */
    private readonly pid: () => number | undefined = () => undefined,
  ) {}

  step(title: string, deadlineMs: number): void {
    this.rest();
    this.title = title;
    this.deadlineMs = deadlineMs;
    this.began = performance.now();
    this.movedAt = this.began;
    this.arm();
  }

  /** Nothing runs. */
  rest(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = undefined;
  }

  end(): void {
    this.rest();
  }

  /** What the executor was doing when it was last seen. */
  look(): FlightSummary | undefined {
    return flightSummary(this.flight);
  }

  private arm(): void {
    const wait = Math.min(LONGEST_LOOK_MS, Math.max(10, this.deadlineMs / LOOKS_PER_DEADLINE));
    this.timer = setTimeout(() => this.check(), wait);
  }

  private check(): void {
    const now = performance.now();
    const flight = this.look();
    const sequence = flight?.sequence ?? -1;
    if (sequence !== this.lastSequence) {
      this.lastSequence = sequence;
      this.movedAt = now;
    }
    const stuck = now - this.movedAt >= this.deadlineMs;
    if (stuck && isStopped(this.pid())) {
      this.bark({ kind: 'trouble', message: `the executor was stopped from outside during "${this.title}" (SIGSTOP)` });
    } else if (stuck && flight?.inAccess) {
      this.bark({
        kind: 'device',
        message: `${flight.what} did not return within ${this.deadlineMs} ms`,
        step: this.title,
        flight,
      });
    } else if (stuck) {
      this.bark({
        kind: 'trouble',
        message: `"${this.title}" made no progress for ${this.deadlineMs} ms, and was in no access to the device`,
      });
    } else if (now - this.began > STEP_CAP_MS) {
      this.bark({ kind: 'trouble', message: `"${this.title}" took more than ${STEP_CAP_MS / 60_000} minutes` });
    } else {
      this.arm();
    }
  }
}

/** By a signal, or a debugger: then no access is the device's to answer for. */
function isStopped(pid: number | undefined): boolean {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    return ['T', 't'].includes(stat.charAt(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}

/** What a recording says of its writer; undefined when there is none. */
export function flightSummary(path: string): FlightSummary | undefined {
  const flight = readFlight(path);
  return flight.recorded ? summary(flight) : undefined;
}

function summary(flight: Flight): FlightSummary {
  const last = flight.rows.at(-1);
  return {
    inAccess: flight.inAccess,
    sequence: last?.sequence ?? 0,
    what: last ? sayRow(last) : 'nothing',
    rows: flight.rows.slice(-16),
  };
}
