/** The Allure report of a run: one HTML file that opens from disk, offline, and calls nothing out. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ALLURE_RESULTS } from '../runner/execution/run-plan';
import type { AllureJob } from './allure-process';
import { CATEGORIES } from './categories';
import { withPackedData } from './packed-data';
import { reportFacts } from './report-facts';
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
  const facts = reportFacts(runFolder);
  const cases = countResults(results);
  if (cases === 0) throw new Error(`${runFolder} holds no results to report on`);
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'vfio-conformance-report-'));
  try {
    const output = path.join(work, 'report');
    await runAllure({ results, output, facts, categories: CATEGORIES }, work);
    const page = findPage(output);
    const html = withPackedData(withoutCallingOut(fs.readFileSync(page, 'utf8')));
    const file = path.resolve(outFile);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    const half = `${file}.${process.pid}.tmp`;
    fs.writeFileSync(half, html);
    fs.renameSync(half, file);
    return { file, bytes: Buffer.byteLength(html), cases, milliseconds: Date.now() - started };
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}

function countResults(folder: string): number {
  try {
    return fs.readdirSync(folder).filter((name) => name.endsWith('-result.json')).length;
  } catch {
    return 0;
  }
}

/** Allure tells of a failing plugin on its error output and goes on as if nothing were; here that is a failure. */
async function runAllure(job: AllureJob, folder: string): Promise<void> {
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
  child.stdin.end(JSON.stringify(job));
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exit) => resolve(exit ?? 1));
  });
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
