/**
 * The matrix, run inside the guest: the correct module certified in each layout, then each of its faults and variations. Reads
 * /results/matrix-request.json, writes a JSON line for each row as it is done, and a line for people to standard output.
 *
 *     node dist/lab/guest/matrix.js FOLDER
 */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CaseResult, CaseStatus } from '../../runner/execution/case-result';
import { judgeFault, reportedClauses } from '../../runner/execution/self-test/fault-judgement';
import type { ClauseVerdict } from '../../runner/execution/verdict';
import { PACKAGE_ROOT } from '../../runner/language';
import {
  aboutFile,
  failuresFile,
  type Layout,
  type MatrixAbout,
  type MatrixRequest,
  type MatrixRow,
  requestFile,
  rowsFile,
} from '../matrix/request';
import { sayRow } from '../matrix/row-text';
import { coveringCases, layoutsOf } from '../matrix/selection';
import { Certification, type Certified, loadWholeSuite } from './certification';
import { KernelMessages } from './kernel-messages';
import { MediatedDevice, type ModuleFault, moduleIdentity } from './mediated-device';

const suiteName = 'certify';
const uuids = { source: 'c0ffee00-0001-4000-8000-000000000001', destination: 'c0ffee00-0002-4000-8000-000000000002' };
/** A device that hangs costs a deadline each time; it has been seen to hang after this many. */
const mostHangs = { sample: 1, whole: 2 };
/** A sampled variation has no clauses of its own to go by, so it gets more of the others. */
const variationFactor = 3;

interface Trial {
  readonly fault: ModuleFault;
  readonly kind: MatrixRow['kind'];
  readonly layout: Layout;
  readonly stateSize: number;
}

const correct: ModuleFault = { name: 'none', breaks: [], where: [], summary: 'the correct module' };

class Matrix {
  private readonly suite = loadWholeSuite(suiteName);
  private readonly messages = new KernelMessages();
  private readonly source = MediatedDevice.create(uuids.source);
  private readonly destination = MediatedDevice.create(uuids.destination);
  private readonly plain: Certification;
  private readonly zpci: Certification;
  /** Verdicts of the correct module, by layout and kind of profile. */
  private readonly baselines = new Map<string, ReadonlyMap<string, ClauseVerdict>>();

  constructor(
    private readonly folder: string,
    private readonly request: MatrixRequest,
  ) {
    this.plain = this.certification('devices/lab-dut.yaml');
    this.zpci = this.certification('lab/profiles/lab-dut-zpci.yaml');
  }

  async run(): Promise<boolean> {
    this.writeAbout();
    let good = true;
    for (const trial of this.trials()) {
      const row = await this.row(trial);
      appendFileSync(join(this.folder, rowsFile), `${JSON.stringify(row)}\n`);
      console.log(sayRow(row));
      good &&= row.good;
    }
    await this.plain.stop();
    await this.zpci.stop();
    this.messages.close();
    return good;
  }

  private *trials(): Generator<Trial> {
    const { request } = this;
    const all = this.source.faults;
    const switchedOn = all.find(({ name }) => name === request.switchedOn) ?? correct;
    const kind = switchedOn === correct ? 'correct' : 'fault';
    if (request.certify) {
      for (const stateSize of request.stateSizes) {
        for (const layout of request.layouts) yield { fault: switchedOn, kind: 'correct', layout, stateSize };
      }
    }
    if (kind === 'fault') return;
    const wanted = all.filter(({ name }) => request.only === undefined || request.only.includes(name));
    const mine = wanted.filter((_, index) => index % request.shards === request.shard);
    for (const [index, fault] of mine.entries()) {
      const possible = layoutsOf(fault.where, request.layouts);
      const taken = request.mode === 'whole' ? possible : possible.slice(index % possible.length).slice(0, 1);
      const stateSize = request.faultStateSize;
      for (const layout of taken)
        yield { fault, kind: fault.breaks.length > 0 ? 'fault' : 'variation', layout, stateSize };
    }
  }

  private async row(trial: Trial): Promise<MatrixRow> {
    const { fault, kind, layout, stateSize } = trial;
    const began = performance.now();
    const zpci = fault.where.includes('s390x');
    const whole = kind === 'correct' || this.request.mode === 'whole';
    const cases = whole ? this.suite.cases : this.sampleFor(fault);
    for (const device of [this.source, this.destination]) {
      device.fault = 'none';
      device.set({ layout, stateSize, zpci: zpci ? 2 : 0 });
    }
    this.source.fault = fault.name;
    if (fault.where.includes('destination')) this.destination.fault = fault.name;
    const limit = kind === 'correct' ? undefined : mostHangs[this.request.mode];
    const certified = await (zpci ? this.zpci : this.plain).certify(cases, limit);
    this.source.fault = 'none';
    this.destination.fault = 'none';
    if (fault === correct) this.baselines.set(layout, verdictsOf(certified));
    const judged = this.judge(trial, certified, whole);
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

  private judge(
    { fault, kind, layout }: Trial,
    { results, summary }: Certified,
    whole: boolean,
  ): Pick<MatrixRow, 'good' | 'outcome' | 'remarks'> {
    const reported = reportedClauses(summary.clauses);
    if (kind === 'correct') {
      const unjudged = results.filter(({ skip }) => skip !== undefined && skip.kind !== 'not-applicable');
      const good = summary.verdict === 'conformant' && reported.length === 0 && unjudged.length === 0;
      const remarks = [
        ...summary.reasons,
        ...reported
          .filter((id) => !summary.reasons.some((reason) => reason.startsWith(id)))
          .map((id) => `${id} is warned about`),
        ...unjudged.map(({ id, skip }) => `${id} was not judged: ${skip?.reason ?? ''}`),
      ];
      return { good, outcome: good ? 'conformant' : 'not-conformant', remarks };
    }
    if (kind === 'fault') {
      const judged = judgeFault(fault.breaks, summary, this.baselines.get(layout) ?? new Map());
      const kits = results
        .filter(({ status }) => status === 'broken')
        .map(({ id, reason }) => `${id} is broken: ${reason ?? ''}`);
      return {
        good: judged.outcome === 'caught' && kits.length === 0,
        ...judged,
        remarks: [...judged.remarks, ...kits],
      };
    }
    const bad = results.filter(({ status }) => status === 'failed' || status === 'broken');
    const silent = reported.length === 0 && bad.length === 0 && (!whole || summary.verdict === 'conformant');
    const remarks = silent
      ? []
      : [...summary.reasons.slice(0, 20), ...bad.map(({ id, reason }) => `${id}: ${reason ?? ''}`)];
    return { good: silent, outcome: silent ? 'silent' : 'false-alarm', remarks };
  }

  private sampleFor(fault: ModuleFault): readonly (typeof this.suite.cases)[number][] {
    const { sample, seed } = this.request;
    const count = fault.breaks.length > 0 ? sample : sample * variationFactor;
    return coveringCases(this.suite.cases, fault.breaks, { count, seed, salt: fault.name });
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

  private certification(profile: string): Certification {
    const plan = {
      device: uuids.source,
      destination: uuids.destination,
      profile: join(PACKAGE_ROOT, profile),
      host: 'local',
    };
    return new Certification(this.suite, this.messages, plan, this.request.seed);
  }

  private writeAbout(): void {
    const { version } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as { version: string };
    const faults = this.source.faults;
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

function verdictsOf({ summary }: Certified): ReadonlyMap<string, ClauseVerdict> {
  return new Map(summary.clauses.map(({ id, verdict }) => [id, verdict]));
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
