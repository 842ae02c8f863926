/**
 * A program of the user's, run from beginning to end: with a deadline, a limit to what it writes, and nothing of it left running
 * afterwards. There is no shell: the arguments reach the program as they are.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';

export interface ProgramRun {
  /** The program and its arguments. Without a slash it is looked for in PATH. */
  readonly command: readonly string[];
  /** Milliseconds. */
  readonly timeoutMs: number;
  /** Where it runs: a relative path of the program begins here. */
  readonly folder: string;
}

export interface ProgramResult {
  /** exited: by itself, see `exitCode`; killed: by `signal`; late: not over in time; flooded: it wrote too much; not-started: see `error`. */
  readonly how: 'exited' | 'killed' | 'late' | 'flooded' | 'not-started';
  readonly exitCode?: number;
  readonly signal?: string;
  /** Why it could not be started: ENOENT, EACCES, ... */
  readonly error?: string;
  /** The beginning of what it wrote, at most OUTPUT_KEPT characters of each. */
  readonly stdout: string;
  readonly stderr: string;
}

/** Bytes that a program may write in all; more ends it. */
export const OUTPUT_LIMIT = 1024 * 1024;
/** Characters. */
export const OUTPUT_KEPT = 8 * 1024;

/** In the environment of what is started here and of its children, so that they are found again wherever they went. */
const MARK = 'VFIO_CONFORMANCE_PROGRAM';
/** A child may start another one while it is being looked for. */
const ROUNDS = 10;

let started = 0;

/** Runs it and waits for it. Whatever comes of it is in the result: nothing is thrown. */
export function runProgram({ command, timeoutMs, folder }: ProgramRun): ProgramResult {
  const [program = '', ...args] = command;
  started += 1;
  const mark = `${process.pid}.${started}.`;
  // A session of its own: a signal of the terminal reaches the kit, which ends the program in its own time.
  const options = {
    cwd: folder,
    env: { ...process.env, [MARK]: mark },
    stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'],
    timeout: Math.max(1, Math.round(timeoutMs)),
    killSignal: 'SIGKILL' as const,
    maxBuffer: OUTPUT_LIMIT,
    detached: true,
    shell: false,
  };
  try {
    const { pid, status, signal, error, stdout, stderr } = spawnSync(program, args, options);
    endGroup(pid);
    return { ...outcome(status, signal, error), stdout: kept(stdout), stderr: kept(stderr) };
  } catch (error) {
    return { how: 'not-started', error: codeOf(error) ?? String(error), stdout: '', stderr: '' };
  } finally {
    endMarked(mark);
  }
}

/** Ends what a process had started here and did not live to end itself. */
export function endProgramsOf(pid: number): void {
  endMarked(`${pid}.`);
}

/** `exit code 3`, for people. */
export function sayProgramResult({ how, exitCode, signal, error }: ProgramResult, timeoutMs: number): string {
  switch (how) {
    case 'exited':
      return `it ended with exit code ${exitCode}`;
    case 'killed':
      return `it was ended by ${signal}`;
    case 'late':
      return `it was not over within ${timeoutMs} ms, and was ended with all its children`;
    case 'flooded':
      return `it wrote more than ${OUTPUT_LIMIT / 1024} KiB, and was ended`;
    case 'not-started':
      return error === 'ENOENT' ? 'there is no such program' : `it cannot be started: ${error}`;
  }
}

function outcome(
  status: number | null,
  signal: NodeJS.Signals | null,
  error: Error | undefined,
): Pick<ProgramResult, 'how' | 'exitCode' | 'signal' | 'error'> {
  const code = codeOf(error);
  if (code === 'ETIMEDOUT') return { how: 'late' };
  if (code === 'ENOBUFS') return { how: 'flooded' };
  if (error) return { how: 'not-started', error: code ?? error.message };
  if (status !== null) return { how: 'exited', exitCode: status };
  return { how: 'killed', signal: signal ?? 'a signal' };
}

function codeOf(error: unknown): string | undefined {
  const known = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof known === 'string' ? known : undefined;
}

/** Characters that would steer a terminal are left out; tabs and line ends stay. */
function kept(bytes: Buffer | null): string {
  const text = (bytes ?? Buffer.alloc(0)).subarray(0, 4 * OUTPUT_KEPT).toString('utf8');
  return text.replaceAll(/[^\t\n\P{C}]/gu, '').slice(0, OUTPUT_KEPT);
}

function endGroup(pid: number): void {
  if (pid > 1) signalled(-pid);
}

/** What left the group, too. */
function endMarked(mark: string): void {
  const wanted = Buffer.from(`${MARK}=${mark}`);
  for (let round = 0; round < ROUNDS; round += 1) {
    const found = processes().filter((pid) => isMarked(pid, wanted));
    if (found.length === 0) return;
    for (const pid of found) signalled(pid);
  }
}

function processes(): readonly number[] {
  try {
    return fs.readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  } catch {
    return [];
  }
}

/** A process of somebody else's cannot be read, and is none of ours. A dead one has no environment any more. */
function isMarked(pid: number, wanted: Buffer): boolean {
  if (pid === process.pid) return false;
  try {
    const environment = fs.readFileSync(`/proc/${pid}/environ`);
    for (let at = environment.indexOf(wanted); at >= 0; at = environment.indexOf(wanted, at + 1))
      if (at === 0 || environment[at - 1] === 0) return true;
    return false;
  } catch {
    return false;
  }
}

function signalled(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is over already.
  }
}
