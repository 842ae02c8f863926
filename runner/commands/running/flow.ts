/** A run from its first look at the device to its last line. */
import path from 'node:path';
import type { CaseResult } from '../../execution/case-result';
import { sweepLeftovers } from '../../execution/leftovers';
import { RESULTS_FILE, RUN_FILE, type RunPlan } from '../../execution/run-plan';
import { exitCode } from '../../execution/verdict';
import { writePlan } from '../../jest/plan-file';
import { ResultsTail } from '../../jest/results-tail';
import { type RunJestOptions, runJest } from '../../jest/run-jest';
import { CannotRun, CommandError, EXIT } from '../support/exit';
import { counted } from '../support/layout';
import { printable, printableLines } from '../support/printable';
import { shownPath } from '../support/shown-path';
import { colorsFor, complain, print } from '../support/terminal';
import { Bindings } from './bindings';
import { completeAllure } from './complete-allure';
import { DeviceLocks } from './device-locks';
import { devicePlans } from './device-plans';
import { Interruption } from './interruption';
import { judge, offersOnlyVersion2, onlyVersion2 } from './judgement';
import { writeJunit } from './junit-file';
import type { CheckedOptions } from './options';
import { checkOutputs, makePlan } from './plan';
import { planText } from './plan-text';
import { probeDevices } from './probing';
import { keepRecording, recordedRun } from './recordings';
import { checkUnchanged, type ResumedRun, readResumable, remaining, writeFinished } from './resuming';
import { removeOldRuns } from './retention';
import { lockRunFolder } from './run-folder-lock';
import { type RecordParts, removeOldRecord, runRecord, writeRecord } from './run-record';
import { checkRunFolder, digestOf } from './stored-run';
import { summaryText } from './summary-text';
import { loadTargets, type RunTarget } from './targets';
import { TraceTail } from './trace-tail';

/** Resolves to the exit code. Once the run's folder is there, run.json tells what came of it, whatever that is. */
export async function runTargets(given: readonly string[], asked: CheckedOptions): Promise<number> {
  const cwd = process.cwd();
  const { names, filter } = recordedRun(given, asked);
  const options = { ...asked, filter };
  const targets = loadTargets(names, cwd, filter);
  if (!options.plan) checkOutputs(options, cwd);
  const plan = makePlan(options, targets, devicePlans(options, cwd), cwd);
  if (options.plan) {
    const outputs = [options.json, options.junit, options.record].filter((file) => file !== undefined);
    print(planText(plan, targets, { bind: options.bind, outputs }));
    return EXIT.fine;
  }
  const lock = await lockRunFolder(plan.folder);
  try {
    return await conduct({ plan, targets }, options);
  } finally {
    lock.release();
  }
}

/** Goes on with a run that was interrupted. Resolves to the exit code of the whole run. */
export async function resumeRun(folder: string, options: CheckedOptions): Promise<number> {
  checkOutputs(options, process.cwd());
  checkRunFolder(folder);
  // Nobody else may work in the folder before it is read: what the other one adds would be done twice.
  const lock = await lockRunFolder(folder);
  try {
    const resumed = readResumable(folder, new Date());
    return await conduct(resumed, options, resumed);
  } finally {
    lock.release();
  }
}

interface Conducted {
  readonly plan: RunPlan;
  readonly targets: readonly RunTarget[];
}

async function conduct({ plan, targets }: Conducted, options: CheckedOptions, resumed?: ResumedRun): Promise<number> {
  const records = [
    path.join(plan.folder, RUN_FILE),
    ...(options.json === undefined ? [] : [path.resolve(process.cwd(), options.json)]),
  ];
  const junit = options.junit === undefined ? undefined : path.resolve(process.cwd(), options.junit);
  for (const file of [...records.slice(1), ...(junit === undefined ? [] : [junit])]) removeOldRecord(file);
  const interruption = new Interruption((signal) =>
    complain(`\n${signal}: closing the devices; what was seen is kept; \`run --resume\` goes on with it`),
  );
  let parts: RecordParts = {
    plan,
    targets,
    descriptions: resumed?.known ?? [],
    results: resumed?.results ?? [],
    interrupted: false,
    reasons: ['the run did not come to its end'],
  };
  const write = (): void => {
    const record = runRecord({ ...parts, interrupted: interruption.signal !== undefined });
    for (const file of records) writeRecord(file, record);
    if (junit !== undefined) writeJunit(junit, parts, record);
  };
  const locks = new DeviceLocks();
  const bindings = new Bindings();
  try {
    // From here on whatever ends this process leaves a run that says of itself that it is not finished.
    writePlan(plan);
    write();
    await bindings.recover();
    const orphans = locks.take(plan);
    sweepLeftovers();
    if (options.bind && interruption.signal === undefined) bindings.bind(plan);
    const { descriptions, unreachable } = await probeDevices(plan, interruption, orphans);
    if (resumed) checkUnchanged(resumed.known, descriptions);
    parts = { ...parts, descriptions, unreachable };
    write();
    for (const { device, reason, advice } of unreachable) {
      complain(printable(`${device} is left out: ${reason}`));
      complain(printableLines(advice).replaceAll(/^(?=.)/gm, '  '));
    }
    if (interruption.signal === undefined) parts = await runCases(parts, interruption, resumed?.results);
    else parts = { ...parts, reasons: ['the run was interrupted before its first case'] };
  } catch (error) {
    const told = interruption.signal === undefined ? error : new CannotRun('interrupted before the first case');
    parts = { ...parts, reasons: [told instanceof Error ? told.message : String(told)] };
    write();
    if (!(told instanceof CommandError) || interruption.exitCode === undefined) throw told;
    return interruption.exitCode;
  } finally {
    // A signal that comes now must not keep a device from its driver.
    bindings.release();
    interruption.end();
    locks.release();
  }
  write();
  const interrupted = interruption.signal !== undefined;
  await tell(parts, options, interrupted, keep(parts, interrupted));
  if (options.keep !== undefined && !interrupted)
    for (const old of removeOldRuns(plan.folder, options.keep)) print(`removed  ${printable(shownPath(old))}`);
  return interruption.exitCode ?? (parts.judgement ? exitCode(parts.judgement.verdict) : EXIT.incomplete);
}

