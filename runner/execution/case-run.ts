/** Runs one case on a host: opens, steps, judges, cleans up, and says what came of it. Whatever a device does ends in a CaseResult. */
import {
  VFIO_DEVICE_FLAGS_RESET,
  VFIO_DEVICE_STATE_MASK,
  VFIO_DEVICE_STATE_RUNNING,
  vfioDeviceMigrationInfo,
} from '../abi';
import { DeviceHang, HostLost, HostMisuse, MemoryFault, type VfioHost } from '../host/vfio-host';
import { type AccessListener, WatchedHost } from '../host/watched-host';
import type { Case, DeviceProfile, Step } from '../language/scenario';
import type { Oracle } from '../oracles/oracle';
import { World } from '../oracles/world';
import type { DeviceSession } from '../steps/device-session';
import { requirePrograms } from '../steps/program';
import { resetPatiently } from '../steps/reset';
import { sayState } from '../steps/state-check';
import type { Attachment, CaseMemory, SideName, StepContext, StepFailureReason } from '../steps/step-context';
import { SpoolFailure, StreamSpool } from '../steps/stream-spool';
import { findVerb } from '../steps/verbs';
import type { Limits } from '../vfio/limits';
import type { MigrationRegion } from '../vfio/migration-region';
import { AccessLog } from './access-log';
import { AccessTrace, type TraceSink } from './access-trace';
import { GiveUp, SkipCase, StepFailure } from './case-end';
import type { CaseResult, CaseStatus, SkipReason, StepResult } from './case-result';
import { courseFigures } from './course-figures';
import { CourseRecorder } from './course-recorder';
import { type DeviceFacts, lookAt } from './device-facts';
import { DeviceSides } from './device-sides';
import { EndWatch } from './end-watch';
import type { Judging } from './judging';
import { firstUnmet, lacksOf } from './needs';
import { Recorder } from './recorder';
import type { DevicePlan } from './run-plan';
import { ShortageWatch } from './shortage';

export interface CaseRunOptions {
  readonly plan: DevicePlan;
  readonly profile: DeviceProfile | undefined;
  readonly judging: Judging;
  readonly oracles: readonly Oracle[];
  readonly limits: Limits;
  /** Milliseconds; for steps that say nothing themselves. */
  readonly stepDeadlineMs: number;
  readonly claims: readonly string[];
  readonly seed: number;
  readonly allow: readonly string[];
  /** How many accesses a passing case shows; default 200. */
  readonly rowsOfAPass?: number;
  /** Told of every access before anything else: the flight recorder. */
  readonly listeners?: readonly AccessListener[];
  /** Takes every access as text; absent, nothing listens and nothing is made. */
  readonly trace?: TraceSink;
  /** True when the run is to end: the case stops before its next step, and cleans up. */
  readonly aborted?: () => boolean;
  /** A top-level step begins; may wait, so that messages go out before a device can block the process. */
  readonly onStep?: (title: string, deadlineMs: number) => Promise<void>;
  readonly onStepEnd?: (step: StepResult) => void;
  /** A nested or top-level step begins: its number in this case. */
  readonly onAnyStep?: (index: number) => void;
}

type Ending = { readonly status: CaseStatus; readonly reason?: string; readonly skip?: SkipReason };

/** A failing case shows every access that was kept, a passing one its last ones. */
const ROWS_OF_A_PASS = 200;

interface OpenStep {
  readonly steps: StepResult[];
  readonly attachments: Attachment[];
}

export async function runCase(case_: Case, host: VfioHost, options: CaseRunOptions): Promise<CaseResult> {
  return new CaseRun(case_, host, options).run();
}

class CaseRun {
  private readonly host: VfioHost;
  private readonly log: AccessLog;
  private readonly world: World;
  private readonly recorder: Recorder;
  private readonly course: CourseRecorder;
  private readonly shortage: ShortageWatch;
  private readonly end: EndWatch;
  private readonly sides: DeviceSides;
  private readonly trace: AccessTrace | undefined;
  private readonly memory: CaseMemory = {
    streams: new Map(),
    spool: new StreamSpool(),
    fingerprints: new Map(),
    values: new Map(),
    capturing: undefined,
    plainlyRestored: new Set(),
  };
  private readonly open: OpenStep[] = [{ steps: [], attachments: [] }];
  private side: SideName = 'source';
  private stepNumber = 0;
  /** Of the top-level step that runs. */
  private deadlineMs = 0;
  /** Set when a device call did not return: nothing more is asked of that device. */
  private hung = false;
  private facts: DeviceFacts | undefined;

