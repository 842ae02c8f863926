/**
 * Judge: where steps and oracles say what they saw of a clause. It counts, remembers the step and the accesses that led there,
 * and leaves to the catalogue what a broken clause means (must, should, waived).
 */
import type { ClauseId, Level, Who } from '../language/scenario';

export interface Observation {
  readonly expected: string;
  readonly observed: string;
  /** What to look at or to try. */
  readonly hint?: string;
  /** Held against someone else than the catalogue says, e.g. the kernel for an IOMMU-backed device's dirty pages. */
  readonly who?: Who;
  /** Weighs less than the clause's own level here, where its note says so (a half-done two-step transition is warned). */
  readonly level?: Level;
}

export interface Judge {
  /** The clause had a chance to break here and did not. */
  kept(clause: ClauseId, who?: Who): void;
  /** The clause broke here. */
  broken(clause: ClauseId, what: Observation): void;
  /** kept or broken; returns `ok`. The observation is only built when it is needed. */
  check(clause: ClauseId, ok: boolean, what: () => Observation): boolean;
  /** A thing that the text leaves open was seen (may, undefined): said in the report, held against nobody. */
  reported(clause: ClauseId, observed: string): void;
  /** The clause can not be judged on this device, with the evidence that says so. */
  notApplicable(clause: ClauseId, evidence: string): void;
  /** A number worth keeping: bytes, milliseconds, a ratio. The last one under a name stays. */
  figure(name: string, value: number): void;
  /** A line for the report. */
  note(text: string): void;
}