async function runCases(
  parts: RecordParts,
  interruption: Interruption,
  earlier: readonly CaseResult[] | undefined,
): Promise<RecordParts> {
  const { plan, targets, descriptions, unreachable = [] } = parts;
  refuseVersion2(parts);
  const reached = plan.devices.filter(({ device }) => descriptions.some((one) => one.device === device));
  const left = remaining({ ...plan, devices: reached }, targets, earlier ?? []);
  if (earlier) {
    writeFinished(plan, targets, earlier);
    completeAllure(plan, targets, earlier);
  }
  print(printable(headline(parts, left, earlier !== undefined)));
  const exit = left === 0 ? 0 : await traced(plan, { expectedCases: left, devices: reached });
  const all = new ResultsTail(plan.folder, false).read();
  const interrupted = interruption.signal !== undefined;
  if (all.length === 0 && !interrupted)
    throw new CannotRun(`no case left a result: Jest ended with exit code ${exit}`, afterCrash(plan));
  const judgement = judge({ plan, targets, descriptions, unreachable, results: all, exit, interrupted });
  const resultsDigest = digestOf(path.join(plan.folder, RESULTS_FILE));
  return { ...parts, results: all, judgement, finished: true, resultsDigest };
}

/** Runs Jest, and prints the trace meanwhile where one is wanted. */
function traced(plan: RunPlan, options: RunJestOptions): Promise<number> {
  if (plan.trace === undefined) return runJest(plan, [], options);
  const tail = new TraceTail(plan.trace, (text) => void process.stderr.write(text));
  // The lines of a trace and a progress line that is drawn anew would be in each other's way.
  return runJest(plan, [], { ...options, live: false }).finally(() => tail.end());
}

function headline({ plan, targets }: RecordParts, left: number, resumed: boolean): string {
  const cases = plan.repeat * targets.reduce((sum, target) => sum + target.taken.length, 0);
  const devices = plan.devices.map(({ device }) => device).join(', ');
  const what = `${titleOf(targets)} on ${devices}`;
  return resumed
    ? `${what}: resumed, ${left} of ${counted(cases * plan.devices.length, 'case')} left`
    : `${what}: ${counted(cases, 'case')}`;
}

/** A folder of scenarios is counted: their names, one after the other, would fill the screen. */
function titleOf(targets: RecordParts['targets']): string {
  if (targets.length <= 3) return targets.map(({ title }) => title).join(', ');
  return `${targets.length} ${targets.every(({ kind }) => kind === 'scenario') ? 'scenarios' : 'suites and scenarios'}`;
}

/** @throws CannotRun when version 1 is claimed of a device that has the newer protocol only. */
function refuseVersion2({ targets, descriptions }: RecordParts): void {
  const newer = descriptions.filter(offersOnlyVersion2);
  if (newer.length === 0 || !targets.some((target) => target.claims.includes('migration-v1'))) return;
  throw new CannotRun(
    newer.map(({ device }) => onlyVersion2(device)).join('\n'),
    'Its other sides can be tested: `run certify-dirty-pages`, `run certify-zpci`.',
  );
}

function afterCrash(plan: RunPlan): string {
  return `What Jest said stands above; ${shownPath(plan.folder)} has its configuration. Run it again; should it happen again, please report it.`;
}

/** A recording that cannot be made does not change the verdict. */
function keep({ plan, targets, descriptions }: RecordParts, interrupted: boolean): string | undefined {
  try {
    return keepRecording({ plan, targets, descriptions, interrupted });
  } catch (error) {
    complain(
      `the recording could not be made: ${printableLines(error instanceof Error ? error.message : String(error))}`,
    );
    return undefined;
  }
}

async function tell(
  parts: RecordParts,
  options: CheckedOptions,
  interrupted: boolean,
  recorded: string | undefined,
): Promise<void> {
  const { plan, targets, results, judgement } = parts;
  if (judgement) print(`\n${summaryText({ plan, targets, results, judgement }, colorsFor(process.stdout))}`);
  else print('verdict: incomplete');
  print('');
  for (const { device, host } of parts.descriptions)
    if (host.replayed !== undefined) print(`replayed ${printable(`${device}: ${host.replayed}; no device was asked`)}`);
  if (recorded !== undefined) print(`recorded ${recorded}`);
  print(`results  ${printable(shownPath(path.join(plan.folder, RUN_FILE)))}`);
  if (results.length === 0) return;
  const report = options.report && !interrupted ? await makeReport(plan) : undefined;
  const folder = printable(shownPath(plan.folder));
  print(`report   ${report ?? `none; \`vfio-conformance report ${folder}\` makes it`}`);
}

/** A report that cannot be made does not change the verdict. */
async function makeReport(plan: RunPlan): Promise<string | undefined> {
  const { generateReport } = require('../../../reports') as typeof import('../../../reports');
  try {
    const made = await generateReport(plan.folder, path.join(plan.folder, 'report.html'));
    return printable(shownPath(made.file));
  } catch (error) {
    complain(`the report could not be made: ${printableLines(error instanceof Error ? error.message : String(error))}`);
    return undefined;
  }
}
