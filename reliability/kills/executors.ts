/** Cases one after the other, with executors killed in the middle of some; counted before and after. */
import { createExecutorClient, type ExecutorClient } from '../../runner/execution/executor-client';
import { Dice } from '../inject/injection';
import { casesOf, planFor } from '../plan';
import { childrenOf, type Held, heldBy } from '../process-state';
import { temporaryFiles } from '../processes';

export interface KillingOptions {
  readonly cases: number;
  readonly seed: number;
  /** One case in so many is hit. */
  readonly oneIn: number;
}

export interface KillingReport {
  readonly cases: number;
  readonly kills: Readonly<Record<string, number>>;
  /** How the cases came out, by status. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly before: Counted;
  readonly after: Counted;
  /** The most descriptors that an executor had more than at its first case. */
  readonly executorGrowth: number;
  readonly violations: readonly string[];
}

interface Counted extends Omit<Held, 'resident'> {
  readonly children: number;
  readonly files: number;
}

const SIGNALS = ['SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGHUP', 'SIGSEGV', 'SIGABRT', 'SIGSTOP'] as const;
/** One device in so many hangs in a call, and its executor is ended by the watchdog. */
const HANGING_IN = 40;
const WARM_UP = 6;
const SETTLED = 3;
const DEADLINE_MS = 2_500;
const LATEST_MS = 60;

export async function killExecutors({ cases, seed, oneIn }: KillingOptions): Promise<KillingReport> {
  const dice = new Dice(seed);
  const all = casesOf('smoke');
  const kills: Record<string, number> = {};
  const statuses: Record<string, number> = {};
  const violations: string[] = [];
  let client: ExecutorClient | undefined;
  let device = '';
  let first: Held | undefined;
  let sinceStart = 0;
  let executorGrowth = 0;
  let before: Counted | undefined;
  for (let n = -WARM_UP; n < cases; n += 1) {
    if (n === 0) {
      await client?.stop();
      client = undefined;
      before = counted();
    }
    const wanted = n >= 0 && dice.below(HANGING_IN) === 0 ? 'reference+hang-on-pending-read' : 'reference';
    if (client === undefined || wanted !== device) {
      await client?.stop();
      client = createExecutorClient(planFor(wanted, { stepDeadlineMs: DEADLINE_MS }), {
        device: wanted,
        host: 'local',
      });
      device = wanted;
      sinceStart = 0;
    }
    const running = client.run(dice.of(all));
    const signal = n >= 0 && dice.below(oneIn) === 0 ? dice.of(SIGNALS) : undefined;
    if (signal !== undefined) {
      await new Promise((resolve) => setTimeout(resolve, dice.below(LATEST_MS)));
      for (const pid of childrenOf(process.pid)) strike(pid, signal);
      kills[signal] = (kills[signal] ?? 0) + 1;
    }
    const result = await running;
    if (n < 0) continue;
    statuses[result.status] = (statuses[result.status] ?? 0) + 1;
    if (result.status === 'failed' && device === 'reference')
      violations.push(`${result.id} is held against a device that did nothing: ${result.reason ?? ''}`);
    const [pid] = childrenOf(process.pid);
    const held = pid === undefined || signal !== undefined ? undefined : heldBy(pid);
    sinceStart = signal === undefined ? sinceStart + 1 : 0;
    // Its channel and its guardian come up while the first cases run.
    if (sinceStart <= SETTLED) first = held;
    if (held && first) executorGrowth = Math.max(executorGrowth, held.descriptors - first.descriptors);
  }
  await client?.stop();
  const after = counted();
  if (before === undefined) throw new Error('no case was run');
  for (const what of ['descriptors', 'mappings', 'children', 'files'] as const) {
    if (after[what] > before[what]) violations.push(`${what}: ${before[what]} before, ${after[what]} after`);
  }
  if (executorGrowth > 0) violations.push(`an executor held ${executorGrowth} descriptors more than at its first case`);
  return { cases, kills, statuses, before, after, executorGrowth, violations };
}

function strike(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has just ended by itself.
  }
}

function counted(): Counted {
  const held = heldBy('self');
  if (held === undefined) throw new Error('/proc cannot be read');
  const mine = temporaryFiles().filter((file) => file.includes(`-${process.pid}-`));
  return {
    descriptors: held.descriptors,
    mappings: held.mappings,
    children: childrenOf(process.pid).length,
    files: mine.length,
  };
}
