/** Certification without Jest: one process drives the executor through case after case. Under emulation Jest's start alone takes half a minute. */
import { join } from 'node:path';
import type { CaseResult } from '../../runner/execution/case-result';
import { createExecutorClient, type ExecutorClient } from '../../runner/execution/executor-client';
import { judgingFor, orThrow } from '../../runner/execution/judging';
import { DEFAULT_LIMITS, type DevicePlan, type RunPlan } from '../../runner/execution/run-plan';
import { type Rules, type RunSummary, summarise } from '../../runner/execution/verdict';
import { loadCatalogue, loadProfile, loadScenario, loadSuite, PACKAGE_ROOT } from '../../runner/language';
import type { Case, Clause } from '../../runner/language/scenario';
import type { KernelFinding } from '../kernel-log';
import type { KernelMessages } from './kernel-messages';
import { withKernelFindings } from './kernel-verdict';

export interface Certified {
  readonly results: readonly CaseResult[];
  readonly summary: RunSummary;
  readonly kernel: readonly KernelFinding[];
  readonly leftOut: number;
}

/** A suite with everything it takes. */
export interface LoadedSuite {
  readonly cases: readonly Case[];
  readonly clauses: readonly Clause[];
  readonly catalogueHash: string;
}

/** Throws LanguageError, with every complaint, when a file cannot be read. */
export function loadWholeSuite(name: string): LoadedSuite {
  const suite = orThrow(loadSuite(join(PACKAGE_ROOT, 'suites', `${name}.yaml`)));
  const catalogue = orThrow(loadCatalogue());
  return {
    cases: suite.scenarios.flatMap((file) => orThrow(loadScenario(file)).cases),
    clauses: suite.clauses.flatMap((id) => catalogue.clauses.get(id) ?? []),
    catalogueHash: catalogue.hash,
  };
}

export interface CertifyOptions {
  /** After so many cases in which the device did not respond the others are left out. */
  readonly mostHangs?: number;
  readonly rest?: readonly Case[];
  readonly enough?: (results: readonly CaseResult[]) => boolean;
}

/** One pair of devices under one profile. */
export class Certification {
  private readonly client: ExecutorClient;
  private readonly rules: Rules;

  constructor(
    private readonly suite: LoadedSuite,
    private readonly messages: KernelMessages,
    device: DevicePlan,
    seed: number,
    stepDeadlineMs: number = DEFAULT_LIMITS.stepDeadlineMs,
  ) {
    const plan = planFor(device, seed, stepDeadlineMs);
    this.client = createExecutorClient(plan, device);
    const profile = device.profile === undefined ? undefined : orThrow(loadProfile(device.profile));
    this.rules = judgingFor(plan, profile).rules;
  }

  /** Runs `cases`, and goes on with `rest` as long as `enough` says no. */
  async certify(cases: readonly Case[], options: CertifyOptions = {}): Promise<Certified> {
    const { mostHangs = Number.POSITIVE_INFINITY, rest = [], enough = () => true } = options;
    const results: CaseResult[] = [];
    const kernel: KernelFinding[] = [];
    let hangs = 0;
    // What was said before is nobody's here.
    this.messages.look();
    for (const [index, case_] of [...cases, ...rest].entries()) {
      if (hangs >= mostHangs || (index >= cases.length && enough(results))) break;
      const result = await this.client.run(case_);
      const said = this.messages.look();
      kernel.push(...said);
      const whole = withKernelFindings(result, said);
      if (whole.findings.some(({ clause }) => clause === 'DEV-RESPONDS')) hangs += 1;
      results.push(whole);
    }
    const summary = summarise(results, this.suite.clauses, this.rules);
    return { results, summary, kernel, leftOut: cases.length + rest.length - results.length };
  }

  async stop(): Promise<void> {
    await this.client.stop();
  }
}

function planFor(device: DevicePlan, seed: number, stepDeadlineMs: number): RunPlan {
  return {
    schemaVersion: 1,
    kitVersion: '',
    folder: '',
    targets: [],
    devices: [device],
    filter: { cases: [], tags: [], only: [], skip: [] },
    repeat: 1,
    strict: false,
    grade: 'kit',
    seed,
    limits: { ...DEFAULT_LIMITS, stepDeadlineMs },
    allow: [],
    startedAt: new Date().toISOString(),
  };
}
