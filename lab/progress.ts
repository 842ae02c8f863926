/** Progress lines on standard error, each with the seconds since the lab started, so that a log shows where the time went. */
import { performance } from 'node:perf_hooks';

export interface Progress {
  /** Something begins. */
  step(text: string): void;
  /** A detail of the step: indented. */
  detail(text: string): void;
  /** Seconds since the start. */
  seconds(): number;
}

export function startProgress(write: (line: string) => void = (line) => process.stderr.write(`${line}\n`)): Progress {
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1000;
  return {
    step: (text) => write(`lab ${seconds().toFixed(1).padStart(6)} s  ${text}`),
    detail: (text) => write(`${' '.repeat(14)}${text}`),
    seconds,
  };
}

/** For parts that are used without a terminal (tests, other tools). */
export const silent: Progress = { step: () => undefined, detail: () => undefined, seconds: () => 0 };
