/** `vfio-conformance run` as it is, in processes of its own, with injections into its files and its executors. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { RUN_FILE } from '../../runner/execution/run-plan';
import { PACKAGE_ROOT } from '../../runner/language';
import { waitUntilGone } from '../processes';
import { type Preloaded, VARIABLE } from './preload';

export interface WholeRequest {
  readonly kind: 'transparent' | 'host';
  readonly suite: string;
  readonly device: string;
  readonly seed: number;
  readonly callsPer: number;
  readonly writesPer: number;
  /** Exit code and verdict without injections. */
  readonly expected: { readonly exit: number; readonly verdict: string };
}

export interface WholeReport {
  readonly kind: 'transparent' | 'host';
  readonly suite: string;
  readonly device: string;
  readonly seed: number;
  readonly exit: number | null;
  readonly verdict: string;
  readonly injected: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
}

/** A run that takes so long hangs. */
const LONGEST_MS = 5 * 60_000;
const GONE_MS = 30_000;
/** YAML files have frames of the same form, which are meant. */
const STACK = /\n\s+at [^\n]*\.[jt]s:\d+:\d+\)?/;

export async function wholeRun(request: WholeRequest): Promise<WholeReport> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vfio-inject-'));
  try {
    return await runIn(folder, request);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function runIn(folder: string, request: WholeRequest): Promise<WholeReport> {
  const out = path.join(folder, 'run');
  const log = path.join(folder, 'log');
  fs.mkdirSync(log);
  const { kind, seed, callsPer, writesPer, suite, device, expected } = request;
  const below = [out, '/dev/shm/vfio-conformance-flight'];
  const preloaded: Preloaded = { kind, seed, callsPer, writesPer, below, log };
  const mark = `VFIO_CONFORMANCE_MARK=${randomUUID()}`;
  const ended = await run(out, suite, device, {
    NODE_OPTIONS: `--require ${path.join(__dirname, 'preload.js')}`,
    [VARIABLE]: JSON.stringify(preloaded),
    VFIO_CONFORMANCE_MARK: mark.split('=')[1] ?? '',
  });
  const counts = countsIn(log);
  const injected = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const record = recordIn(out);
  const violations: string[] = [];
  const left = await waitUntilGone(mark, GONE_MS);
  if (left.length > 0) violations.push(`processes are left: ${left.join(', ')}`);
  const halves = filesIn(out).filter((file) => file.endsWith('.tmp'));
  if (halves.length > 0) violations.push(`half files are left: ${halves.join(', ')}`);
  if (STACK.test(ended.output)) violations.push(`a stack trace: ${ended.output.slice(-1500)}`);
  violations.push(...exitOf(ended.exit, record, expected, kind));
  return {
    kind,
    suite,
    device,
    seed,
    exit: ended.exit,
    verdict: record?.verdict ?? 'none',
    injected,
    counts,
    violations: violations.map((text) => `${suite} on ${device}, seed ${seed}: ${text}`),
  };
}

function exitOf(
  exit: number | null,
  record: Record_ | undefined,
  expected: WholeRequest['expected'],
  kind: WholeRequest['kind'],
): string[] {
  if (exit === null) return ['the run did not end'];
  if (kind === 'transparent')
    return exit === expected.exit && record?.verdict === expected.verdict
      ? []
      : [
          `exit code ${exit} and ${record?.verdict ?? 'no record'}, not ${expected.exit} and ${expected.verdict}: ${record?.reasons.slice(0, 3).join('; ') ?? ''}`,
        ];
  const said: string[] = [];
  if (![expected.exit, 3].includes(exit)) said.push(`exit code ${exit}`);
  // Without a record there is nothing to stand by a verdict.
  if (record === undefined && exit !== 3) said.push(`exit code ${exit} and no record`);
  if (record && CODES[record.verdict] !== exit) said.push(`exit code ${exit}, and the record says ${record.verdict}`);
  if (record?.verdict === 'conformant' && record.broken > 0) said.push(`conformant with ${record.broken} broken cases`);
  if (expected.exit === 0 && record && record.blamed > 0)
    said.push(`${record.blamed} findings are held against the device`);
  return said;
}

const CODES: Readonly<Record<string, number>> = { conformant: 0, 'non-conformant': 1, incomplete: 3 };

interface Record_ {
  readonly verdict: string;
  readonly reasons: readonly string[];
  readonly broken: number;
  readonly blamed: number;
}

function recordIn(out: string): Record_ | undefined {
  let text: string;
  try {
    text = fs.readFileSync(path.join(out, RUN_FILE), 'utf8');
  } catch {
    return undefined;
  }
  const { verdict, reasons, scenarios, findings } = JSON.parse(text) as {
    verdict: string;
    reasons: string[];
    scenarios: { status: string }[];
    findings: { verdict: string }[];
  };
  return {
    verdict,
    reasons,
    broken: scenarios.filter(({ status }) => status === 'broken').length,
    blamed: findings.filter((finding) => finding.verdict === 'broken').length,
  };
}

export function run(
  out: string,
  suite: string,
  device: string,
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly exit: number | null; readonly output: string }> {
  const words = ['run', suite, '--device', device, '--out', out, '--no-report'];
  const child = spawn(process.execPath, [path.join(PACKAGE_ROOT, 'bin/vfio-conformance.js'), ...words], {
    cwd: path.dirname(out),
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_MS);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit) => {
      clearTimeout(timer);
      resolve({ exit, output });
    });
  });
}

function countsIn(log: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of fs.readdirSync(log)) {
    for (const line of fs.readFileSync(path.join(log, name), 'utf8').split('\n')) {
      if (line !== '') counts[line] = (counts[line] ?? 0) + 1;
    }
  }
  return counts;
}

function filesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
}
