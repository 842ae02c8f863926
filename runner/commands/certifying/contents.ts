/** What a certificate says of a run: nothing but what the run's folder bears, judged again by the rules of the run. */
import path from 'node:path';
import type { CertificateContents, CertifiedDevice } from '../../../reports/certificate/schema';
import type { CaseResult } from '../../execution/case-result';
import { judgingFor } from '../../execution/judging';
import type { DeviceDescription } from '../../execution/probe';
import { type ClauseSummary, effectiveLevel } from '../../execution/verdict';
import type { Clause, Waiver } from '../../language/scenario';
import type { DeviceJudgement, Judgement } from '../running/judgement';
import { isFiltered } from '../running/options';
import type { StoredRun } from '../running/stored-run';
import { figuresOf } from './figures';

/** A certificate shows the first findings of a device; the report has them all. */
const MOST_FINDINGS = 100;

export function contentsOf(run: StoredRun, judgement: Judgement, issuedAt: Date): CertificateContents {
  const { plan, record } = run;
  return {
    schemaVersion: 1,
    kind: 'vfio-conformance certificate',
    verdict: judgement.verdict,
    waived: judgement.waived,
    reasons: [...judgement.reasons],
    issuedAt: issuedAt.toISOString(),
    kit: {
      name: 'vfio-conformance',
      version: plan.kitVersion,
      catalogue: judgement.catalogueHash,
      node: nodeOf(record),
    },
    run: {
      suite: run.targets.map((target) => target.title).join(', '),
      startedAt: plan.startedAt,
      endedAt: run.finished && typeof record.endedAt === 'string' ? record.endedAt : null,
      resumedAt: [...(plan.resumedAt ?? [])],
      seed: plan.seed,
      repeat: plan.repeat,
      strict: plan.strict,
      grade: plan.grade,
      filtered: isFiltered(plan.filter),
    },
    results: { sha256: run.resultsDigest, cases: run.results.length },
    redacted: [],
    devices: judgement.devices.map((device) => deviceOf(device, run)),
  };
}

function deviceOf(judged: DeviceJudgement, run: StoredRun): CertifiedDevice {
  const { plan, targets } = run;
  const { clauses: catalogue, rules } = judgingFor(plan, undefined);
  const results = run.results.filter((result) => result.device === judged.device);
  const description = run.descriptions.find((one) => one.device === judged.device);
  const count = (status: CaseResult['status']): number => results.filter((result) => result.status === status).length;
  return {
    device: judged.device,
    verdict: judged.verdict,
    waived: judged.waived,
    reasons: [...judged.reasons],
    identity: description ? { ...textFacts(description.identity) } : {},
    host: description ? hostOf(description, run, judged.device) : {},
    shows: [...(description?.shows ?? [])],
    assumptions: { ...description?.assume },
    cases: {
      passed: count('passed'),
      failed: count('failed'),
      broken: count('broken'),
      skipped: count('skipped'),
      expected: plan.repeat * targets.reduce((sum, target) => sum + target.taken.length, 0),
    },
    clauses: judged.clauses.flatMap((summary) => {
      const clause = catalogue.get(summary.id);
      return clause ? [clauseOf(summary, clause, effectiveLevel(clause, rules))] : [];
    }),
    findings: findingsOf(results),
    waivers: (run.waivers.get(judged.device) ?? []).map((waiver) => waiverOf(waiver, judged)),
    notJudged: byReason(judged.clauses, 'not-judged'),
    notApplicable: byReason(judged.clauses, 'not-applicable'),
    figures: figuresOf(results),
  };
}

function clauseOf(summary: ClauseSummary, clause: Clause, level: Clause['level']): CertifiedDevice['clauses'][number] {
  const { id, who, verdict, reason, scenarios, findings } = summary;
  return {
    id,
    family: clause.family,
    text: clause.text,
    lines: [...clause.lines],
    level,
    who,
    verdict,
    ...(reason === undefined ? {} : { reason }),
    cases: scenarios.length,
    findings,
  };
}

/** One for each clause and verdict: the first that was seen, and in how many cases. */
function findingsOf(results: readonly CaseResult[]): CertifiedDevice['findings'] {
  const found = new Map<string, CertifiedDevice['findings'][number] & { ids: Set<string> }>();
  for (const result of results)
    for (const { clause, verdict, step, expected, observed } of result.findings) {
      if (verdict === 'kept' || verdict === 'obeyed') continue;
      const key = `${verdict} ${clause}`;
      const known = found.get(key);
      if (known) known.ids.add(result.id);
      else
        found.set(key, {
          clause,
          verdict,
          case: result.id,
          step,
          expected,
          observed,
          times: 1,
          ids: new Set([result.id]),
        });
    }
  const order = ['broken', 'warned', 'waived', 'reported'];
  return [...found.values()]
    .map(({ ids, ...finding }) => ({ ...finding, times: ids.size }))
    .sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict))
    .slice(0, MOST_FINDINGS);
}

function waiverOf({ clause, reason, until }: Waiver, judged: DeviceJudgement): CertifiedDevice['waivers'][number] {
  const used = judged.clauses.some((summary) => summary.id === clause && summary.verdict === 'waived');
  const expired = judged.expired.some((one) => one.clause === clause && one.until === until);
  return { clause, reason, until, state: expired ? 'expired' : used ? 'used' : 'not-needed' };
}

function byReason(clauses: readonly ClauseSummary[], verdict: ClauseSummary['verdict']): CertifiedDevice['notJudged'] {
  const groups = new Map<string, string[]>();
  for (const summary of clauses) {
    if (summary.verdict !== verdict) continue;
    const reason = summary.reason ?? 'no reason is known';
    const ids = groups.get(reason) ?? [];
    ids.push(summary.id);
    groups.set(reason, ids);
  }
  return [...groups].map(([reason, ids]) => ({ reason, clauses: ids }));
}

/** Names are those that people know; the values are text. */
function hostOf(
  { host, iommu, flags, buses, profile }: DeviceDescription,
  { plan }: StoredRun,
  device: string,
): CertifiedDevice['host'] {
  const planned = plan.devices.find((one) => one.device === device);
  return {
    host: host.name,
    kernel: host.kernelRelease,
    architecture: `${host.architecture}, ${host.wordBits} bits, ${host.byteOrder} endian`,
    'page size': `${host.pageSize} bytes`,
    iommu,
    'device flags': `0x${flags.toString(16)}${buses.length > 0 ? ` (${buses.join(', ')})` : ''}`,
    ...(profile === undefined ? {} : { profile: path.basename(profile) }),
    destination: planned?.destination ?? (host.kind === 'reference' ? 'a correct one' : 'none'),
    'reached by': planned?.host ?? 'local',
    ...(host.replayed !== undefined
      ? { note: `Replayed from a recording, ${host.replayed}: no device was asked` }
      : {}),
    ...(host.kind === 'reference' && host.replayed === undefined
      ? { note: 'Simulated device: this certifies no hardware and no driver' }
      : {}),
  };
}

function textFacts(facts: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(facts)
      .filter(([, value]) => value !== undefined && value !== null && typeof value !== 'object')
      .map(([name, value]) => [name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase(), String(value)]),
  );
}

function nodeOf(record: StoredRun['record']): string {
  const { kit } = record;
  const node = typeof kit === 'object' && kit !== null ? (kit as { node?: unknown }).node : undefined;
  return typeof node === 'string' ? node : 'unknown';
}