  constructor(
    private readonly case_: Case,
    inner: VfioHost,
    private readonly options: CaseRunOptions,
  ) {
    const { facts } = inner;
    const architecture = options.profile?.assume['arch'] ?? facts.architecture;
    this.log = new AccessLog(
      () => inner.now(),
      facts.byteOrder === 'little',
      () => this.world,
      () => this.side,
    );
    this.recorder = new Recorder(case_, options.judging.clauses, options.judging.rules, (count) =>
      this.log.rows(count),
    );
    const { claims } = options;
    const oracleFacts = { byteOrder: facts.byteOrder, pageSize: facts.pageSize, architecture, claims };
    this.course = new CourseRecorder({
      elapsed: () => this.log.elapsed(),
      began: () => this.world.startedMs - this.log.began,
      side: () => this.side,
    });
    const judges = options.oracles.map((oracle) => oracle.create(this.recorder, oracleFacts));
    this.world = new World([...judges, this.course], facts);
    this.end = new EndWatch(() => options.aborted?.() === true);
    this.shortage = new ShortageWatch(facts.ioctlEncoding, () => {
      this.recorder.silence();
      this.world.mute();
    });
    this.trace = options.trace && this.tracing(options.trace, inner);
    const traced = this.trace ? [this.trace] : [];
    // The log comes before the judges, so that a finding shows the access that gave it away; they hear of no answer that is not the device's.
    this.host = new WatchedHost(inner, [
      this.end,
      ...(options.listeners ?? []),
      ...traced,
      this.log,
      this.shortage,
      this.world,
    ]);
    this.sides = new DeviceSides(this.host, { plan: options.plan, profile: options.profile, limits: options.limits });
  }

  private tracing(sink: TraceSink, inner: VfioHost): AccessTrace {
    const { byteOrder, ioctlEncoding } = inner.facts;
    const subject = {
      order: byteOrder,
      encoding: ioctlEncoding,
      now: () => inner.now(),
      world: () => this.world,
      side: () => this.side,
    };
    return new AccessTrace(sink, subject, `${this.case_.id}  ${this.case_.title}`);
  }

  async run(): Promise<CaseResult> {
    const startedAt = new Date().toISOString();
    const began = this.host.now();
    const ending = await this.runToEnd();
    const steps = this.open[0]?.steps ?? [];
    const { case_, recorder, options } = this;
    const status = this.status(ending);
    const reason = this.reason(status, ending);
    const course = this.course.course();
    const lacks = this.facts && this.facts.failure === undefined ? lacksOf(options.claims, this.facts) : [];
    const result: CaseResult = {
      schemaVersion: 1,
      id: case_.id,
      title: case_.title,
      scenario: case_.scenarioName,
      file: case_.file,
      line: case_.position.line,
      column: case_.position.column,
      matrix: case_.matrix,
      device: options.plan.device,
      clauses: case_.clauses,
      tags: case_.tags,
      ...(case_.owner === undefined ? {} : { owner: case_.owner }),
      ...(case_.severity === undefined ? {} : { severity: case_.severity }),
      status,
      ...(reason === undefined ? {} : { reason }),
      ...(status === 'skipped' && ending.skip ? { skip: ending.skip } : {}),
      startedAt,
      durationMs: this.host.now() - began,
      steps,
      findings: recorder.findings,
      tallies: recorder.clauseTallies(),
      figures: { ...recorder.figures, ...(course ? courseFigures(course) : {}) },
      ...(course ? { course } : {}),
      notes: recorder.notes,
      ...(lacks.length > 0 ? { lacks } : {}),
      accesses: this.log.rows(
        status === 'passed' || status === 'skipped' ? (options.rowsOfAPass ?? ROWS_OF_A_PASS) : undefined,
      ),
      attempts: 1,
    };
    this.log.release();
    this.trace?.end(`${status}${reason === undefined ? '' : `: ${reason}`}`);
    return result;
  }

