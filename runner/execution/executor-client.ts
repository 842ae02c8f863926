/**
 * The parent's side of the executor: a child process that makes every system call on the device. It may hang, crash or be killed; that
 * costs one case, and the next case gets a fresh child.
 */
import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import { askToEnd } from '../host/flight-end';
import { flightPath, removeFlight } from '../host/flight-recorder';
import { endProgramsOf } from '../host/program';
import { endedBy } from '../host/recording/recording-file';
import type { Case } from '../language/scenario';
import { parseDeviceAddress } from '../vfio/device-address';
import type { CaseResult, StepResult } from './case-result';
import { type Loss, lossOfEnd } from './executor-loss';
import type { Reply, Request } from './executor-messages';
import { lostCase } from './lost-case';
import type { Probe } from './probe';
import { type DevicePlan, RECORDING_PARTS, type RunPlan } from './run-plan';
import { Watchdog } from './watchdog';

const MAIN = path.join(__dirname, 'executor-main.js');
/** How long a child may take to load, which is much on a busy machine under emulation, and to end after it was told to. */
const START_MS = 60_000;
const END_MS = 3_000;
/** What an ended child has said is read within this time. */
const LAST_MESSAGE_MS = 10_000;
/** How long one that is loaded may take to begin a case, or to look at a device. */
const BEGIN_MS = 30_000;
/** How long a case may take to clean up once the run is to end. */
const CLEANING_MS = 20_000;
export interface ExecutorClient {
  /** Runs one case to its end, whatever the device does. Never rejects: what goes wrong is in the result. */
  run(case_: Case, claims?: readonly string[]): Promise<CaseResult>;
  /** Opens the device, looks at what it shows, and closes it again; with `reset` it is reset before that. */
  probe(options?: { readonly reset?: boolean }): Promise<Probe>;
  /** Resets and closes the device and ends the child; bounded in time. Safe to call twice. */
  stop(): Promise<void>;
}

/** Nothing is started before the first `run`. */
export function createExecutorClient(plan: RunPlan, device: DevicePlan): ExecutorClient {
  return new Client(plan, device);
}

type Outcome = { readonly reply: Reply } | { readonly loss: Loss };

class Client implements ExecutorClient {
  private child: Child | undefined;
  /** A child that even SIGKILL did not end: the device is in its hands, and nothing more is asked of it. */
  private quarantined: string | undefined;

  constructor(
    private readonly plan: RunPlan,
    private readonly device: DevicePlan,
  ) {}

  async run(case_: Case, claims: readonly string[] = []): Promise<CaseResult> {
    const started = Date.now();
    const steps: StepResult[] = [];
    const outcome = await this.ask({ kind: 'run', case: case_, claims }, (step) => steps.push(step));
    if ('reply' in outcome && outcome.reply.kind === 'result') return outcome.reply.result;
    const loss: Loss = 'loss' in outcome ? outcome.loss : { kind: 'trouble', message: troubleOf(outcome.reply) };
    return lostCase({
      case_,
      device: this.device.device,
      startedAt: new Date(started).toISOString(),
      durationMs: Date.now() - started,
      steps,
      loss,
    });
  }

  async probe({ reset = false }: { readonly reset?: boolean } = {}): Promise<Probe> {
    const outcome = await this.ask({ kind: 'probe', reset }, () => undefined);
    if ('reply' in outcome && outcome.reply.kind === 'probed') return outcome.reply.probe;
    const message = 'loss' in outcome ? outcome.loss.message : troubleOf(outcome.reply);
    return {
      ok: false,
      failure: {
        kind: 'wrong-kind',
        message: `${this.device.device} could not be looked at: ${message}`,
        advice: 'Look into the kernel log (dmesg).',
      },
    };
  }

  async stop(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    await child?.end();
  }

  private async ask(request: Request, onStep: (step: StepResult) => void): Promise<Outcome> {
    if (this.quarantined !== undefined) return { loss: { kind: 'trouble', message: this.quarantined } };
    const child = this.child ?? new Child(this.plan, this.device);
    this.child = child;
    const outcome = await child.ask(request, onStep);
    if (child.alive) return outcome;
    this.child = undefined;
    if (child.unkillable)
      this.quarantined = `${this.device.device} is left alone: a process that hangs in it cannot be ended (uninterruptible sleep in the kernel)`;
    return outcome;
  }
}

function troubleOf(reply: Reply): string {
  return reply.kind === 'trouble' ? reply.message : `the executor answered with "${reply.kind}"`;
}

/** One child process, from fork to exit. */
class Child {
  alive = true;
  unkillable = false;
  /** It is loaded, and waits for requests. */
  private ready = false;
  private readonly flight = flightPath();
  private readonly process: ChildProcess;
  private readonly exited: Promise<void>;
  private readonly watchdog: Watchdog;
  private stderr = '';
  private settle: ((outcome: Outcome) => void) | undefined;
  private onStep: (step: StepResult) => void = () => undefined;
  private killedFor: Loss | undefined;
  /** The device's memory is mapped in the executor itself: not on another machine, and not simulated. */
  private readonly mapsHere: boolean;

