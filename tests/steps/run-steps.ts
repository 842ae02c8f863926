/** Runs the steps of one case on a reference device, and tells what crossed the port. */
import type { AccessRow, CaseResult } from '../../runner/execution/case-result';
import { Workbench } from '../../runner/execution/workbench';
import { caseOf, planFor } from '../support/plans';

/** `steps` is YAML, two spaces deep. */
export async function runSteps(steps: string, device = 'reference', clauses = 'SAVE-READ'): Promise<CaseResult> {
  const head = `scenario: S\nclauses: [${clauses}]\nneeds: [migration-v1]\nsteps:\n`;
  const workbench = new Workbench(planFor(device), { device, host: 'local' }, { hang: 'virtual' });
  return workbench.run(caseOf(head + steps), []);
}

const SHORT: Readonly<Record<string, string>> = {
  pending_bytes: 'pending',
  data_offset: 'offset',
  data_size: 'size',
};

/** The accesses of the first step whose title begins so. */
export function accessesOf(result: CaseResult, title: string): readonly AccessRow[] {
  const [from, to] = result.steps.find((one) => one.title.startsWith(title))?.accesses ?? [1, 0];
  return result.accesses.filter((row) => row.sequence >= from && row.sequence <= to);
}

/** The accesses of one loop in a word each: `pending offset size data*2 ...`; data_offset 64 makes `+0x40` the section. */
export function loopOf(result: CaseResult, title: string): string {
  const words = accessesOf(result, title)
    .filter((row) => row.target !== 'device_state')
    .map(wordOf);
  const counted: { word: string; count: number }[] = [];
  for (const word of words) {
    const last = counted.at(-1);
    if (last?.word === word) last.count += 1;
    else counted.push({ word, count: 1 });
  }
  return counted.map(({ word, count }) => (count === 1 ? word : `${word}*${count}`)).join(' ');
}

function wordOf({ call, target }: AccessRow): string {
  const field = SHORT[target] ?? 'data';
  const read = call === 'pread' || call === 'peek' || call === 'load';
  return read ? field : `${field}!`;
}

/** What was found, but for what is only reported. */
export function found(result: CaseResult): string[] {
  return result.findings.filter(({ verdict }) => verdict !== 'reported').map(({ clause }) => clause);
}
