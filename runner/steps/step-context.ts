/** StepContext: all that a verb may touch. The engine makes one for each step (execution/case-run.ts). */

import type { VfioHost } from '../host/vfio-host';
import type { ClauseId, DeviceProfile, Step } from '../language/scenario';
import type { Judge, Observation } from '../oracles/judge';
import type { Given } from '../oracles/views';
import type { BitmapSeen } from './bitmap-seen';
import type { DeviceSession } from './device-session';
import type { SavedStream } from './saved-stream';
import type { StreamSpool } from './stream-spool';

/** Something to show beside a step. */
export interface Attachment {
  readonly name: string;
  /** text/plain, application/json, image/svg+xml, text/csv. */
  readonly type: string;
  readonly body: string;
}

export type SideName = 'source' | 'destination' | 'second';

/** A value that a `read` step saw while something collects values (fingerprint). */
export interface Captured {
  readonly what: string;
  readonly value: string;
}

/** What the steps of one case share, whatever side they act on. */
export interface CaseMemory {
  readonly streams: Map<string, SavedStream>;
  /** Where the bytes of saved streams lie. */
  readonly spool: StreamSpool;
  readonly fingerprints: Map<string, readonly Captured[]>;
  readonly values: Map<string, string>;
  /** Set while a step collects what `read` steps see. */
  capturing: Captured[] | undefined;
  /** Where in this case a plain stream was plainly restored: what fails there later is the doing of what was tried since. */
  readonly plainlyRestored: Set<SideName>;
}

/** Why a step did not come out as it should. */
export interface StepFailureReason extends Observation {
  /** The clause it breaks; a step's own `judge:` comes first, the scenario's first clause last. */
  readonly clause?: ClauseId;
  /** `clause` was found out by looking again, after the step had failed: it comes before the step's own `judge:`. */
  readonly foundOut?: boolean;
  /** The oracles judge what failed here: where one of them found anything in this step, a warning included, it stays at that. */
  readonly oracleJudges?: boolean;
}

export interface StepContext {
  readonly step: Step;
  readonly host: VfioHost;
  readonly judge: Judge;
  /** The device that the step acts on. */
  readonly session: DeviceSession;
  readonly profile: DeviceProfile | undefined;
  readonly memory: CaseMemory;
  /** For everything random in a case: the run's seed. */
  readonly seed: number;
  /** `raw-ioctl`, `programs`: what the command line allowed. */
  readonly allow: readonly string[];
  /** Milliseconds that the step, or the one it is part of, may take without an access. */
  readonly deadlineMs: number;
  /** Runs nested steps on the same device, or on another side. */
  run(steps: readonly Step[], side?: SideName): void;
  /** Does something on another open side, within this step. */
  onSide<Result>(side: SideName, act: (context: StepContext) => Result): Result;
  /** Ends the step, and the case, as failed. */
  fail(reason: StepFailureReason): never;
  /** Ends the step, and the case, as broken: the kit, the profile or the machine is at fault, not the device. */
  giveUp(message: string): never;
  /** Ends the case as skipped: the device can not do this, with the evidence, or something is missing that the user could give. */
  skip(kind: 'not-applicable' | 'not-judged', need: string, reason: string): never;
  attach(attachment: Attachment): void;
  /** Keeps a judged bitmap with the case's result, for pictures. */
  showBitmap(bitmap: BitmapSeen): void;
  /** Tells the oracles what the device was given in _RESUMING. */
  declareGiven(given: Given): void;
  /** Tells the oracles that the device is being made to fail, until it is told otherwise. */
  declareFaultAsked(asked: boolean): void;
}
