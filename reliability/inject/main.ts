/** `npm run inject`: faults on purpose, seeded, over certifications of the reference device. */
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { evidenceText, record } from '../evidence';
import { spread } from '../pool';
import type { RunReport, RunRequest } from './certification';
import { schedule } from './schedule';
import { injectedIn, injectionEvidence, violationsIn } from './summary';
import { type WholeReport, wholeRun } from './whole-run';
import type { WorkerReply } from './worker';

const { values } = parseArgs({
  options: {
    /** Certifications in worker processes, and whole runs of the command. */
    runs: { type: 'string', default: '300' },
    whole: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    /** At least so many injected faults. */
    faults: { type: 'string', default: '10000' },
    processes: { type: 'string', default: String(os.availableParallelism()) },
    /** Keeps the rows for docs/reliability.md. */
    record: { type: 'boolean', default: false },
  },
});

async function main(): Promise<number> {
  const [runs, whole, seed, faults] = [values.runs, values.whole, values.seed, values.faults].map(Number) as [
    number,
    number,
    number,
    number,
  ];
  const began = performance.now();
  const plans = schedule(runs, seed);
  const reports: RunReport[] = [];
  await spread<RunRequest, WorkerReply>(
    path.join(__dirname, 'worker.js'),
    plans,
    Number(values.processes),
    ({ device }) => device,
    (reply) => {
      if (reply.kind === 'trouble') throw new Error(reply.message);
      reports.push(reply.report);
      say(reports.length, runs, reply.report);
    },
  );
  const wholes: WholeReport[] = [];
  for (let n = 0; n < whole; n += 1) {
    const report = await wholeRun({
      kind: n % 4 === 0 ? 'transparent' : 'host',
      suite: 'certify',
      device: 'reference',
      seed: seed * 1000 + n,
      callsPer: 1500,
      writesPer: n % 4 === 0 ? 20 : 120,
      expected: { exit: 0, verdict: 'conformant' },
    });
    wholes.push(report);
    say(wholes.length, whole, report);
  }
  const total = injectedIn([...reports, ...wholes]);
  const evidence = injectionEvidence(reports, wholes, {
    command: 'npm run inject',
    seconds: (performance.now() - began) / 1000,
    day: new Date().toISOString().slice(0, 10),
  });
  console.log(`\n${evidenceText(evidence)}\n${total} faults injected`);
  if (values.record) console.log(`kept in ${record(evidence)}`);
  if (total < faults) console.log(`fewer than ${faults} were injected`);
  return violationsIn([...reports, ...wholes]).length === 0 && total >= faults ? 0 : 1;
}

function say(done: number, of: number, report: RunReport | WholeReport): void {
  const { kind, device, seed, injected, violations } = report;
  const ended = violations.length === 0 ? 'ok' : 'VIOLATED';
  console.log(
    `${String(done).padStart(4)} of ${of}  ${ended}  ${kind} ${device} seed ${seed}: ${injected} injected, ${report.verdict}`,
  );
  for (const text of violations.slice(0, 10)) console.log(`      ${text}`);
}

void main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  },
);
