/**
 * The matrix, run inside the guest: the correct module certified in each layout, then each of its faults and variations. Reads
 * /results/matrix-request.json, writes a JSON line for each row as it is done, and a line for people to standard output.
 *
 *     node dist/lab/guest/matrix.js FOLDER
 */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CaseResult, CaseStatus } from '../../runner/execution/case-result';
import { reportedClauses } from '../../runner/execution/self-test/fault-judgement';
import type { ClauseVerdict } from '../../runner/execution/verdict';
import { PACKAGE_ROOT } from '../../runner/language';
import type { Case } from '../../runner/language/scenario';
import {
  aboutFile,
  failuresFile,
  type Layout,
  type MatrixAbout,
  type MatrixRequest,
  type MatrixRow,
  requestFile,
  rowsFile,
  trialsFile,
} from '../matrix/request';
import { judgeRow } from '../matrix/row-judgement';
import { sayRow } from '../matrix/row-text';
import { sampleCases } from '../matrix/selection';
import { tellingCases } from '../matrix/telling-cases';
import { keyOfTrial, type Trial as TrialOf, trialsOf } from '../matrix/trials';
import { asCatalogued, reportsClause } from './catalogued-fault';
import { Certification, type Certified, loadWholeSuite } from './certification';
import { KernelMessages } from './kernel-messages';
import { MediatedDevice, type ModuleFault, moduleIdentity } from './mediated-device';
import { TrialQueue } from './trial-queue';

const suiteName = 'certify';
const uuids = { source: 'c0ffee00-0001-4000-8000-000000000001', destination: 'c0ffee00-0002-4000-8000-000000000002' };
/** A device that hangs costs a deadline each time; it has been seen to hang after this many. */
const mostHangs = { sample: 1, whole: 2 };

/** 256 MiB through an emulated processor take their time. */
const patientMs = 240_000;

type Trial = TrialOf<ModuleFault>;

const correct: ModuleFault = { name: 'none', breaks: [], where: [], summary: 'the correct module' };

class Matrix {
  private readonly suite = loadWholeSuite(suiteName);
  private readonly messages = new KernelMessages();
  private readonly queue = new TrialQueue();
  private readonly source = MediatedDevice.create(uuids.source);
  private readonly destination = MediatedDevice.create(uuids.destination);
  private readonly faults: readonly ModuleFault[];
  private readonly plain: Certification;
  private readonly zpci: Certification;
  private readonly patient: Certification;
  /** Verdicts of the correct module, by layout. */
  private readonly baselines = new Map<Layout, ReadonlyMap<string, ClauseVerdict>>();

  constructor(
    private readonly folder: string,
    private readonly request: MatrixRequest,
  ) {
    this.faults = this.source.faults.map(asCatalogued);
    this.plain = this.certification('devices/lab-dut.yaml');
    this.zpci = this.certification('lab/profiles/lab-dut-zpci.yaml');
    this.patient = this.certification('devices/lab-dut.yaml', patientMs);
  }

  async run(): Promise<boolean> {
    this.writeAbout();
    let good = true;
    const { request } = this;
    const done = new Set(request.done ?? []);
    const trials = trialsOf(request, correct, this.faults);
    writeFileSync(join(this.folder, trialsFile), `${JSON.stringify(trials.map(keyOfTrial))}\n`);
    for (const trial of trials) {
      if (this.queue.stopped) break;
      if (done.has(keyOfTrial(trial)) || !this.queue.take(keyOfTrial(trial))) continue;
      const row = await this.row(trial);
      appendFileSync(join(this.folder, rowsFile), `${JSON.stringify(row)}\n`);
      console.log(sayRow(row));
      good &&= row.good;
    }
    await this.plain.stop();
    await this.zpci.stop();
    await this.patient.stop();
    this.messages.close();
    return good;
  }