  /** What was seen before the machine ran short stands; a case that met it in its clean-up left the device in nobody knows what state. */
  private status(ending: Ending): CaseStatus {
    const { kitBreach, failedBy } = this.recorder;
    if (kitBreach) return 'broken';
    if (failedBy) return 'failed';
    return this.shortage.seen === undefined ? ending.status : 'broken';
  }

  private reason(status: CaseStatus, ending: Ending): string | undefined {
    const finding = status === 'broken' ? this.recorder.kitBreach : this.recorder.failedBy;
    if (finding && (status === 'failed' || this.recorder.kitBreach)) {
      const whose = this.recorder.kitBreach && status === 'broken' ? 'the kit broke ' : '';
      return `${whose}${finding.clause} at ${finding.step}: ${finding.observed}`;
    }
    return status === 'broken' ? (this.shortage.seen ?? ending.reason) : ending.reason;
  }

  private async runToEnd(): Promise<Ending> {
    let ending: Ending;
    try {
      ending = await this.openAndRun();
    } catch (error) {
      if (error instanceof StepFailure && !settled.has(error)) this.settleOpening(error);
      ending = this.endingOf(error);
    }
    const last = await this.runFinally(ending);
    this.end.rest();
    this.cleanUp();
    this.memory.spool.close();
    return last;
  }

  private async openAndRun(): Promise<Ending> {
    const { case_, options } = this;
    await options.onStep?.('opening the device', options.stepDeadlineMs);
    this.options.onAnyStep?.(0);
    const session = this.sides.side('source');
    const architecture = options.profile?.assume['arch'] ?? this.host.facts.architecture;
    this.facts = lookAt(session, architecture);
    if (this.facts.failure !== undefined) {
      throw new StepFailure({
        clause: 'DEV-INFO-ARGSZ',
        expected: 'VFIO_DEVICE_GET_INFO answers',
        observed: this.facts.failure,
      });
    }
    const unmet = firstUnmet(case_.needs, options.claims, this.facts, options.profile, options.plan);
    if (unmet?.kind === 'skip') return { status: 'skipped', reason: unmet.skip.reason, skip: unmet.skip };
    if (unmet) {
      const said = this.recorder.findings.some((finding) => finding.clause === unmet.clause);
      if (!said) this.recorder.broken(unmet.clause, { expected: unmet.expected, observed: unmet.observed });
      return { status: 'failed' };
    }
    requirePrograms(this.permissions, [...case_.steps, ...case_.finallySteps]);
    if (session.migration) this.expectUsable(session.migration);
    await this.runTopLevel(case_.steps, '');
    return { status: 'passed' };
  }

  /** Nothing can be said of a device without the whole structure, or one that does not begin in running: every other finding would follow from that. */
  private expectUsable(migration: MigrationRegion): void {
    const { size } = migration.region.info;
    if (size <= BigInt(vfioDeviceMigrationInfo.size)) {
      throw new StepFailure({
        clause: 'MIG-LAYOUT',
        expected: `a data section behind the ${vfioDeviceMigrationInfo.size} bytes of the structure`,
        observed: `the migration region has ${size} bytes`,
      });
    }
    const state = migration.readState();
    if (state.ok && (state.value & VFIO_DEVICE_STATE_MASK) === VFIO_DEVICE_STATE_RUNNING) return;
    const observed = state.ok ? sayState(state.value) : state.message;
    throw new StepFailure({
      clause: 'STATE-DEFAULT',
      expected: 'the device is in 001b (running) when it is opened',
      observed,
    });
  }

  private async runTopLevel(steps: readonly Step[], prefix: string): Promise<void> {
    for (const [n, step] of steps.entries()) {
      this.deadlineMs = this.deadlineOf(step);
      await this.options.onStep?.(step.title, this.deadlineMs);
      if (this.options.aborted?.()) throw new GiveUp(`the run was ended before "${step.title}"`);
      this.runStep(step, `${prefix}step ${n + 1}`);
    }
  }

  /** `finally:` runs whatever happened, as long as the device answers; it can only make things worse. */
  private async runFinally(ending: Ending): Promise<Ending> {
    if (this.hung || this.case_.finallySteps.length === 0 || ending.status === 'skipped') return ending;
    try {
      this.side = 'source';
      await this.runTopLevel(this.case_.finallySteps, 'finally, ');
      return ending;
    } catch (error) {
      const last = this.endingOf(error);
      return ending.status === 'passed' ? last : ending;
    }
  }

