/** What a person reads of a case that did not pass: in the terminal through Jest, and in the report. */
import type { CaseResult, Finding, StepResult } from '../execution/case-result';
import type { Clause, ClauseId, SourcePosition } from '../language/scenario';
import { accessLines } from './access-table';
import type { Failure } from './bridge';
import { harmless } from './harmless';

/** Findings told in full; the others are named. */
const FINDINGS_TOLD = 3;
const ACCESSES_TOLD = 8;

export interface FailureContext {
  readonly clause: (id: ClauseId) => Clause | undefined;
  readonly rerun: string;
}

/** A failed or broken case as the error of its Jest test. */
export function failureOf(result: CaseResult, context: FailureContext): Failure {
  const told = result.findings.filter((finding) => finding.verdict === 'broken');
  const lines = told.length > 0 ? [headline(result, told), ...tellFindings(told, context)] : tellBreakdown(result);
  const others = result.findings.filter((finding) => finding.verdict !== 'broken');
  if (others.length > 0)
    lines.push('', ...others.map((finding) => `also ${finding.verdict}: ${finding.clause}, ${finding.observed}`));
  lines.push('', `run it again: ${context.rerun}`);
  return { message: harmless(lines.join('\n')), frames: framesOf(result) };
}

/** A file that the language refuses, as the error of its Jest test. */
export function failureOfFile(position: SourcePosition, text: string): Failure {
  return { message: `broken: this file is not valid\n\n${text.trimEnd()}`, frames: [frame('invalid YAML', position)] };
}

/** Stack lines that Jest understands: it draws the first one's file with a caret under the column. */
function framesOf(result: CaseResult): string[] {
  const places = new Map<string, string>();
  const add = (label: string, position: SourcePosition): void => {
    const key = `${position.file}:${position.line}:${position.column}`;
    if (!places.has(key)) places.set(key, frame(label, position));
  };
  for (const finding of result.findings) if (finding.verdict === 'broken') add(finding.step, finding);
  const step = failingStep(result.steps);
  if (step) add(`step "${step.title}"`, step.position);
  if (places.size === 0) add('scenario', result);
  // Where the kit itself went wrong stands below the YAML: Jest draws the first line's file.
  return [...[...places.values()].slice(0, FINDINGS_TOLD), ...(result.reason?.split('\n').filter(isStackLine) ?? [])];
}

/** The reason without the stack of an error in the kit, which would pass for the stack of the test. */
function reasonOf({ reason }: CaseResult): string | undefined {
  return reason
    ?.split('\n')
    .filter((line) => !isStackLine(line))
    .join('\n');
}

function isStackLine(line: string): boolean {
  return /^\s+at /.test(line);
}

function frame(label: string, { file, line, column }: SourcePosition): string {
  // Parentheses and line breaks would end the label early for whoever parses the stack.
  const safe = harmless(label).replaceAll('(', '[').replaceAll(')', ']').replace(/\s+/g, ' ');
  return `    at ${safe} (${harmless(file)}:${line}:${column})`;
}

function headline(result: CaseResult, told: readonly Finding[]): string {
  const clauses = [...new Set(told.map((finding) => finding.clause))].join(', ');
  if (result.status === 'broken') return `broken: ${reasonOf(result) ?? `the kit itself broke ${clauses}`}`;
  const blamed = told.every((finding) => finding.who === 'kernel') ? 'the kernel' : 'the driver';
  return `failed: ${blamed} broke ${clauses}`;
}

function tellFindings(told: readonly Finding[], context: FailureContext): string[] {
  const lines: string[] = [];
  for (const finding of told.slice(0, FINDINGS_TOLD))
    lines.push('', ...tellFinding(finding, context.clause(finding.clause)));
  if (told.length > FINDINGS_TOLD) lines.push('', `and ${told.length - FINDINGS_TOLD} more findings`);
  return lines;
}

function tellFinding(finding: Finding, clause: Clause | undefined): string[] {
  const lines = [`${finding.clause} (${finding.level}, ${finding.who})${clause ? `: ${clause.text}` : ''}`];
  lines.push(
    ...field('at', finding.step),
    ...field('expected', finding.expected),
    ...field(
      'observed',
      finding.times === undefined
        ? finding.observed
        : `${finding.observed} (and ${finding.times - 1} more times in this step)`,
    ),
  );
  if (finding.hint !== undefined) lines.push(...field('hint', finding.hint));
  const accesses = finding.accesses.slice(-ACCESSES_TOLD);
  if (accesses.length > 0) lines.push('  accesses', ...accessLines(accesses).map((line) => `    ${line}`));
  return lines;
}

/** A case that broke without a finding: the kit or the machine is at fault. */
function tellBreakdown(result: CaseResult): string[] {
  const lines = [`${result.status}: ${reasonOf(result) ?? 'no reason is known'}`];
  const step = failingStep(result.steps);
  if (step) {
    lines.push('', ...field('at', step.title));
    if (step.message !== undefined && !result.reason?.includes(step.message))
      lines.push(...field('message', step.message));
    if (step.expected !== undefined) lines.push(...field('expected', step.expected));
    if (step.observed !== undefined) lines.push(...field('observed', step.observed));
  }
  const accesses = result.accesses.slice(-ACCESSES_TOLD);
  if (accesses.length > 0) lines.push('  accesses', ...accessLines(accesses).map((line) => `    ${line}`));
  return lines;
}

/** `  expected  text`, further lines of the text below its first. */
export function field(name: string, text: string): string[] {
  const [first = '', ...rest] = text.split('\n');
  return [`  ${name.padEnd(8)}  ${first}`, ...rest.map((line) => `            ${line}`)];
}

/** The innermost step that failed or broke. */
export function failingStep(steps: readonly StepResult[]): StepResult | undefined {
  for (const step of steps) {
    const inner = failingStep(step.steps);
    if (inner) return inner;
    if (step.status === 'failed' || step.status === 'broken') return step;
  }
  return undefined;
}
