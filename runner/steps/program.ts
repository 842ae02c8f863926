/** program: runs a program of the vendor's, as a stimulus that nothing else in the language can give. */
import path from 'node:path';
import { Type } from '@sinclair/typebox';
import { type ProgramResult, sayProgramResult } from '../host/program';
import { Argument, Duration, Many } from '../language/scalars';
import type { Step } from '../language/scenario';
import type { StepContext } from './step-context';
import { defineVerb } from './verb';

/** Ten minutes. */
const LONGEST_MS = 600_000;

export const verb = defineVerb({
  name: 'program',
  summary:
    'Runs a program of your own on the machine of the kit, without a shell, and waits for it; needs --allow programs. What fails here breaks the case, and is not held against the device.',
  arguments: Type.Object(
    {
      command: Many(Argument(), {
        description:
          'The program and its arguments. A path is relative to this file; a name without a slash is looked for in PATH.',
      }),
      within: Duration({
        default: '5s',
        minimum: 1,
        maximum: LONGEST_MS,
        description: 'When it is ended, with all its children. Less than the deadline of the step.',
      }),
    },
    { 'x-state': 'any' },
  ),
  main: 'command',
  examples: ['program: [echo, ready]', 'program: {command: [sleep, "0.01"], within: 2s}'],
  takesExpect: false,
  run(context: StepContext, { command, within }) {
    if (!context.allow.includes('programs')) refuse(context, command);
    if (within >= context.deadlineMs)
      context.giveUp(
        `program: within ${within} ms does not fit the deadline of the step, ${context.deadlineMs} ms: write a longer \`deadline:\` in the device profile, or a longer \`within:\` beside the step`,
      );
    const folder = path.dirname(path.resolve(context.step.position.file));
    const result = context.host.program({ command, timeoutMs: within, folder });
    context.attach({ name: 'program', type: 'text/plain', body: shown(command, result, within) });
    if (result.how !== 'exited' || result.exitCode !== 0)
      context.giveUp(`program: ${command[0]}: ${sayProgramResult(result, within)}${lastWords(result)}`);
    context.memory.capturing?.push({ what: command.join(' '), value: result.stdout.trim() });
  },
});

/** Ends the case before anything is done when one of these steps would run a program that was not allowed. */
export function requirePrograms(context: Pick<StepContext, 'allow' | 'skip'>, steps: readonly Step[]): void {
  if (context.allow.includes('programs')) return;
  const found = findProgram(steps);
  if (found) refuse(context, found.args['command']);
}

function refuse(context: Pick<StepContext, 'skip'>, command: unknown): never {
  const name = Array.isArray(command) ? String(command[0]) : 'a program';
  context.skip(
    'not-judged',
    'programs',
    `${name} would be run here, and a program can do anything: it needs --allow programs`,
  );
}

function findProgram(steps: readonly Step[]): Step | undefined {
  for (const step of steps) {
    if (step.verb === 'program') return step;
    const { steps: nested } = step.args;
    const found = Array.isArray(nested) ? findProgram(nested as readonly Step[]) : undefined;
    if (found) return found;
  }
  return undefined;
}

function shown(command: readonly string[], result: ProgramResult, within: number): string {
  const part = (name: string, text: string): readonly string[] => (text === '' ? [] : ['', `${name}:`, text.trimEnd()]);
  return [
    command.map((word) => (/^[\w./:=+,@%-]+$/.test(word) ? word : JSON.stringify(word))).join(' '),
    sayProgramResult(result, within),
    ...part('standard output', result.stdout),
    ...part('standard error', result.stderr),
  ].join('\n');
}

/** The last line that it wrote is where most programs say what is wrong. */
function lastWords({ stderr, stdout }: ProgramResult): string {
  const text = stderr.trim() === '' ? stdout : stderr;
  const last = text.trim().split('\n').at(-1)?.trim() ?? '';
  return last === '' ? '' : `: ${last.slice(0, 200)}`;
}