  private runStep(step: Step, label: string): void {
    const { recorder } = this;
    const before = recorder.current;
    const firstFinding = recorder.findings.length;
    const firstAccess = this.log.last + 1;
    const startMs = this.log.elapsed();
    const frame: OpenStep = { steps: [], attachments: [] };
    this.open.push(frame);
    recorder.current = { step, label: `${label} "${step.title}"` };
    this.trace?.step(recorder.current.label);
    this.stepNumber += 1;
    this.options.onAnyStep?.(this.stepNumber);
    let thrown: unknown;
    try {
      this.enterStep(step);
      findVerb(step.verb).run(this.contextFor(step), step.args);
      this.checkTime(step, startMs);
    } catch (error) {
      thrown = error;
      this.settle(error, step, firstFinding);
    }
    this.leaveStep();
    this.open.pop();
    recorder.current = before;
    const found = recorder.findings.slice(firstFinding).find((finding) => finding.verdict === 'broken');
    const status = thrown === undefined ? (found ? 'failed' : 'passed') : this.endingOf(thrown).status;
    const failure = thrown instanceof StepFailure ? thrown.reason : found;
    const result: StepResult = {
      title: step.title,
      verb: step.verb,
      position: step.position,
      status: status === 'passed' && thrown !== undefined ? 'failed' : status,
      startMs,
      durationMs: this.log.elapsed() - startMs,
      ...(thrown instanceof Error
        ? { message: thrown.message }
        : found
          ? { message: `${found.clause}: ${found.observed}` }
          : {}),
      ...(failure ? { expected: failure.expected, observed: failure.observed } : {}),
      steps: frame.steps,
      attachments: frame.attachments,
      ...(this.log.last >= firstAccess ? { accesses: [firstAccess, this.log.last] as const } : {}),
    };
    this.open.at(-1)?.steps.push(result);
    if (this.open.length === 1) this.options.onStepEnd?.(result);
    if (thrown !== undefined) throw thrown;
  }

  /** What was thrown becomes a finding where it is the device's doing, once. */
  private settle(error: unknown, step: Step, firstFinding: number): void {
    if (error instanceof DeviceHang || error instanceof MemoryFault) {
      this.hung = this.hung || error instanceof DeviceHang;
      return;
    }
    if (!(error instanceof StepFailure) || settled.has(error)) return;
    settled.add(error);
    // An oracle that has already said what is wrong in this step knows better than the step's own expectation.
    const { clause, foundOut, oracleJudges, ...what } = error.reason;
    const findings = this.recorder.findings.slice(firstFinding);
    const known = findings.some(
      ({ verdict }) => verdict === 'broken' || verdict === 'waived' || (oracleJudges === true && verdict === 'warned'),
    );
    const blamed = (foundOut ? clause : undefined) ?? step.judge ?? clause ?? this.case_.clauses[0];
    const same = findings.some((finding) => finding.clause === blamed && finding.verdict === 'warned');
    if (known || same || blamed === undefined) return;
    this.recorder.broken(blamed, what);
  }

  /** A failure before the first step. */
  private settleOpening(error: StepFailure): void {
    const { clause, ...what } = error.reason;
    const known = this.recorder.findings.some((finding) => finding.verdict === 'broken');
    if (!known && clause !== undefined) this.recorder.broken(clause, what);
  }

  private enterStep(step: Step): void {
    for (const view of this.world.devices.values()) {
      delete view.blame;
      if (step.judge !== undefined) view.blame = step.judge;
    }
    const view = this.world.devices.get(this.session().device.fd);
    if (step.provoke === undefined || !view) return;
    view.provoked.add(step.provoke);
    view.container?.provoked.add(step.provoke);
  }

  private leaveStep(): void {
    for (const view of this.world.devices.values()) delete view.blame;
  }

  private checkTime(step: Step, startMs: number): void {
    const took = this.log.elapsed() - startMs;
    if (step.within !== undefined && took > step.within) {
      throw new StepFailure({
        clause: 'DEV-RESPONDS',
        expected: `the step ends within ${step.within} ms`,
        observed: `it took ${took.toFixed(1)} ms`,
      });
    }
  }

  private deadlineOf(step: Step): number {
    return step.within ?? this.options.profile?.deadline ?? this.options.stepDeadlineMs;
  }

