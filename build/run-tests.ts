/**
 * `npm test`: style and types first, then every test, and at the end one line with what came of it and what could not be run.
 *
 * Called as `run-tests.js [--built STATUS] [JEST ARGUMENT...]`: STATUS is the exit code of the build that ran just before.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { NOT_RUN_FILE } from '../tests/support/requirements';
import { addJest, type Counts, closingLine, type JestResults, type NotRun } from './test-summary';

const ROOT = path.join(__dirname, '..', '..');
const JEST_RESULTS = path.join(ROOT, 'dist', '.jest-results.json');

function main(words: readonly string[]): number {
  const [built, jestArguments] = words[0] === '--built' ? [words[1], words.slice(2)] : [undefined, words];
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  const notRun: NotRun[] = [];
  const check = (what: string, script: () => string, args: readonly string[]): void => {
    const status = node(script, args);
    if (typeof status === 'string') notRun.push({ what, why: status });
    else count(counts, status === 0);
    if (status !== 0) console.log(`${what}: ${typeof status === 'string' ? status : 'failed'}`);
  };
  check('style and lint (biome)', () => require.resolve('@biomejs/biome/bin/biome'), ['check', '.']);
  if (built === undefined) check('types (tsc)', () => inPackage('typescript', 'bin/tsc'), ['-p', ROOT, '--noEmit']);
  else {
    count(counts, built === '0');
    if (built !== '0') console.log('types and language (npm run build): failed, see above');
  }
  rmSync(NOT_RUN_FILE, { force: true });
  rmSync(JEST_RESULTS, { force: true });
  const jest = node(() => inPackage('jest', 'bin/jest.js'), ['--json', '--outputFile', JEST_RESULTS, ...jestArguments]);
  countJest(counts, jest);
  notRun.push(...testsNotRun());
  console.log(closingLine(counts, notRun));
  const missing = notRun.length > 0 && isSet(process.env.CI);
  if (missing) console.log('With CI set, a test that could not run counts as a failure.');
  return counts.failed > 0 || missing ? 1 : 0;
}

/** The exit code, or why it could not be run. */
function node(script: () => string, args: readonly string[]): number | string {
  let file: string;
  try {
    file = script();
  } catch {
    return 'it is not installed; run `npm ci` without --omit=dev';
  }
  const { status, error } = spawnSync(process.execPath, [file, ...args], { cwd: ROOT, stdio: 'inherit' });
  return error ? error.message : (status ?? 1);
}

function inPackage(name: string, file: string): string {
  return path.join(path.dirname(require.resolve(`${name}/package.json`)), file);
}

function count(counts: Counts, passed: boolean): void {
  if (passed) counts.passed += 1;
  else counts.failed += 1;
}

function countJest(counts: Counts, status: number | string): void {
  if (!existsSync(JEST_RESULTS)) {
    console.log(`tests (jest): no results; ${typeof status === 'string' ? status : `exit code ${status}`}`);
    counts.failed += 1;
    return;
  }
  addJest(counts, JSON.parse(readFileSync(JEST_RESULTS, 'utf8')) as JestResults, status === 0);
}

function testsNotRun(): NotRun[] {
  if (!existsSync(NOT_RUN_FILE)) return [];
  const lines = readFileSync(NOT_RUN_FILE, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as NotRun);
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false';
}

process.exit(main(process.argv.slice(2)));
