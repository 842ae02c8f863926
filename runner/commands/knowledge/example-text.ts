/** A clause being broken, for people: the fault, the steps, what was seen, and the line that runs it again. */
import type { FailingExample } from '../../execution/failing-example';
import { shellWord } from '../../jest/rerun-line';
import { wrap } from '../support/layout';
import { printable } from '../support/printable';
import { shownPath } from '../support/shown-path';
import { type Colors, textWidth } from '../support/terminal';

/** Accesses before the one that shows it. */
const SHOWN_ACCESSES = 5;

export function exampleText(example: FailingExample, colors: Colors): string {
  const { device, summary, file, steps, finding } = example;
  const words = ['vfio-conformance', 'run', shownPath(file), '--device', device, '--case', example.case];
  const accesses = finding.accesses
    .slice(-SHOWN_ACCESSES)
    .map(({ side, call, target, value, result, errno, marked }) => {
      const answer = errno === '' ? String(result) : `-1 ${errno}`;
      return `    ${marked ? '>' : ' '} ${side.padEnd(11)} ${call} ${target}${value === '' ? '' : ` ${value}`} = ${answer}`;
    });
  const paragraph = (text: string): string[] => wrap(printable(text), textWidth(), '  ');
  return [
    colors.bold('A minimal example of it being broken'),
    ...paragraph(`${device}: ${summary}`),
    '',
    '  steps:',
    ...steps.map((step) => `    - ${printable(step)}`),
    '',
    ...paragraph(`expected: ${finding.expected}`),
    ...paragraph(`observed: ${finding.observed}`),
    ...accesses.map(printable),
    '',
    `  ${printable(words.map(shellWord).join(' '))}`,
  ].join('\n');
}
