/** Workbench: what a process needs to run cases on one device of a plan: host, profile, judging. */
import path from 'node:path';
import { VFIO_DEVICE_FLAGS_RESET } from '../abi';
import { createHost } from '../host/create-host';
import { PartWriter } from '../host/recording/part-writer';
import { partFile } from '../host/recording/recording-file';
import { RecordingHost } from '../host/recording/recording-host';
import { createReferenceHost, knownGoodDestination } from '../host/reference/create-reference-host';
import { HostLost, type VfioHost } from '../host/vfio-host';
import { type AccessListener, WatchedHost } from '../host/watched-host';
import type { Case, DeviceProfile } from '../language/scenario';
import { ORACLES } from '../oracles/all';
import type { Oracle } from '../oracles/oracle';
import type { HangMode } from '../reference/clock';
import { resetPatiently } from '../steps/reset';
import { parseDeviceAddress } from '../vfio/device-address';
import { DEFAULT_LIMITS, type Limits } from '../vfio/limits';
import { type OpenedDevice, openDevice } from '../vfio/open-device';
import type { Opened } from '../vfio/open-failure';
import type { TraceSink } from './access-trace';
import type { CaseResult, StepResult } from './case-result';
import { runCase } from './case-run';
import { lookAt } from './device-facts';
import { DeviceSides } from './device-sides';
import { type Judging, judgingFor } from './judging';
import type { Probe } from './probe';
import { findProfile } from './profiles';
import { Replay, replayFile } from './replay';
import { type DevicePlan, RECORDING_PARTS, type RunPlan } from './run-plan';

/** How long the executor of a run that was killed may take to end, and how often it is looked for. */
const ORPHAN_MS = 30_000;
const PAUSE_MS = 250;

export interface WorkbenchOptions {
  /** How the reference shows a call that never returns: `block` where a parent watches, `virtual` in process. */
  readonly hang: HangMode;
  readonly listeners?: readonly AccessListener[];
  /** Default: all of them. Less is for showing what each is good for. */
  readonly oracles?: readonly Oracle[];
  readonly rowsOfAPass?: number;
  /** Takes every access as text. */
  readonly trace?: TraceSink;
  readonly aborted?: () => boolean;
  readonly onStep?: (title: string, deadlineMs: number) => Promise<void>;
  readonly onStepEnd?: (step: StepResult) => void;
  readonly onAnyStep?: (index: number) => void;
}

export class Workbench {
  readonly profile: DeviceProfile | undefined;
  readonly judging: Judging;
  private readonly limits: Limits;
  private readonly replay: Replay | undefined;
  /** What is opened; `named`, but for a recording the device that was recorded. */
  private readonly device: DevicePlan;
  private parts = 0;

  /** Throws LanguageError when a profile or the catalogue cannot be read, RecordingError when a recording cannot. */
  constructor(
    private readonly plan: RunPlan,
    private readonly named: DevicePlan,
    private readonly options: WorkbenchOptions,
  ) {
    const file = replayFile(named.device);
    this.replay = file === undefined ? undefined : Replay.open(file);
    this.device = this.replay?.plan(named) ?? named;
    this.profile = this.replay ? this.replay.profile(named) : findProfile(named);
    this.judging = judgingFor(plan, this.profile);
    this.limits = {
      ...DEFAULT_LIMITS,
      maxStateBytes: BigInt(plan.limits.maxStateBytes),
      maxBuffers: plan.limits.maxBuffers,
    };
  }

  async run(case_: Case, claims: readonly string[]): Promise<CaseResult> {
    const { options, plan, device, replay, named } = this;
    const host = this.createHost(case_.id, claims);
    try {
      const result = await runCase(case_, host, {
        plan: device,
        profile: this.profile,
        judging: this.judging,
        oracles: options.oracles ?? ORACLES,
        limits: this.limits,
        stepDeadlineMs: plan.limits.stepDeadlineMs,
        claims: [...new Set([...claims, ...(this.profile?.claims ?? [])])],
        seed: replay?.recording.head.seed ?? plan.seed,
        allow: replay?.recording.head.allow ?? plan.allow,
        ...(options.listeners ? { listeners: options.listeners } : {}),
        ...(options.rowsOfAPass === undefined ? {} : { rowsOfAPass: options.rowsOfAPass }),
        ...(options.trace ? { trace: options.trace } : {}),
        ...(options.aborted ? { aborted: options.aborted } : {}),
        ...(options.onStep ? { onStep: options.onStep } : {}),
        ...(options.onStepEnd ? { onStepEnd: options.onStepEnd } : {}),
        ...(options.onAnyStep ? { onAnyStep: options.onAnyStep } : {}),
      });
      return { ...result, device: named.device };
    } finally {
      host.dispose();
    }
  }