  constructor(
    private readonly plan: RunPlan,
    device: DevicePlan,
  ) {
    const address = parseDeviceAddress(device.device);
    this.mapsHere = device.host === 'local' && address.ok && address.value.kind !== 'reference';
    this.process = fork(MAIN, [JSON.stringify(plan), JSON.stringify(device), this.flight], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
    });
    this.watchdog = new Watchdog(
      this.flight,
      (loss) => this.kill(loss),
      () => this.process.pid,
    );
    this.watchdog.step('starting the executor', START_MS);
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-4000);
    });
    this.process.on('message', (reply: Reply) => this.heard(reply));
    this.exited = new Promise((resolve) => {
      this.process.once('error', (error) => this.gone({ kind: 'trouble', message: error.message }, resolve));
      this.process.once('exit', (code, signal) => {
        // One that was killed could not end the program that it was waiting for.
        if (signal !== null && this.process.pid !== undefined) endProgramsOf(this.process.pid);
        const gone = (): void => this.gone(this.lossOf(code, signal), resolve, signal ?? undefined);
        // Its last message may still be on its way.
        if (!this.process.connected) return gone();
        const timer = setTimeout(gone, LAST_MESSAGE_MS);
        this.process.once('disconnect', () => {
          clearTimeout(timer);
          gone();
        });
      });
    });
  }

  ask(request: Request, onStep: (step: StepResult) => void): Promise<Outcome> {
    return new Promise((resolve) => {
      if (!this.alive) {
        resolve({ loss: { kind: 'trouble', message: 'the executor is not running' } });
        return;
      }
      this.settle = resolve;
      this.onStep = onStep;
      // Until it says which step it is at: a child that is stopped or swapped out would be waited for without end.
      const title = request.kind === 'probe' ? 'looking at the device' : 'beginning the case';
      this.watchdog.step(title, this.ready ? BEGIN_MS : START_MS);
      this.process.send(request, (error) => {
        if (error)
          this.answer({ loss: { kind: 'trouble', message: `the executor cannot be reached: ${error.message}` } });
      });
    });
  }

  async end(): Promise<void> {
    if (!this.alive) return;
    // A case that runs ends at its next access, and cleans up; then the message is heard.
    if (this.settle) askToEnd(this.flight);
    this.process.send({ kind: 'end' } satisfies Request, () => undefined);
    const end = performance.now() + CLEANING_MS;
    for (let sequence = -1; performance.now() < end; ) {
      if (await this.within(END_MS)) return;
      const flight = this.watchdog.look();
      // Still at the same access, or at none: nothing is to be waited for.
      if (flight === undefined || flight.sequence === sequence || !this.settle) break;
      sequence = flight.sequence;
    }
    this.process.kill('SIGKILL');
    await this.within(END_MS);
    this.watchdog.end();
    removeFlight(this.flight);
  }

  private async within(ms: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), ms);
    });
    const done = await Promise.race([this.exited.then(() => true), late]);
    clearTimeout(timer);
    return done;
  }

  private heard(reply: Reply): void {
    switch (reply.kind) {
      case 'ready':
        this.ready = true;
        return;
      case 'step':
        this.watchdog.step(reply.title, reply.deadlineMs);
        return;
      case 'step-end':
        this.onStep(reply.step);
        return;
      default:
        this.watchdog.rest();
        this.answer({ reply });
    }
  }

  private answer(outcome: Outcome): void {
    const { settle } = this;
    this.settle = undefined;
    settle?.(outcome);
  }

  /** Ends the child for what it did; when the kernel does not let it die, it is left behind. */
  private kill(loss: Loss): void {
    this.killedFor = loss;
    this.process.kill('SIGKILL');
    setTimeout(() => {
      if (!this.alive) return;
      this.alive = false;
      this.unkillable = true;
      this.process.unref();
      this.process.disconnect();
      this.answer({ loss: { ...loss, message: `${loss.message}; its process cannot be ended` } });
    }, END_MS).unref();
  }

  private gone(loss: Loss, resolve: () => void, signal?: string): void {
    if (!this.alive && !this.unkillable) return;
    const told = this.killedFor ?? loss;
    // A recording says of an access that it never returned, and why.
    if (this.plan.record !== undefined && told.kind === 'device' && this.process.pid !== undefined)
      endedBy(path.join(this.plan.folder, RECORDING_PARTS), this.process.pid, signal ?? 'SIGKILL');
    this.alive = false;
    this.watchdog.end();
    this.answer({ loss: told });
    removeFlight(this.flight);
    resolve();
  }

  private lossOf(code: number | null, signal: NodeJS.Signals | null): Loss {
    return lossOfEnd({
      code,
      signal,
      step: this.watchdog.title,
      said: this.stderr,
      flight: this.watchdog.look(),
      mapsHere: this.mapsHere,
    });
  }
}
