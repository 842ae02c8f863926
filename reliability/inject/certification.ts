/** One certification in this process, with injections at the port, and what has to hold of it whatever was injected. */
import type { CaseResult } from '../../runner/execution/case-result';
import { orThrow } from '../../runner/execution/judging';
import { DEFAULT_LIMITS, type DevicePlan, type RunPlan } from '../../runner/execution/run-plan';
import { exitCode, type RunSummary, type RunVerdict, summarise } from '../../runner/execution/verdict';
import { Workbench } from '../../runner/execution/workbench';
import { loadCatalogue, loadScenario, loadSuite, PACKAGE_ROOT } from '../../runner/language';
import type { Case, Clause } from '../../runner/language/scenario';
import { FaultyHost } from './faulty-host';
import { Injector, type Kind } from './injection';
import { wrapHosts } from './install';

export interface RunRequest {
  readonly kind: Kind;
  readonly device: string;
  readonly seed: number;
  readonly oneIn: number;
}

export interface RunReport extends RunRequest {
  readonly verdict: RunVerdict;
  readonly exit: number;
  readonly cases: number;
  readonly injected: number;
  readonly counts: Readonly<Record<string, number>>;
  /** Cases in which something was injected. */
  readonly hit: number;
  /** What did not hold; empty when all is well. */
  readonly violations: readonly string[];
}

interface CaseSeen {
  readonly result: CaseResult;
  readonly injected: number;
  /** Descriptors and mappings that the case left to the end of its host. */
  readonly left: number;
}

export class Certifications {
  private readonly cases: readonly Case[];
  private readonly listed: readonly Clause[];
  private readonly baselines = new Map<string, Promise<readonly CaseSeen[]>>();

  constructor(suite: string) {
    const loaded = orThrow(loadSuite(`${PACKAGE_ROOT}/suites/${suite}.yaml`));
    const { clauses } = orThrow(loadCatalogue());
    this.cases = loaded.scenarios.flatMap((file) => orThrow(loadScenario(file)).cases);
    this.listed = loaded.clauses.flatMap((id) => clauses.get(id) ?? []);
  }

  async run(request: RunRequest): Promise<RunReport> {
    const before = await this.baseline(request.device);
    const injector = new Injector(request);
    const seen = await this.certify(request.device, injector);
    const [was, is] = [this.summary(before), this.summary(seen)];
    const violations = [
      ...seen.flatMap((one) => kitAtFault(one)),
      ...RULES[request.kind]({ before, seen, was, is }),
    ].map((text) => `${request.device}, seed ${request.seed}: ${text}`);
    return {
      ...request,
      verdict: is.verdict,
      exit: exitCode(is.verdict),
      cases: seen.length,
      injected: injector.total,
      counts: Object.fromEntries(injector.counts),
      hit: seen.filter(({ injected }) => injected > 0).length,
      violations,
    };
  }

  private baseline(device: string): Promise<readonly CaseSeen[]> {
    const known =
      this.baselines.get(device) ?? this.certify(device, new Injector({ kind: 'transparent', seed: 0, oneIn: 0 }));
    this.baselines.set(device, known);
    return known;
  }

  private async certify(device: string, injector: Injector): Promise<readonly CaseSeen[]> {
    let left = 0;
    const takeOut = wrapHosts(
      (host) =>
        new FaultyHost(host, injector, (open) => {
          left = open;
        }),
    );
    try {
      const plan = planFor(device);
      const workbench = new Workbench(plan, plan.devices[0] as DevicePlan, { hang: 'virtual', rowsOfAPass: 0 });
      const seen: CaseSeen[] = [];
      for (const case_ of this.cases) {
        const before = injector.total;
        left = 0;
        const result = await workbench.run(case_, []);
        seen.push({ result: { ...result, accesses: [] }, injected: injector.total - before, left });
      }
      return seen;
    } finally {
      takeOut();
    }
  }

