/**
 * The second opinion, run inside the guest: QEMU migrates our module, and the certification looks at the same faults. Reads
 * /results/opinion-request.json, writes a JSON line for each trial as it is done.
 *
 *     node dist/lab/guest/qemu.js FOLDER
 */
import { appendFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reportedClauses } from '../../runner/execution/self-test/fault-judgement';
import { PACKAGE_ROOT } from '../../runner/language';
import { sampleCases } from '../matrix/selection';
import {
  type OpinionRequest,
  type OpinionRow,
  type OpinionTrial,
  opinionAboutFile,
  opinionRequestFile,
  opinionRowsFile,
  toolsFolder,
} from '../qemu/request';
import { judgeOpinion, sayOpinion } from '../qemu/row';
import { asCatalogued, reportsClause } from './catalogued-fault';
import { Certification, loadWholeSuite } from './certification';
import { KernelMessages } from './kernel-messages';
import { MediatedDevice, type ModuleFault, moduleIdentity } from './mediated-device';
import { migrate } from './nested/migration';

const uuids = { source: 'c0ffee00-0011-4000-8000-000000000011', destination: 'c0ffee00-0012-4000-8000-000000000012' };
/** Not on the share: a program is started from it again and again. */
const tools = '/tmp/qemu-tools';
const scratch = '/tmp/qemu-scratch';

class SecondOpinion {
  private readonly source = MediatedDevice.create(uuids.source);
  private readonly destination = MediatedDevice.create(uuids.destination);
  private readonly faults = new Map(this.source.faults.map((fault) => [fault.name, asCatalogued(fault)]));
  private readonly messages = new KernelMessages();
  private certification: Certification | undefined;
  private readonly suite = loadWholeSuite('certify');

  constructor(
    private readonly folder: string,
    private readonly request: OpinionRequest,
  ) {}

  async run(): Promise<boolean> {
    let good = true;
    for (const trial of this.request.trials) {
      const row = await this.row(trial);
      appendFileSync(join(this.folder, opinionRowsFile), `${JSON.stringify(row)}\n`);
      console.log(sayOpinion(row));
      good &&= row.good;
    }
    await this.certification?.stop();
    this.messages.close();
    return good;
  }

  private async row(trial: OpinionTrial): Promise<OpinionRow> {
    const fault = trial.fault === 'none' ? undefined : this.faults.get(trial.fault);
    if (fault === undefined && trial.fault !== 'none') throw new Error(`the module has no fault ${trial.fault}`);
    this.setUp(trial, fault);
    const qemu = await migrate({ tools, scratch, source: this.source, destination: this.destination });
    const certification = fault && this.request.certify ? await this.certify(trial, fault) : undefined;
    const row = {
      ...trial,
      summary: fault?.summary ?? 'the correct module',
      breaks: fault?.breaks ?? [],
      qemu,
      ...(certification === undefined ? {} : { certification }),
    };
    return { ...row, ...judgeOpinion(row) };
  }

  private setUp({ layout }: OpinionTrial, fault: ModuleFault | undefined): void {
    for (const device of [this.source, this.destination]) {
      device.fault = 'none';
      device.set({ layout, stateSize: this.request.stateSize, zpci: 0 });
    }
    if (fault === undefined) return;
    this.source.fault = fault.name;
    if (fault.where.includes('destination')) this.destination.fault = fault.name;
  }

  /** Case after case until the fault is caught, or all have been run. */
  private async certify(trial: OpinionTrial, fault: ModuleFault): Promise<readonly string[]> {
    this.setUp(trial, fault);
    this.certification ??= new Certification(
      this.suite,
      this.messages,
      {
        device: uuids.source,
        destination: uuids.destination,
        profile: join(PACKAGE_ROOT, 'devices/lab-dut.yaml'),
        host: 'local',
      },
      1,
    );
    const { first, rest } = sampleCases(this.suite.cases, fault.breaks, {
      covering: 1,
      others: 0,
      seed: 1,
      salt: fault.name,
    });
    const { summary } = await this.certification.certify(first, {
      rest,
      enough: (results) => results.some((result) => reportsClause(result, fault.breaks[0])),
      mostHangs: 1,
    });
    return reportedClauses(summary.clauses);
  }
}

const folder = process.argv[2] ?? '/results';
const request = JSON.parse(readFileSync(join(folder, opinionRequestFile), 'utf8')) as OpinionRequest;
cpSync(join(folder, toolsFolder), tools, { recursive: true });
mkdirSync(scratch, { recursive: true });
const about = {
  kernel: readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim(),
  driver: moduleIdentity(),
  qemu: readFileSync(join(tools, 'version'), 'utf8').trim(),
};
writeFileSync(join(folder, opinionAboutFile), `${JSON.stringify(about)}\n`);
new SecondOpinion(folder, request).run().then(
  (good) => process.exit(good ? 0 : 1),
  (error: unknown) => {
    console.log(`the second opinion broke: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    process.exit(3);
  },
);
