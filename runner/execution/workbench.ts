/** Workbench: what a process needs to run cases on one device of a plan: host, profile, judging. */
import { createHost } from '../host/create-host';
import { createReferenceHost, knownGoodDestination } from '../host/reference/create-reference-host';
import type { VfioHost } from '../host/vfio-host';
import { type AccessListener, WatchedHost } from '../host/watched-host';
import type { Case, DeviceProfile } from '../language/scenario';
import { ORACLES } from '../oracles/all';
import type { Oracle } from '../oracles/oracle';
import type { HangMode } from '../reference/clock';
import { parseDeviceAddress } from '../vfio/device-address';
import { DEFAULT_LIMITS, type Limits } from '../vfio/limits';
import { openDevice } from '../vfio/open-device';
import type { CaseResult, StepResult } from './case-result';
import { runCase } from './case-run';
import { lookAt } from './device-facts';
import { DeviceSides } from './device-sides';
import { type Judging, judgingFor } from './judging';
import type { Probe } from './probe';
import { findProfile } from './profiles';
import type { DevicePlan, RunPlan } from './run-plan';

export interface WorkbenchOptions {
  /** How the reference shows a call that never returns: `block` where a parent watches, `virtual` in process. */
  readonly hang: HangMode;
  readonly listeners?: readonly AccessListener[];
  /** Default: all of them. Less is for showing what each is good for. */
  readonly oracles?: readonly Oracle[];
  readonly rowsOfAPass?: number;
  readonly aborted?: () => boolean;
  readonly onStep?: (title: string, deadlineMs: number) => Promise<void>;
  readonly onStepEnd?: (step: StepResult) => void;
  readonly onAnyStep?: (index: number) => void;
}

export class Workbench {
  readonly profile: DeviceProfile | undefined;
  readonly judging: Judging;
  private readonly limits: Limits;

  /** Throws LanguageError when a profile or the catalogue cannot be read. */
  constructor(
    private readonly plan: RunPlan,
    private readonly device: DevicePlan,
    private readonly options: WorkbenchOptions,
  ) {
    this.profile = findProfile(device);
    this.judging = judgingFor(plan, this.profile);
    this.limits = {
      ...DEFAULT_LIMITS,
      maxStateBytes: BigInt(plan.limits.maxStateBytes),
      maxBuffers: plan.limits.maxBuffers,
    };
  }

  async run(case_: Case, claims: readonly string[]): Promise<CaseResult> {
    const { options, plan, device } = this;
    const host = this.createHost();
    try {
      return await runCase(case_, host, {
        plan: device,
        profile: this.profile,
        judging: this.judging,
        oracles: options.oracles ?? ORACLES,
        limits: this.limits,
        stepDeadlineMs: plan.limits.stepDeadlineMs,
        claims: [...new Set([...claims, ...(this.profile?.claims ?? [])])],
        seed: plan.seed,
        allow: plan.allow,
        ...(options.listeners ? { listeners: options.listeners } : {}),
        ...(options.rowsOfAPass === undefined ? {} : { rowsOfAPass: options.rowsOfAPass }),
        ...(options.aborted ? { aborted: options.aborted } : {}),
        ...(options.onStep ? { onStep: options.onStep } : {}),
        ...(options.onStepEnd ? { onStepEnd: options.onStepEnd } : {}),
        ...(options.onAnyStep ? { onAnyStep: options.onAnyStep } : {}),
      });
    } finally {
      host.dispose();
    }
  }

  /** Opens the device once, and says what it shows. */
  probe(): Probe {
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
    const inner = this.createHost();
    const host = new WatchedHost(inner, this.options.listeners ?? []);
    try {
      const tried = openDevice(host, parsed.value, { limits: this.limits });
      if (!tried.ok) return { ok: false, failure: tried.failure };
      const identity = tried.value.identity();
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
          device: this.device.device,
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
    } finally {
      inner.dispose();
    }
  }

  private createHost(): VfioHost {
    const { device, plan, options } = this;
    if (!device.device.startsWith('reference')) return createHost(device.host, { allow: plan.allow });
    const named = device.destination?.startsWith('reference') ? device.destination : undefined;
    const destination = named ?? knownGoodDestination(device.device);
    return createReferenceHost({ device: device.device, destination, hang: options.hang, seed: plan.seed });
  }
}
