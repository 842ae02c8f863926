/** Whole runs that are ended in every way there is, at any time; what is left of them, and what the next run makes of it. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PACKAGE_ROOT } from '../../runner/language';
import { Dice } from '../inject/injection';
import { run } from '../inject/whole-run';
import { processesWith, temporaryFiles, waitUntilGone } from '../processes';

/** Who is ended: the command alone, everybody, everybody but the executors, or the executors alone. */
const ENDINGS = [
  { what: 'SIGKILL of the command', signal: 'SIGKILL', who: 'command' },
  { what: 'SIGKILL of the command and Jest, executors left', signal: 'SIGKILL', who: 'parents' },
  { what: 'SIGKILL of everybody', signal: 'SIGKILL', who: 'all' },
  { what: 'SIGKILL of executors', signal: 'SIGKILL', who: 'executors' },
  { what: 'Ctrl-C', signal: 'SIGINT', who: 'group' },
  { what: 'SIGTERM', signal: 'SIGTERM', who: 'command' },
  { what: 'a closed terminal (SIGHUP to all, output gone)', signal: 'SIGHUP', who: 'group' },
] as const;
export type Ending = (typeof ENDINGS)[number];

export interface EndedRun {
  readonly what: Ending['what'];
  readonly exit: number | null;
  readonly violations: readonly string[];
}

const GONE_MS = 40_000;
/** A run that is not ended goes on to its end. */
const WHOLE_RUN_MS = 300_000;
const LATEST_START_MS = 30_000;
const EARLIEST_MS = 800;
const SPAN_MS = 4_000;

export async function endRuns(
  times: number,
  seed: number,
  onEnded: (ended: EndedRun) => void,
): Promise<readonly EndedRun[]> {
  const dice = new Dice(seed);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vfio-kills-'));
  const before = new Set(temporaryFiles());
  const ended: EndedRun[] = [];
  try {
    for (let n = 0; n < times; n += 1) {
      const ending = ENDINGS[n % ENDINGS.length] ?? ENDINGS[0];
      const one = await endRun(
        path.join(folder, String(n)),
        ending,
        EARLIEST_MS + dice.below(SPAN_MS),
        dice.below(4) > 0,
      );
      ended.push(one);
      onEnded(one);
    }
    // What nobody could take away, the next run does.
    const next = await run(path.join(folder, 'next'), 'smoke', 'reference', {});
    const left = temporaryFiles().filter((file) => !before.has(file) && /-(flight|spool|report)-/.test(file));
    const violations = [
      ...(next.exit === 0 ? [] : [`the next run ended with ${next.exit}: ${next.output.slice(-500)}`]),
      ...left.map((file) => `${file} is left after the next run`),
    ];
    ended.push({ what: 'SIGKILL of everybody', exit: next.exit, violations });
    return ended;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** `amid`: the time is counted from the beginning of its cases, not from that of the command. */
async function endRun(out: string, ending: Ending, afterMs: number, amid: boolean): Promise<EndedRun> {
  const mark = `VFIO_CONFORMANCE_MARK=${randomUUID()}`;
  const words = [
    path.join(PACKAGE_ROOT, 'bin/vfio-conformance.js'),
    'run',
    'certify',
    '-d',
    'reference',
    '--no-report',
  ];
  // A process group of its own, as a shell gives it: Ctrl-C and a closed terminal reach the whole of it.
  const child = spawn(process.execPath, [...words, '--out', out], {
    cwd: path.dirname(out),
    env: { ...process.env, VFIO_CONFORMANCE_MARK: mark.split('=')[1] ?? '' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stdout.resume();
  const closed = new Promise<number | null>((resolve) => child.once('exit', resolve));
  if (amid) await until(() => fs.existsSync(path.join(out, 'jest.config.json')) || child.exitCode !== null);
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  if (ending.signal === 'SIGHUP') {
    child.stdout.destroy();
    child.stderr.destroy();
  }
  strike(child.pid ?? 0, ending, mark);
  const left = await waitUntilGone(mark, ending.who === 'executors' ? WHOLE_RUN_MS : GONE_MS);
  for (const pid of left) kill(pid, 'SIGKILL');
  const exit = await closed;
  const violations = left.length > 0 ? [`processes were left: ${left.join(', ')}`] : [];
  if (/\n\s+at [^\n]*\.[jt]s:\d+/.test(output)) violations.push(`a stack trace: ${output.slice(-800)}`);
  const halves = filesIn(out).filter((file) => file.endsWith('.tmp'));
  if (ending.who !== 'all' && ending.signal !== 'SIGKILL' && halves.length > 0)
    violations.push(`half files: ${halves.join(', ')}`);
  violations.push(...recordOf(out, exit));
  return {
    what: ending.what,
    exit,
    violations: violations.map((text) => `${ending.what} after ${afterMs} ms: ${text}`),
  };
}

/** Once there is a record, it is whole, and it says of itself whether the run came to its end. */
function recordOf(out: string, exit: number | null): string[] {
  const file = path.join(out, 'run.json');
  if (!fs.existsSync(file)) return exit === 0 ? ['exit code 0 and no record'] : [];
  try {
    const { verdict, finished } = JSON.parse(fs.readFileSync(file, 'utf8')) as { verdict: string; finished?: boolean };
    return verdict === 'conformant' && finished === false ? ['conformant, and not finished'] : [];
  } catch (error) {
    return [`run.json cannot be read: ${String(error)}`];
  }
}

async function until(what: () => boolean): Promise<void> {
  const end = Date.now() + LATEST_START_MS;
  while (!what() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 50));
}

function strike(command: number, ending: Ending, mark: string): void {
  const others = processesWith(mark).filter((pid) => pid !== command);
  const executors = others.filter(isExecutor);
  const targets = {
    command: [command],
    group: [-command],
    executors,
    parents: [command, ...others.filter((pid) => !isExecutor(pid))],
    all: [command, ...others],
  }[ending.who];
  for (const pid of targets) kill(pid, ending.signal);
}

function isExecutor(pid: number): boolean {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('executor-main');
  } catch {
    return false;
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Ended by itself in the meantime.
  }
}

function filesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
}