  private summary(seen: readonly CaseSeen[]): RunSummary {
    const rules = new Workbench(planFor('reference'), { device: 'reference', host: 'local' }, { hang: 'virtual' })
      .judging.rules;
    return summarise(
      seen.map(({ result }) => result),
      this.listed,
      rules,
    );
  }
}

interface Comparison {
  readonly before: readonly CaseSeen[];
  readonly seen: readonly CaseSeen[];
  readonly was: RunSummary;
  readonly is: RunSummary;
}

const RULES: Readonly<Record<Kind, (compared: Comparison) => string[]>> = {
  /** Everything comes out as it did, case by case and clause by clause, and nothing is left open. */
  transparent({ before, seen, was, is }) {
    const cases = seen.flatMap(({ result, left }, n) => {
      const old = before[n]?.result;
      if (old?.status !== result.status)
        return [`${result.id} was ${old?.status} and is ${result.status}: ${result.reason ?? ''}`];
      return left > (before[n]?.left ?? 0) ? [`${result.id} left ${left} descriptors or mappings open`] : [];
    });
    const clauses = is.clauses.flatMap(({ id, verdict }) => {
      const old = was.clauses.find((one) => one.id === id)?.verdict;
      return old === verdict ? [] : [`${id} was ${old} and is ${verdict}`];
    });
    return [
      ...cases,
      ...clauses,
      ...(was.verdict === is.verdict ? [] : [`the verdict was ${was.verdict} and is ${is.verdict}`]),
    ];
  },

  /** A case that was hit is broken, unless the device had broken a clause before; nothing is held against the device that it did not do. */
  host({ before, seen, was, is }) {
    const cases = seen.flatMap(({ result, injected }, n) => {
      const old = before[n]?.result;
      if (injected === 0)
        return old?.status === result.status
          ? []
          : [`${result.id} was ${old?.status} and is ${result.status}, and nothing was injected`];
      if (result.status === 'broken') return [];
      if (result.status === 'failed' && old?.status === 'failed') return [];
      if (result.status === 'passed' && result.notes.some((note) => note.includes('before DMA_AVAIL came to 0')))
        return [];
      return [`${result.id} is ${result.status} although the host failed it: ${result.reason ?? ''}`];
    });
    const blamed = is.clauses.filter(
      ({ id, verdict }) => verdict === 'broken' && was.clauses.find((one) => one.id === id)?.verdict !== 'broken',
    );
    const verdict =
      is.verdict === 'conformant' && seen.some(({ injected }) => injected > 0) ? ['the run is conformant'] : [];
    return [...cases, ...blamed.map(({ id }) => `${id} is held against the device`), ...verdict];
  },

  /** Whatever it is called, a run that was not conformant does not become so. */
  driver({ was, is }) {
    return is.verdict === 'conformant' && was.verdict !== 'conformant'
      ? [`the run was ${was.verdict} and is conformant`]
      : [];
  },
};

/** A stack trace, or a call of the port that was the kit's own mistake. */
function kitAtFault({ result }: CaseSeen): string[] {
  const texts = [result.reason, ...result.steps.map((step) => step.message), ...result.notes];
  return texts.flatMap((text) =>
    text !== undefined && KITS_OWN.test(text) ? [`${result.id}: ${text.slice(0, 600)}`] : [],
  );
}

const KITS_OWN = /\n\s+at |TypeError|RangeError|used after munmap|belongs to another host|the kit judged/;

function planFor(device: string): RunPlan {
  return {
    schemaVersion: 1,
    kitVersion: '',
    folder: '',
    targets: [],
    devices: [{ device, host: 'local' }],
    filter: { cases: [], tags: [], only: [], skip: [] },
    repeat: 1,
    strict: false,
    grade: 'kit',
    seed: 1,
    limits: DEFAULT_LIMITS,
    allow: [],
    startedAt: '2026-01-01T00:00:00.000Z',
  };
}
