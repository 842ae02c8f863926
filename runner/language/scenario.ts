/**
 * What the language hands to the engine: checked scenarios, cases, suites, device profiles and the catalogue.
 * All scalars are already lowered: sizes, addresses and 64-bit numbers are bigint, durations are milliseconds.
 */

/** A place in a YAML file, 1-based, as an editor shows it. */
export interface SourcePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export type ClauseId = string;
export type Level = 'must' | 'should' | 'may' | 'undefined';
export type Who = 'driver' | 'kernel' | 'user';

/** One numbered sentence of the interface; see scenarios/clauses.yaml. */
export interface Clause {
  readonly id: ClauseId;
  readonly family: string;
  readonly who: Who;
  readonly level: Level;
  /** The text's own word where it is weaker than our level (`--grade text` uses it). */
  readonly word?: Level;
  readonly because?: string;
  readonly basis?: string;
  readonly authority: string;
  readonly text: string;
  readonly rationale: string;
  readonly note?: string;
  /** Lines of the header's diff, e.g. ["11-12"]. */
  readonly lines: readonly string[];
  readonly position: SourcePosition;
}

/** What should come of a step when that is not plain success. */
export interface Expectation {
  /** Names of errno; the step must fail with one of them. `any` accepts every errno. */
  readonly errno?: readonly string[];
  /** The state that device_state then reads as (under the mask). */
  readonly state?: readonly string[];
  /** `success`, `failure`, or `either` where the text leaves it open. */
  readonly result?: 'success' | 'failure' | 'either';
  readonly position: SourcePosition;
}

/** One step: one verb with its lowered arguments. */
export interface Step {
  readonly verb: string;
  /** Lowered arguments, checked against the verb's schema. Nested steps are already Steps. */
  readonly args: Readonly<Record<string, unknown>>;
  /** One line as a person would write it: `transition: pre-copy`. */
  readonly title: string;
  readonly position: SourcePosition;
  readonly expect?: Expectation;
  /** The clause that a failing expectation of this step breaks; default: the verb's own choice, then the scenario's first clause. */
  readonly judge?: ClauseId;
  /** A user clause that this step breaks on purpose; afterwards only what the text still grants is judged. */
  readonly provoke?: ClauseId;
  /** Milliseconds; default from the profile, then the verb. */
  readonly within?: number;
  readonly note?: string;
}

/** A scenario file, checked; a matrix is unrolled into `cases`. */
export interface Scenario {
  readonly file: string;
  readonly name: string;
  readonly description?: string;
  readonly clauses: readonly ClauseId[];
  readonly needs: readonly string[];
  readonly tags: readonly string[];
  readonly owner?: string;
  readonly severity?: string;
  readonly position: SourcePosition;
  readonly cases: readonly Case[];
}

/** One runnable instance of a scenario: all placeholders filled in. */
export interface Case {
  /** Stable over runs and machines: `<scenario file without .yaml, relative to its root>[#key=value,...]`; what `--case` takes. */
  readonly id: string;
  /** The scenario's name, with the matrix values in brackets. */
  readonly title: string;
  readonly matrix: Readonly<Record<string, string>>;
  readonly scenarioName: string;
  readonly file: string;
  readonly position: SourcePosition;
  readonly clauses: readonly ClauseId[];
  readonly needs: readonly string[];
  readonly tags: readonly string[];
  readonly owner?: string;
  readonly severity?: string;
  readonly steps: readonly Step[];
  readonly finallySteps: readonly Step[];
}

/** A suite file: which scenarios a run takes, the clauses that its verdict rests on, and what it claims of the device. */
export interface Suite {
  readonly file: string;
  readonly name: string;
  readonly description?: string;
  /** Scenario files, absolute, in order, duplicates removed. */
  readonly scenarios: readonly string[];
  readonly clauses: readonly ClauseId[];
  /** Claims such as migration-v1, zpci, ccw, dirty-pages: what the device must therefore show; `[]` when the device decides. */
  readonly claims: readonly string[];
  /** A broken should counts like a broken must in a run that takes this suite. */
  readonly strict: boolean;
  readonly position: SourcePosition;
}

export interface Waiver {
  readonly clause: ClauseId;
  readonly reason: string;
  /** ISO date; after it the waiver no longer counts. */
  readonly until: string;
  readonly position: SourcePosition;
}

/** How to stimulate one device model. Step lists use the same verbs as scenarios and may use ${iova} and ${size}. */
export interface DeviceProfile {
  readonly file: string;
  readonly device: string;
  readonly match: {
    readonly pci?: string;
    readonly driver?: string;
    readonly mdevType?: string;
    readonly reference?: string;
  };
  readonly claims?: readonly string[];
  readonly dma?: StepTemplate;
  readonly irq?: StepTemplate;
  readonly error?: StepTemplate;
  /** Lets the next transition fail, and the device stay where it was. */
  readonly failing?: StepTemplate;
  /** Lets the next read of data_offset in the saving loop fail. */
  readonly faulting?: StepTemplate;
  readonly fingerprint?: StepTemplate;
  /** Puts ${value} into the device where its fingerprint shows it: so that two devices can be told apart. */
  readonly mark?: StepTemplate;
  /** The IRQ index of the interrupt that `irq:` raises. */
  readonly irqIndex?: number;
  /** A register that moves while the device runs and stands still when it is stopped. */
  readonly counter?: { readonly region: string; readonly at: bigint; readonly width: 1 | 2 | 4 | 8 };
  /** The most bytes that one use of `dma:` can move (`dma-most:`); more is moved in parts. */
  readonly dmaMost?: bigint;
  /** First address that the device's DMA cannot reach (`dma-below:`), e.g. 2^28 for QEMU's edu. */
  readonly dmaBelow?: bigint;
  /** Milliseconds for which stillness is watched. */
  readonly quiet?: number;
  /** Default deadline of a step, in milliseconds. */
  readonly deadline?: number;
  readonly waivers: readonly Waiver[];
  /** Assumptions shown on every report, e.g. {arch: s390x}. */
  readonly assume: Readonly<Record<string, string>>;
  readonly position: SourcePosition;
}

/** Steps with `${name}` placeholders, instantiated for one use; the values are numbers in YAML spelling. */
export interface StepTemplate {
  readonly position: SourcePosition;
  instantiate(values: Readonly<Record<string, bigint>>): readonly Step[];
}

/** One complaint about a file. */
export interface Diagnostic {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine?: number;
  readonly endColumn?: number;
  /** Kebab-case, stable: unknown-verb, unknown-key, wrong-type, out-of-range, duplicate-key, ... */
  readonly code: string;
  readonly message: string;
  /** Why it is wrong, or what would be right in general: `a size is a number of bytes, or ...`. */
  readonly cause?: string;
  /** What to write instead, when there is a good guess. */
  readonly suggestion?: string;
  readonly severity: 'error' | 'warning';
}

/** A result that is either whole or a list of every complaint. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T; readonly warnings: readonly Diagnostic[] }
  | { readonly ok: false; readonly errors: readonly Diagnostic[] };
