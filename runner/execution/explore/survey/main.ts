/**
 * `node dist/runner/execution/explore/survey/main.js [NAME...] [--runs N] [--seed N] [--max-steps N] [--json FILE] [--docs FILE]
 * [--correct]`: explores the reference device with each of its faults, and says which of them walks come to. Without names: all faults, or
 * with --correct all devices that have none, on which nothing may be found.
 */
import { type ChildProcess, fork } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { correctNames, faultNames } from './subjects';
import type { SurveyOptions, SurveyRow } from './survey-row';
import { intoDocument, sayFalseAlarms, sayRow, sayTotals } from './survey-text';
import type { SurveyReply } from './survey-worker';

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: '500' },
      seed: { type: 'string', default: '1' },
      'max-steps': { type: 'string', default: '30' },
      json: { type: 'string' },
      docs: { type: 'string' },
      correct: { type: 'boolean', default: false },
    },
  });
  const names = positionals.length > 0 ? positionals : values.correct ? correctNames() : faultNames();
  const options = { seed: Number(values.seed), runs: Number(values.runs), maxSteps: Number(values['max-steps']) };
  const began = performance.now();
  const rows = await surveyAll(names, options, (row, done) =>
    process.stdout.write(`${String(done).padStart(4)}/${names.length}  ${sayRow(row)}\n`),
  );
  const seconds = (performance.now() - began) / 1000;
  const totals = values.correct ? sayFalseAlarms(rows) : sayTotals(rows);
  process.stdout.write(`\n${totals}\n${seconds.toFixed(0)} s\n`);
  if (values.correct && rows.some(({ outcome }) => outcome !== 'not-reached')) process.exitCode = 1;
  if (values.json !== undefined)
    fs.writeFileSync(values.json, `${JSON.stringify({ ...options, seconds, rows }, null, 2)}\n`);
  if (values.docs !== undefined)
    fs.writeFileSync(values.docs, intoDocument(fs.readFileSync(values.docs, 'utf8'), rows, options));
}

/** The rows in the order of the names, from as many processes as there are cores. */
async function surveyAll(
  names: readonly string[],
  options: SurveyOptions,
  onRow: (row: SurveyRow, done: number) => void,
): Promise<readonly SurveyRow[]> {
  const queue = [...names];
  const rows = new Map<string, SurveyRow>();
  const count = Math.max(1, Math.min(os.availableParallelism(), names.length));
  const workers = Array.from({ length: count }, () =>
    fork(path.join(__dirname, 'survey-worker.js'), [JSON.stringify(options)]),
  );
  try {
    const take = (row: SurveyRow): void => {
      rows.set(row.name, row);
      onRow(row, rows.size);
    };
    await Promise.all(workers.map((worker) => serve(worker, queue, take)));
  } finally {
    for (const worker of workers) worker.kill();
  }
  return names.flatMap((name) => rows.get(name) ?? []);
}

function serve(worker: ChildProcess, queue: string[], take: (row: SurveyRow) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.on('message', (reply: SurveyReply) => {
      if (reply.kind === 'trouble') {
        reject(new Error(reply.message));
        return;
      }
      if (reply.kind === 'row') take(reply.row);
      const name = queue.shift();
      if (name === undefined) resolve();
      else worker.send({ name });
    });
    worker.once('error', reject);
    worker.once('exit', (code, signal) => reject(new Error(`a worker ended (${signal ?? `code ${code}`})`)));
  });
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 3;
});