  /** Opens the device once, and says what it shows; with `reset` it is reset first, and what still has it open is waited for. */
  async probe({ reset = false }: { readonly reset?: boolean } = {}): Promise<Probe> {
    const parsed = parseDeviceAddress(this.device.device);
    if (!parsed.ok)
      return {
        ok: false,
        failure: {
          kind: 'missing',
          message: parsed.message,
          advice: 'Name a device as `vfio-conformance devices` lists it.',
        },
      };
    const inner = this.createHost(undefined, []);
    const host = new WatchedHost(inner, this.options.listeners ?? []);
    try {
      let tried = openDevice(host, parsed.value, { limits: this.limits });
      for (let waited = 0; reset && isBusy(tried) && waited < ORPHAN_MS; waited += PAUSE_MS) {
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
        tried = openDevice(host, parsed.value, { limits: this.limits });
      }
      if (!tried.ok) return { ok: false, failure: tried.failure };
      const identity = tried.value.identity();
      if (reset) resetIfOffered(tried.value, host);
      tried.value.close();
      const sides = new DeviceSides(host, { plan: this.device, profile: this.profile, limits: this.limits });
      const session = sides.side('source');
      const seen = lookAt(session, this.profile?.assume['arch'] ?? host.facts.architecture);
      const info = session.dma.iommu.info();
      const iommu = info.ok
        ? `type1v2, page sizes 0x${info.value.pageSizes.toString(16)}, dirty log ${info.value.dirtyLogging ? 'yes' : 'no'}`
        : info.message;
      sides.close();
      const shows = ['migration-v1', 'migration-v2', 'zpci', 'ccw', 'dirty-pages'].filter(
        (fact) => seen.facts.get(fact)?.holds,
      );
      return {
        ok: true,
        description: {
          device: this.named.device,
          host: host.facts,
          identity,
          flags: seen.flags,
          buses: seen.buses,
          shows,
          iommu,
          ...(this.profile ? { profile: this.profile.file } : {}),
          assume: this.profile?.assume ?? {},
        },
      };
    } catch (error) {
      if (!(error instanceof HostLost)) throw error;
      return {
        ok: false,
        failure: { kind: 'wrong-kind', message: error.message, advice: 'Nothing can be asked of it any more.' },
      };
    } finally {
      inner.dispose();
    }
  }

  /** For one case, or for the first look. */
  private createHost(caseId: string | undefined, claims: readonly string[]): VfioHost {
    const { plan, replay } = this;
    if (replay) return replay.host(caseId, claims);
    const host = this.createOwnHost();
    if (plan.record === undefined) return host;
    const begin = { ...(caseId === undefined ? {} : { case: caseId }), claims: [...claims], host: host.facts };
    this.parts += 1;
    return new RecordingHost(
      host,
      new PartWriter(partFile(path.join(plan.folder, RECORDING_PARTS), this.parts), begin),
    );
  }

  private createOwnHost(): VfioHost {
    const { device, plan, options } = this;
    if (!device.device.startsWith('reference')) return createHost(device.host, { allow: plan.allow });
    const named = device.destination?.startsWith('reference') ? device.destination : undefined;
    const destination = named ?? knownGoodDestination(device.device);
    return createReferenceHost({ device: device.device, destination, hang: options.hang, seed: plan.seed });
  }
}

function isBusy(tried: Opened<unknown>): boolean {
  return !tried.ok && tried.failure.kind === 'busy';
}

function resetIfOffered(opened: OpenedDevice, host: VfioHost): void {
  const info = opened.device.info();
  if (info.ok && (info.value.values.flags & VFIO_DEVICE_FLAGS_RESET) !== 0)
    resetPatiently({ session: { device: opened.device }, host });
}
