/** Runs a plan through Jest in a process of its own. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { DevicePlan, RunPlan } from '../execution/run-plan';
import { jestScript } from './jest-parts';
import { writePlan } from './plan-file';
import type { ProgressOptions } from './progress-reporter';
import { JEST_CACHE, jestProjectFor, type ProjectExtras } from './project';

/** The generated configuration, kept in the run's folder so that a run can be looked into afterwards. */
export const JEST_CONFIG_FILE = 'jest.config.json';

export interface RunJestOptions extends ProjectExtras {
  /** How many cases the run takes, all devices and repetitions counted, for the progress line; unknown when absent. */
  readonly expectedCases?: number;
  /** The devices of the plan that are tested now; all of them when absent. */
  readonly devices?: readonly DevicePlan[];
  /** False: no progress line, in a terminal as well. */
  readonly live?: boolean;
  /** Where Jest's output goes; the terminal when absent. */
  readonly output?: 'inherit' | 'pipe';
  /** With output `pipe`: called with what Jest and the reporter write. */
  readonly onOutput?: (text: string) => void;
}

/**
 * Writes plan.json and Jest's configuration into the run's folder, runs Jest, and resolves to its exit code: 0 when no case failed or
 * broke, 1 otherwise, 128 + n when signal n ended it. `extraArgs` are Jest's own arguments (`-t`, `--shard`, `--json`, `--watchAll`).
 * Rejects only when Jest cannot be started.
 */
export async function runJest(
  plan: RunPlan,
  extraArgs: readonly string[] = [],
  options: RunJestOptions = {},
): Promise<number> {
  writePlan(plan);
  const config = path.join(plan.folder, JEST_CONFIG_FILE);
  fs.writeFileSync(config, `${JSON.stringify(configuration(plan, options), null, 2)}\n`);
  const child = spawn(process.execPath, [jestScript(), '--config', config, ...extraArgs], {
    cwd: process.cwd(),
    env: environmentFor(options.output !== 'pipe' && process.stdout.isTTY),
    // The channel says nothing; its end tells Jest that this process is gone, however that came about.
    stdio: options.output === 'pipe' ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => options.onOutput?.(text));
  // Ctrl-C reaches Jest and the executors as well, the terminal sees to it; this process stays to tell what came of the run.
  const stay = (): void => undefined;
  const pass = (): void => void child.kill('SIGTERM');
  process.on('SIGINT', stay);
  process.on('SIGTERM', pass);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve(code ?? 128 + signalNumber(signal)));
    });
  } finally {
    process.off('SIGINT', stay);
    process.off('SIGTERM', pass);
    fs.rmSync(path.join(plan.folder, JEST_CACHE), { recursive: true, force: true });
  }
}

/** Jest's libraries colour their code frames for anything that calls itself CI; text that no terminal shows stays plain. */
function environmentFor(terminal: boolean): NodeJS.ProcessEnv {
  return terminal || process.env.FORCE_COLOR ? process.env : { ...process.env, NO_COLOR: '1' };
}

function configuration(
  plan: RunPlan,
  { engine, expectedCases, live, devices = plan.devices }: RunJestOptions,
): Record<string, unknown> {
  const progress: ProgressOptions = {
    folder: plan.folder,
    ...(expectedCases === undefined ? {} : { expectedCases }),
    ...(live === undefined ? {} : { live }),
  };
  return {
    rootDir: process.cwd(),
    projects: devices.map((device) => jestProjectFor(plan, device, engine === undefined ? {} : { engine })),
    // One worker per device; with one device Jest's own process is the worker.
    maxWorkers: devices.length,
    watchman: false,
    // Jest's advice on processes that do not end is for people who write tests; the reporter ends it.
    openHandlesTimeout: 0,
    reporters: [[path.join(__dirname, 'progress-reporter.js'), progress]],
  };
}

function signalNumber(signal: NodeJS.Signals | null): number {
  return { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGABRT: 6, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 }[signal as string] ?? 0;
}
