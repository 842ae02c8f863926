/** What the host asks of the matrix in the guest, and what comes back: plain data, one JSON file there, JSON lines back. */
import type { CaseStatus } from '../../runner/execution/case-result';
import type { RunVerdict } from '../../runner/execution/verdict';
import type { KernelFinding } from '../kernel-log';

export const layouts = ['trapped', 'mmapped', 'partitioned'] as const;
export type Layout = (typeof layouts)[number];

/** Names of files in the run's folder. */
export const requestFile = 'matrix-request.json';
export const rowsFile = 'matrix.jsonl';
export const failuresFile = 'matrix-failures.jsonl';
export const aboutFile = 'matrix-about.json';
/** The names of all trials, this guest's and the others'. */
export const trialsFile = 'matrix-trials.json';

export interface MatrixRequest {
  /**
   * Sample: each fault with cases that name its clauses, and some others; then, as long as it is not caught, with all the rest.
   * Whole: each fault with every case.
   */
  readonly mode: 'sample' | 'whole';
  readonly layouts: readonly Layout[];
  /** Bytes of internal memory that the correct module is certified with, in each layout. */
  readonly stateSizes: readonly number[];
  /** Bytes of internal memory with which the correct module makes the migrations of `transitions/` alone: too much for all the rest. */
  readonly largeSizes: readonly number[];
  /** Bytes that the faults are tried with. */
  readonly faultStateSize: number;
  /** Each fault in every layout in which it shows; else in one of them, another one from fault to fault. */
  readonly everyLayout: boolean;
  /** Chooses the samples. */
  readonly seed: number;
  /** How many cases of a sample name the fault's clauses, at most, and how many others there are. */
  readonly covering: number;
  readonly others: number;
  /** A fault that is on while the correct module is certified: to see that it turns the run red. */
  readonly switchedOn?: string;
  /** Only these faults and variations; absent: all of the module's. */
  readonly only?: readonly string[];
  /** Names of trials that an earlier run has made. */
  readonly done?: readonly string[];
}

export type MatrixOutcome =
  | 'conformant'
  | 'not-conformant'
  | 'caught'
  | 'missed'
  | 'wrong-diagnosis'
  | 'silent'
  | 'false-alarm';

export interface MatrixRow {
  readonly kind: 'correct' | 'large' | 'fault' | 'variation';
  /** Of the fault or variation; `none` on the correct module. */
  readonly name: string;
  readonly summary: string;
  readonly breaks: readonly string[];
  readonly layout: Layout;
  readonly stateSize: number;
  /** Whether the device was taken for a zPCI function. */
  readonly zpci: boolean;
  readonly good: boolean;
  readonly outcome: MatrixOutcome;
  readonly verdict: RunVerdict;
  /** Clauses reported broken or warned. */
  readonly reported: readonly string[];
  /** Why it is not as it should be. */
  readonly remarks: readonly string[];
  readonly cases: Readonly<Record<CaseStatus, number>>;
  /** Cases that were left out: the sample was enough, or too many had hung. */
  readonly leftOut: number;
  /** What the kernel said while it lasted. */
  readonly kernel: readonly KernelFinding[];
  readonly seconds: number;
}

/** What the rows were made with. */
export interface MatrixAbout {
  readonly kernel: string;
  readonly kernelVersion: string;
  readonly driver: { readonly module: string; readonly version: string; readonly srcversion: string };
  readonly kit: string;
  readonly node: string;
  readonly suite: string;
  readonly cases: number;
  readonly clauses: number;
  readonly catalogue: string;
  readonly faults: number;
  readonly variations: number;
}