  private async row(trial: Trial): Promise<MatrixRow> {
    const { fault, kind, layout, stateSize } = trial;
    const began = performance.now();
    const zpci = fault.where.includes('s390x');
    const whole = kind === 'correct' || (kind !== 'large' && this.request.mode === 'whole');
    for (const device of [this.source, this.destination]) {
      device.fault = 'none';
      device.set({ layout, stateSize, zpci: zpci ? 2 : 0 });
    }
    this.source.fault = fault.name;
    if (fault.where.includes('destination')) this.destination.fault = fault.name;
    const limit = kind === 'correct' || kind === 'large' ? undefined : mostHangs[this.request.mode];
    const { first, rest } = this.casesFor(trial, whole);
    const certification = kind === 'large' ? this.patient : zpci ? this.zpci : this.plain;
    const certified = await certification.certify(first, {
      rest,
      enough: (results) =>
        fault.breaks.length === 0 || results.some((result) => reportsClause(result, fault.breaks[0])),
      ...(limit === undefined ? {} : { mostHangs: limit }),
    });
    this.source.fault = 'none';
    this.destination.fault = 'none';
    if (kind === 'correct' && fault === correct) this.keepBaseline(layout, certified);
    const judged = judgeRow({
      kind,
      breaks: fault.breaks,
      whole,
      ...certified,
      // What did not run has not come by every condition: only a whole certification can hide nothing behind not-applicable.
      baseline: whole && certified.leftOut === 0 ? this.baselineOf(layout) : new Map(),
    });
    this.keepFailures(trial, certified, judged.good);
    return {
      kind,
      name: fault.name,
      summary: fault.summary,
      breaks: fault.breaks,
      layout,
      stateSize,
      zpci,
      ...judged,
      verdict: certified.summary.verdict,
      reported: reportedClauses(certified.summary.clauses),
      cases: countsOf(certified.results),
      leftOut: certified.leftOut,
      kernel: certified.kernel,
      seconds: (performance.now() - began) / 1000,
    };
  }

  private casesFor(
    { fault, kind }: Trial,
    whole: boolean,
  ): { readonly first: readonly Case[]; readonly rest: readonly Case[] } {
    const { cases } = this.suite;
    if (whole) return { first: cases, rest: [] };
    if (kind === 'large') return { first: cases.filter(({ id }) => id.startsWith('transitions/')), rest: [] };
    const { covering, others, seed } = this.request;
    // A variation has no clauses of its own to go by.
    const size = fault.breaks.length > 0 ? { covering, others } : { covering: 0, others: covering + others };
    return sampleCases(cases, fault.breaks, { ...size, seed, salt: fault.name, telling: tellingCases[fault.name] });
  }

  private keepBaseline(layout: Layout, { summary }: Certified): void {
    const verdicts = summary.clauses.map(({ id, verdict }): [string, ClauseVerdict] => [id, verdict]);
    this.baselines.set(layout, new Map(verdicts));
    this.queue.leave(`baseline-${layout}`, verdicts);
  }

  /** Of this layout, or of another one while nobody has certified this one: most clauses do not depend on it. */
  private baselineOf(layout: Layout): ReadonlyMap<string, ClauseVerdict> {
    for (const one of [layout, ...this.request.layouts]) {
      const known = this.baselines.get(one) ?? this.queue.find(`baseline-${one}`);
      if (known === undefined) continue;
      const verdicts = known instanceof Map ? known : new Map(known as [string, ClauseVerdict][]);
      this.baselines.set(one, verdicts);
      return verdicts;
    }
    return new Map();
  }

  /** Whole results of what went wrong; of a fault that was caught as it should be the rows say enough. */
  private keepFailures({ fault, layout }: Trial, { results }: Certified, good: boolean): void {
    if (good) return;
    for (const result of results.filter(({ status }) => status === 'failed' || status === 'broken')) {
      appendFileSync(
        join(this.folder, failuresFile),
        `${JSON.stringify({ fault: fault.name, layout, result: { ...result, accesses: result.accesses.slice(-60) } })}\n`,
      );
    }
  }

  private certification(profile: string, stepDeadlineMs?: number): Certification {
    const plan = {
      device: uuids.source,
      destination: uuids.destination,
      profile: join(PACKAGE_ROOT, profile),
      host: 'local',
    };
    return new Certification(this.suite, this.messages, plan, this.request.seed, stepDeadlineMs);
  }

  private writeAbout(): void {
    const { version } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as { version: string };
    const { faults } = this;
    const about: MatrixAbout = {
      kernel: readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim(),
      kernelVersion: readFileSync('/proc/sys/kernel/version', 'utf8').trim(),
      driver: moduleIdentity(),
      kit: version,
      node: process.version,
      suite: suiteName,
      cases: this.suite.cases.length,
      clauses: this.suite.clauses.length,
      catalogue: this.suite.catalogueHash,
      faults: faults.filter(({ breaks }) => breaks.length > 0).length,
      variations: faults.filter(({ breaks }) => breaks.length === 0).length,
    };
    writeFileSync(join(this.folder, aboutFile), `${JSON.stringify(about, null, 2)}\n`);
  }
}

function countsOf(results: readonly CaseResult[]): Record<CaseStatus, number> {
  const counts = { passed: 0, failed: 0, broken: 0, skipped: 0 };
  for (const { status } of results) counts[status] += 1;
  return counts;
}

const folder = process.argv[2] ?? '/results';
const request = JSON.parse(readFileSync(join(folder, requestFile), 'utf8')) as MatrixRequest;
new Matrix(folder, request).run().then(
  (good) => process.exit(good ? 0 : 1),
  (error: unknown) => {
    console.log(`the matrix broke: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    process.exit(3);
  },
);
