/** An exploration for people. */
import type { Exploration } from '../../execution/explore/explore';
import { stepLines } from '../../execution/explore/scenario-text';
import { countSteps } from '../../execution/explore/step-data';
import { stepsOf, type WrittenScenario } from '../../execution/explore/written-scenario';
import { counted } from '../support/layout';
import { printable } from '../support/printable';
import { shownPath } from '../support/shown-path';
import type { Colors } from '../support/terminal';
import { type CommandLines, commandLines } from './command-lines';
import type { Explored } from './flow';

export function explorationText(explored: Explored, cwd: string, colors: Colors): string {
  const { options, device, exploration, written } = explored;
  const { failure } = exploration;
  const name = printable(device.device);
  if (!failure) return `${name}: ${colors.green(nothing(explored))} (${figures(explored)})`;
  const lines = commandLines(options, device, failure.path, cwd);
  const { outcome, stepsBefore } = failure;
  const steps = stepsOf(failure);
  const shrunk = failure.fleeting
    ? `Made once more, the walk did not show it again. It was not shrunk, and has ${counted(stepsBefore, 'step')}:`
    : `The walk, shrunk from ${counted(stepsBefore, 'step')} to ${countSteps(steps)}:`;
  const walk = [shrunk, ...stepLines(steps).map((line) => `  ${line}`)];
  const again = ['The same walk again:', `  ${lines.again}`];
  if (outcome.kind === 'trouble')
    return [
      `${name}: ${colors.red(`walk ${failure.path} could not be finished`)} (${figures(explored)})`,
      `  ${printable(outcome.message.split('\n')[0] ?? '')}`,
      '  That is no finding: it is a fault of the kit, of the profile or of the machine.',
      '',
      ...walk,
      '',
      ...again,
    ].join('\n');
  const { finding } = outcome;
  const how = finding.verdict === 'broken' ? 'breaks' : 'goes against';
  return [
    `${name}: ${colors.red(`walk ${failure.path} ${how} ${finding.clause}`)} (${finding.level}; ${figures(explored)})`,
    `  expected  ${printable(finding.expected)}`,
    `  observed  ${printable(finding.observed)}`,
    ...(finding.hint === undefined ? [] : [`  hint      ${printable(finding.hint)}`]),
    '',
    ...walk,
    '',
    ...(written ? writtenLines(written, `${how} ${finding.clause}`, lines, cwd) : []),
    ...again,
  ].join('\n');
}

function nothing({ exploration }: Explored): string {
  return exploration.interrupted ? 'interrupted; nothing found so far' : 'nothing found';
}

function figures({ exploration, options, seconds }: Explored): string {
  return `seed ${options.seed}, ${counted(walksOf(exploration), 'walk')} of at most ${options.maxSteps} steps, ${counted(exploration.cases, 'case')}, ${seconds.toFixed(1)} s`;
}

function walksOf({ walks }: Exploration): number {
  return walks;
}

function writtenLines(written: WrittenScenario, what: string, lines: CommandLines, cwd: string): readonly string[] {
  const file = printable(shownPath(written.file, cwd));
  if (written.reproduced)
    return [`Written to ${file}; read back and run, it ${what} again:`, `  ${lines.run(written.file)}`];
  return [
    `Written to ${file}. It was NOT seen to fail the same way: ${printable(written.instead ?? '')}`,
    `  ${lines.run(written.file)}`,
  ];
}
