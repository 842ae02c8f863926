/** The Allure report of a run: one HTML file that opens from disk, offline, and calls nothing out. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ALLURE_RESULTS } from '../runner/execution/run-plan';
import { writeGlobals } from './allure-globals';
import { gatherHistory, keepHistory } from './allure-history';
import type { AllureJob } from './allure-process';
import { CATEGORIES } from './categories';
import { withClauseTexts } from './clause-texts';
import { isRecord } from './json-file';
import { withPackedData } from './packed-data';
import { counted } from './pictures/units';
import { readPlan, readRecord, reportFacts } from './report-facts';
import { runPictures } from './run-pictures';
import { withoutCallingOut } from './single-file';

export interface GeneratedReport {
  readonly file: string;
  readonly bytes: number;
  /** Allure results that went in. */
  readonly cases: number;
  readonly milliseconds: number;
}

/**
 * Makes `outFile` from a run's folder. The file appears whole or not at all. Rejects with an Error for people when the folder holds
 * no run or no results, or when Allure fails.
 */
export async function generateReport(runFolder: string, outFile: string): Promise<GeneratedReport> {
  const started = Date.now();
  const results = path.resolve(runFolder, ALLURE_RESULTS);
  const plan = readPlan(runFolder);
  const facts = reportFacts(runFolder);
  const cases = countResults(results);
  if (cases === 0) throw new Error(`${runFolder} holds no results to report on`);
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'vfio-conformance-report-'));
  try {
    const places = {
      output: path.join(work, 'report'),
      globals: path.join(work, 'globals'),
      history: path.join(work, 'history.jsonl'),
    };
    // What the job is made of is read and drawn while the other process loads Allure.
    await runAllure(work, () => {
      const nights = gatherHistory(runFolder, plan.startedAt, places.history);
      writeGlobals(places.globals, runPictures(runFolder, plan));
      return { results, ...places, nights, facts, categories: CATEGORIES };
    });
    const page = fs.readFileSync(findPage(places.output), 'utf8');
    const html = withClauseTexts(withPackedData(withoutCallingOut(page)), clauseVerdicts(runFolder));
    const file = path.resolve(outFile);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    const half = `${file}.${process.pid}.tmp`;
    fs.writeFileSync(half, html);
    fs.renameSync(half, file);
    // A run that did not come to its end is no night to compare with.
    if (readRecord(runFolder).verdict !== undefined) keepHistory(runFolder, plan.startedAt, places.history);
    return { file, bytes: Buffer.byteLength(html), cases, milliseconds: Date.now() - started };
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}

/** `broken, 3 findings, judged in 12 scenarios`, by clause; also of clauses outside the suite's list that were seen broken on the way. */
function clauseVerdicts(runFolder: string): Map<string, string> {
  const { clauses, findings } = readRecord(runFolder);
  const told = new Map<string, string>();
  for (const { id, verdict, findings: found, scenarios, reason } of records(clauses)) {
    const judged =
      Array.isArray(scenarios) && scenarios.length > 0 ? [`judged in ${counted(scenarios.length, 'scenario')}`] : [];
    const times = typeof found === 'number' && found > 0 ? [counted(found, 'finding')] : [];
    const why = typeof reason === 'string' ? `: ${reason}` : '';
    told.set(String(id), `${[String(verdict), ...times, ...judged].join(', ')}${why}`);
  }
  const outside = records(findings).filter(({ clause }) => !told.has(String(clause)));
  for (const { clause, verdict } of outside) {
    const times = outside.filter((other) => other.clause === clause && other.verdict === verdict).length;
    told.set(String(clause), `${String(verdict)}, ${counted(times, 'finding')}, outside the suite's list`);
  }
  return told;
}

function records(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function countResults(folder: string): number {
  try {
    return fs.readdirSync(folder).filter((name) => name.endsWith('-result.json')).length;
  } catch {
    return 0;
  }
}

/** Allure tells of a failing plugin on its error output and goes on as if nothing were; here that is a failure. */
async function runAllure(folder: string, prepare: () => AllureJob): Promise<void> {
  // The folder is outside any repository, so that Allure does not put a repository's name and address into the report.
  const child = spawn(process.execPath, [path.join(__dirname, 'allure-process.js')], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  const said = { out: '', error: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.error += text;
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exit) => resolve(exit ?? 1));
  });
  // A process that could not start, or died early, is told by its exit and not by the pipe to it.
  child.stdin.on('error', () => undefined);
  let job: AllureJob;
  try {
    job = prepare();
  } catch (error) {
    child.kill();
    await ended;
    throw error;
  }
  child.stdin.end(JSON.stringify(job));
  const code = await ended;
  if (code !== 0 || /\berror\b/i.test(said.error)) {
    throw new Error(`Allure could not make the report: ${`${said.error}${said.out}`.trim() || `exit code ${code}`}`);
  }
}

function findPage(output: string): string {
  const candidates = [path.join(output, 'index.html'), path.join(output, 'awesome', 'index.html')];
  const found = candidates.find((file) => fs.existsSync(file));
  if (found === undefined) throw new Error(`Allure made no report in ${output}`);
  return found;
}