  private get permissions(): Pick<StepContext, 'allow' | 'skip'> {
    return { allow: this.options.allow, skip };
  }

  private session(): DeviceSession {
    return this.sides.side(this.side);
  }

  private contextFor(step: Step): StepContext {
    const { recorder, memory, options, host } = this;
    const session = this.session();
    return {
      step,
      host,
      judge: recorder,
      session,
      profile: options.profile,
      memory,
      seed: options.seed,
      allow: options.allow,
      deadlineMs: this.deadlineMs,
      run: (steps, side) => this.runNested(steps, side),
      onSide: (side, act) => this.onSide(step, side, act),
      fail: (reason: StepFailureReason) => {
        throw new StepFailure(reason);
      },
      giveUp: (message) => {
        throw new GiveUp(message);
      },
      skip,
      showBitmap: (bitmap) => this.course.showBitmap(bitmap),
      attach: (attachment) => void this.open.at(-1)?.attachments.push(attachment),
      declareGiven: (given) => {
        const view = this.world.devices.get(session.device.fd);
        if (view) view.given = given;
      },
      declareFaultAsked: (asked) => {
        const view = this.world.devices.get(session.device.fd);
        if (view) view.faultAsked = asked;
      },
    };
  }

  private onSide<Result>(step: Step, side: SideName, act: (context: StepContext) => Result): Result {
    const before = this.side;
    this.side = side;
    try {
      return act(this.contextFor(step));
    } finally {
      this.side = before;
    }
  }

  private runNested(steps: readonly Step[], side: SideName | undefined): void {
    const before = this.side;
    if (side !== undefined && side !== before) this.switchTo(side);
    requirePrograms(this.permissions, steps);
    const outer = this.recorder.current?.label ?? '';
    for (const [n, step] of steps.entries()) this.runStep(step, `${outer}, step ${n + 1}`);
    this.side = before;
  }

  private switchTo(side: SideName): void {
    const opened = this.sides.all().some((session) => session.side === side);
    this.side = side;
    const session = this.sides.side(side);
    if (side === 'destination' && this.sides.selfDestination) {
      this.recorder.note('destination: the device itself, after a reset (weaker than a second device)');
      const reset = resetPatiently({ session, host: this.host });
      if (!reset.ok)
        throw new SkipCase('not-judged', 'destination', `the device cannot be its own destination: ${reset.message}`);
    }
    if (opened || side === 'source') return;
    // So that the oracles know the region before the first field is touched.
    const found = session.device.migrationRegion();
    if (found.ok) session.migration = found.value;
    session.migration?.readState();
  }

  private endingOf(error: unknown): Ending {
    if (error instanceof SkipCase)
      return {
        status: 'skipped',
        reason: error.message,
        skip: { kind: error.kind, need: error.need, reason: error.message },
      };
    if (error instanceof StepFailure)
      return { status: this.recorder.failedBy ? 'failed' : 'passed', reason: `stopped early: ${error.message}` };
    if (error instanceof DeviceHang || error instanceof MemoryFault) return { status: 'failed', reason: error.message };
    if (
      error instanceof GiveUp ||
      error instanceof HostMisuse ||
      error instanceof HostLost ||
      error instanceof SpoolFailure
    )
      return { status: 'broken', reason: error.message };
    if (error instanceof Error) return { status: 'broken', reason: error.stack ?? error.message };
    return { status: 'broken', reason: String(error) };
  }

  /** Leaves the devices reset and closed. What a device answers here is nobody's verdict. */
  private cleanUp(): void {
    this.recorder.current = undefined;
    if (!this.hung) this.world.caseEnds();
    this.world.mute();
    for (const session of this.hung ? [] : this.sides.all()) {
      try {
        if (((this.facts?.flags ?? 0) & VFIO_DEVICE_FLAGS_RESET) !== 0) resetPatiently({ session, host: this.host });
      } catch (error) {
        this.recorder.note(`clean-up: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    for (const problem of this.sides.close()) this.recorder.note(`clean-up: ${problem}`);
  }
}

function skip(...[kind, need, reason]: Parameters<StepContext['skip']>): never {
  throw new SkipCase(kind, need, reason);
}

/** A failure passes through every enclosing step; only the innermost turns it into a finding. */
const settled = new WeakSet<StepFailure>();
