/** An exploration from the first look at the device to its last line. */
import path from 'node:path';
import { type Exploration, explore } from '../../execution/explore/explore';
import { prepare } from '../../execution/explore/prepare';
import { stepsOf, type WrittenScenario, writeScenario } from '../../execution/explore/written-scenario';
import { DEFAULT_LIMITS, type DevicePlan, type RunPlan } from '../../execution/run-plan';
import { kitVersion } from '../../jest/plan-file';
import { DeviceLocks } from '../running/device-locks';
import { devicePlans } from '../running/device-plans';
import { Interruption } from '../running/interruption';
import { CannotRun, EXIT } from '../support/exit';
import { printable } from '../support/printable';
import { freshFolder } from '../support/run-folders';
import { colorsFor, complain, print } from '../support/terminal';
import { commandLines } from './command-lines';
import { explorationJson } from './json';
import type { ExploreOptions } from './options';
import { Progress } from './progress';
import { explorationText } from './text';

/** What the outputs tell. */
export interface Explored {
  readonly options: ExploreOptions;
  readonly device: DevicePlan;
  readonly exploration: Exploration;
  readonly written?: WrittenScenario;
  readonly seconds: number;
}

/** Resolves to the exit code. @throws CommandError */
export async function exploreDevice(options: ExploreOptions): Promise<number> {
  const cwd = process.cwd();
  const startedAt = new Date();
  const plan = planFor(options, cwd, startedAt);
  const interruption = new Interruption((signal) => complain(`\n${signal}: closing the device`));
  const locks = new DeviceLocks();
  try {
    locks.take(plan);
    const explored = await exploreWith(plan, options, interruption);
    print(
      options.json ? explorationJson(explored).trimEnd() : explorationText(explored, cwd, colorsFor(process.stdout)),
    );
    return interruption.exitCode ?? exitCode(explored.exploration);
  } finally {
    interruption.end();
    locks.release();
  }
}

async function exploreWith(plan: RunPlan, options: ExploreOptions, interruption: Interruption): Promise<Explored> {
  const [device] = plan.devices;
  if (!device) throw new Error('a plan without a device');
  const began = performance.now();
  const prepared = await prepare(plan, device);
  if (!prepared.ok) throw new CannotRun(prepared.failure.message, prepared.failure.advice);
  const { runner, abilities } = prepared;
  const interrupted = (): boolean => interruption.signal !== undefined;
  const stopped = interruption.onSignal(() => runner.stop());
  const progress = new Progress(options);
  try {
    if (!abilities.migration) throw noMigration(device.device);
    const exploration = await explore(runner, {
      ...options,
      abilities,
      interrupted,
      onWalk: (walk) => progress.walk(walk),
    });
    progress.clear();
    if (exploration.impossible !== undefined) throw new CannotRun(exploration.impossible);
    const { failure } = exploration;
    const base = { options, device, exploration };
    const seconds = (): number => (performance.now() - began) / 1000;
    if (failure?.outcome.kind !== 'found') return { ...base, seconds: seconds() };
    const written = await writeScenario(interrupted() ? undefined : runner, {
      folder: plan.folder,
      finding: failure.outcome.finding,
      steps: stepsOf(failure),
      command: commandLines(options, device, failure.path).again,
    });
    return { ...base, written, seconds: seconds() };
  } finally {
    progress.clear();
    stopped();
    await runner.stop();
  }
}

function noMigration(device: string): CannotRun {
  return new CannotRun(
    printable(`${device} has no v1 migration region, and walks are made of its transitions`),
    'If it should have one, say so in its profile: `claims: [migration-v1]`.',
  );
}

function exitCode({ failure }: Exploration): number {
  if (failure === undefined) return EXIT.fine;
  return failure.outcome.kind === 'found' ? EXIT.nonConformant : EXIT.incomplete;
}

function planFor(options: ExploreOptions, cwd: string, startedAt: Date): RunPlan {
  const { out, run } = options;
  return {
    schemaVersion: 1,
    kitVersion: kitVersion(),
    folder: out === undefined ? freshFolder(path.join(cwd, 'results'), startedAt, 'explore') : path.resolve(cwd, out),
    targets: [],
    devices: devicePlans(run, cwd),
    filter: run.filter,
    repeat: 1,
    strict: false,
    grade: 'kit',
    seed: run.seed,
    limits: DEFAULT_LIMITS,
    allow: [],
    startedAt: startedAt.toISOString(),
  };
}
