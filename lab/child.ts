/**
 * Child processes that never outlive the lab: each gets a process group of its own, which is killed when the lab exits or is
 * interrupted.
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { LabFailure } from './failure';

const live = new Set<ChildProcess>();
let handlersInstalled = false;

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Not a group leader (an interactive child shares ours), or already gone.
    child.kill(signal);
  }
}

/** Kills every child that is still alive. Called by itself on exit and on SIGINT, SIGTERM and SIGHUP. */
export function killChildren(): void {
  for (const child of live) killGroup(child, 'SIGKILL');
  live.clear();
}

function installHandlers(): void {
  if (handlersInstalled) return;
  handlersInstalled = true;
  process.on('exit', killChildren);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      killChildren();
      process.stderr.write(`lab: ended by ${signal}, nothing is left running\n`);
      process.exit(128 + constants.signals[signal]);
    });
  }
}

/** spawn(), with the child in a group of its own unless it needs the terminal, and registered to be killed with the lab. */
export function startChild(
  command: string,
  args: readonly string[],
  options: SpawnOptions & { readonly sharesTerminal?: boolean } = {},
): ChildProcess {
  installHandlers();
  const { sharesTerminal = false, env = process.env, ...rest } = options;
  // Tools such as modinfo lie where only root's PATH looks.
  const path = `${env.PATH ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`;
  const child = spawn(command, args, { ...rest, env: { ...env, PATH: path }, detached: !sharesTerminal });
  live.add(child);
  const forget = (): void => void live.delete(child);
  child.once('close', forget);
  child.once('error', forget);
  return child;
}

/** Ends one child and all it started. */
export function stopChild(child: ChildProcess): void {
  killGroup(child, 'SIGKILL');
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as it came. */
  readonly bytes: Buffer;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Milliseconds; the command is killed and the promise rejects. */
  readonly timeoutMs?: number;
}

/** Runs a command to its end, whatever its exit code. Rejects with LabFailure when it cannot start, is killed or runs too long. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = startChild(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.env === undefined ? {} : { env: options.env }),
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let late = false;
    const timeoutMs = options.timeoutMs ?? 600_000;
    const timer = setTimeout(() => {
      late = true;
      stopChild(child);
    }, timeoutMs);
    child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(new LabFailure(`${command} could not be started: ${error.message}`));
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (late) reject(new LabFailure(`${command} ${args.join(' ')} did not end within ${timeoutMs / 1000} s`));
      else if (code === null) reject(new LabFailure(`${command} was ended by ${signal ?? 'a signal'}`));
      else {
        const bytes = Buffer.concat(out);
        resolve({ code, bytes, stdout: bytes.toString(), stderr: Buffer.concat(err).toString() });
      }
    });
  });
}

/** Runs a command that has to succeed; its last lines are in the failure's message. */
export async function mustRun(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const result = await runCommand(command, args, options);
  if (result.code !== 0) {
    const tail = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-15).join('\n');
    throw new LabFailure(`${command} ${args.join(' ')} failed with exit code ${result.code}:\n${tail}`);
  }
  return result;
}
