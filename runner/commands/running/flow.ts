/** A run from its first look at the device to its last line. */
import path from 'node:path';
import { RUN_FILE, type RunPlan } from '../../execution/run-plan';
import { exitCode } from '../../execution/verdict';
import { ResultsTail } from '../../jest/results-tail';
import { runJest } from '../../jest/run-jest';
import { CannotRun, CommandError, EXIT } from '../support/exit';
import { counted } from '../support/layout';
import { printable, printableLines } from '../support/printable';
import { shownPath } from '../support/shown-path';
import { colorsFor, complain, print } from '../support/terminal';
import { DeviceLocks } from './device-locks';
import { devicePlans } from './device-plans';
import { Interruption } from './interruption';
import { judge, offersOnlyVersion2, onlyVersion2 } from './judgement';
import type { CheckedOptions } from './options';
import { makePlan } from './plan';
import { probeDevices } from './probing';
import { type RecordParts, removeOldRecord, runRecord, writeRecord } from './run-record';
import { summaryText } from './summary-text';
import { loadTargets } from './targets';

/** Resolves to the exit code. Once the run's folder is there, run.json tells what came of it, whatever that is. */
export async function runTargets(names: readonly string[], options: CheckedOptions): Promise<number> {
  const cwd = process.cwd();
  const targets = loadTargets(names, cwd, options.filter);
  const plan = makePlan(options, targets, devicePlans(options, cwd), cwd);
  const records = [
    path.join(plan.folder, RUN_FILE),
    ...(options.json === undefined ? [] : [path.resolve(cwd, options.json)]),
  ];
  for (const file of records) removeOldRecord(file);
  const interruption = new Interruption((signal) =>
    complain(`\n${signal}: closing the devices; what was seen is kept`),
  );
  let parts: RecordParts = { plan, targets, descriptions: [], results: [], interrupted: false };
  const write = (): void => {
    const record = runRecord({ ...parts, interrupted: interruption.signal !== undefined });
    for (const file of records) writeRecord(file, record);
  };
  const locks = new DeviceLocks();
  try {
    locks.take(plan);
    parts = { ...parts, descriptions: await probeDevices(plan, interruption) };
    if (interruption.signal === undefined) parts = await runCases(parts, interruption);
    else parts = { ...parts, reasons: ['the run was interrupted before its first case'] };
  } catch (error) {
    const told = interruption.signal === undefined ? error : new CannotRun('interrupted before the first case');
    parts = { ...parts, reasons: [told instanceof Error ? told.message : String(told)] };
    write();
    if (!(told instanceof CommandError) || interruption.exitCode === undefined) throw told;
    return interruption.exitCode;
  } finally {
    interruption.end();
    locks.release();
  }
  write();
  await tell(parts, options, interruption.signal !== undefined);
  return interruption.exitCode ?? (parts.judgement ? exitCode(parts.judgement.verdict) : EXIT.incomplete);
}

async function runCases(parts: RecordParts, interruption: Interruption): Promise<RecordParts> {
  const { plan, targets, descriptions } = parts;
  const claimed = targets.some((target) => target.claims.includes('migration-v1'));
  const newer = descriptions.filter(offersOnlyVersion2);
  if (claimed && newer.length > 0) {
    const reasons = newer.map(({ device }) => onlyVersion2(device));
    throw new CannotRun(
      reasons.join('\n'),
      'Its other sides can be tested: `run certify-dirty-pages`, `run certify-zpci`.',
    );
  }
  const cases = plan.repeat * targets.reduce((sum, target) => sum + target.taken.length, 0);
  const devices = plan.devices.map(({ device }) => device).join(', ');
  print(printable(`${targets.map((target) => target.title).join(', ')} on ${devices}: ${counted(cases, 'case')}`));
  const exit = await runJest(plan, [], { expectedCases: cases * plan.devices.length });
  const results = new ResultsTail(plan.folder, false).read();
  const interrupted = interruption.signal !== undefined;
  if (results.length === 0 && !interrupted)
    throw new CannotRun(`no case left a result: Jest ended with exit code ${exit}`, afterCrash(plan));
  return { ...parts, results, judgement: judge({ plan, targets, descriptions, results, exit, interrupted }) };
}

function afterCrash(plan: RunPlan): string {
  return `What Jest said stands above; ${shownPath(plan.folder)} has its configuration. Run it again; should it happen again, please report it.`;
}

async function tell(parts: RecordParts, options: CheckedOptions, interrupted: boolean): Promise<void> {
  const { plan, targets, results, judgement } = parts;
  if (judgement) print(`\n${summaryText({ plan, targets, results, judgement }, colorsFor(process.stdout))}`);
  else print('verdict: incomplete');
  print('');
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
