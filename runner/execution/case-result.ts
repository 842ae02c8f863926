/** CaseResult: the one shape that feeds Jest, Allure, JSON, JUnit and the certificate. Plain data: it crosses processes and goes to disk. */
import type { ClauseId, Level, SourcePosition, Who } from '../language/scenario';
import type { Attachment } from '../steps/step-context';
import type { Course } from './course';

export type { Attachment } from '../steps/step-context';
export type { Course } from './course';

/** passed; failed: the driver broke a clause; broken: the kit or the machine did; skipped: see `skip`. */
export type CaseStatus = 'passed' | 'failed' | 'broken' | 'skipped';

/** How a clause came out of one judgement. `reported` is for may and undefined: seen, said, never held against anyone. */
export type JudgementVerdict = 'kept' | 'broken' | 'warned' | 'waived' | 'reported' | 'obeyed';

/** One access to the device or the IOMMU, decoded for people. */
export interface AccessRow {
  readonly sequence: number;
  /** Milliseconds since the case began. */
  readonly atMs: number;
  /** source, destination, ... */
  readonly side: string;
  /** pread, pwrite, ioctl, load, store, mmap, ... */
  readonly call: string;
  /** `device_state`, `region 7 + 0x1000`, `VFIO_IOMMU_MAP_DMA`. */
  readonly target: string;
  readonly length: number;
  /** `0x2 (stop-and-copy)`; at most 200 characters. */
  readonly value: string;
  /** >= 0, or -errno. */
  readonly result: number;
  /** `EINVAL`, or empty. */
  readonly errno: string;
  /** The access that a finding is about. */
  readonly marked?: boolean;
}

/** A clause seen broken (or warned, waived, reported), with what was expected and what was observed. */
export interface Finding {
  readonly clause: ClauseId;
  readonly verdict: JudgementVerdict;
  readonly level: Level;
  readonly who: Who;
  /** Position of the step in the YAML. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly scenario: string;
  readonly case: string;
  /** `step 3 "transition: stop"`. */
  readonly step: string;
  readonly expected: string;
  readonly observed: string;
  /** What to try or to look at, where there is something to say. */
  readonly hint?: string;
  /** How often the clause broke in this step; the finding tells of the first time. Absent for once. */
  readonly times?: number;
  /** The accesses up to the one that showed it, the last one marked. */
  readonly accesses: readonly AccessRow[];
}

export interface StepResult {
  /** `transition: pre-copy`. */
  readonly title: string;
  readonly verb: string;
  readonly position: SourcePosition;
  readonly status: 'passed' | 'failed' | 'broken' | 'skipped';
  /** Milliseconds since the case began. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly message?: string;
  readonly expected?: string;
  readonly observed?: string;
  readonly steps: readonly StepResult[];
  readonly attachments: readonly Attachment[];
  /** First and last access sequence of this step, for cutting the access table. */
  readonly accesses?: readonly [number, number];
}

/** How often a clause was judged in one case. */
export interface ClauseTally {
  readonly clause: ClauseId;
  readonly kept: number;
  readonly broken: number;
  /** Who it was held against when that differs from the catalogue (DIRTY-COMPLETE on an IOMMU-backed device is the kernel's). */
  readonly who?: Who;
  /** Evidence that the clause does not apply to this device, or that its condition did not arise. */
  readonly notApplicable?: string;
}

export interface SkipReason {
  /** not-applicable: a predicate with evidence says so; not-judged: something is missing that the user could give. */
  readonly kind: 'not-applicable' | 'not-judged' | 'filtered';
  /** The need that was not met, e.g. `migration-v1`. */
  readonly need: string;
  /** For people, with the evidence that decided it. */
  readonly reason: string;
}

/** A thing that the device does not have and that nobody claims of it: whole families of clauses do not apply. */
export interface Lack {
  /** migration-v1, zpci, dirty-pages. */
  readonly need: string;
  readonly evidence: string;
  /** Families of the catalogue. */
  readonly families: readonly string[];
}

export interface CaseResult {
  readonly schemaVersion: 1;
  readonly id: string;
  readonly title: string;
  readonly scenario: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly matrix: Readonly<Record<string, string>>;
  /** The device as named on the command line. */
  readonly device: string;
  readonly clauses: readonly ClauseId[];
  readonly tags: readonly string[];
  readonly owner?: string;
  readonly severity?: string;
  readonly status: CaseStatus;
  /** One line for people: why it failed, is broken or was skipped. */
  readonly reason?: string;
  readonly skip?: SkipReason;
  /** ISO 8601, and milliseconds. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly steps: readonly StepResult[];
  readonly findings: readonly Finding[];
  readonly tallies: readonly ClauseTally[];
  /** Numbers worth charting: bytes saved, downtime, dirty precision. */
  readonly figures: Readonly<Record<string, number>>;
  /** What was seen over time, for pictures; absent where there is nothing to draw. */
  readonly course?: Course;
  /** Notes such as `scope: all-mapped`, `undiagrammed arc refused`. */
  readonly notes: readonly string[];
  /** Absent where nothing is lacking. */
  readonly lacks?: readonly Lack[];
  readonly accesses: readonly AccessRow[];
  /** More than 1 when it was tried again. */
  readonly attempts: number;
}
