/** What a run came to, for people. */
import type { CaseResult, Finding } from '../../execution/case-result';
import type { RunPlan } from '../../execution/run-plan';
import type { ClauseSummary, ClauseVerdict } from '../../execution/verdict';
import { rerunLine } from '../../jest/rerun-line';
import { counted, wrap } from '../support/layout';
import { printable } from '../support/printable';
import { shownPath } from '../support/shown-path';
import { type Colors, textWidth } from '../support/terminal';
import type { Judgement } from './judgement';
import { isFiltered } from './options';
import type { RunTarget } from './targets';

/** Longer lists are cut; everything is in run.json. */
const MOST_LINES = 12;

export interface SummaryParts {
  readonly plan: RunPlan;
  readonly targets: readonly RunTarget[];
  readonly results: readonly CaseResult[];
  readonly judgement: Judgement;
}

export function summaryText(parts: SummaryParts, colors: Colors): string {
  const { judgement } = parts;
  const sections = [
    verdictLines(judgement, colors),
    brokenClauses(parts, colors),
    brokenCases(parts, colors),
    warnings(parts, colors),
    waivers(judgement, colors),
    // A run of a few cases judges few clauses, and says so itself.
    isFiltered(parts.plan.filter) ? [] : notJudged(judgement, colors),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function verdictLines(judgement: Judgement, colors: Colors): string[] {
  const { verdict, waived, devices, clauses } = judgement;
  const beside = waived > 0 ? ` (${counted(waived, 'clause')} waived)` : '';
  const lines = [`${colors.bold('verdict:')} ${paintVerdict(verdict, colors)}${beside}`];
  if (devices.length > 1)
    for (const device of devices) lines.push(`  ${printable(device.device)}: ${paintVerdict(device.verdict, colors)}`);
  lines.push(`clauses: ${clauseCounts(clauses)}`);
  return [...lines, ...cut(furtherReasons(judgement).map(printable), colors)];
}

/** Reasons for the verdict that no section below tells. */
function furtherReasons({ devices }: Judgement): string[] {
  return devices.flatMap(({ device, reasons, clauses, brokenCases }) => {
    const told = [...clauses.map((clause) => clause.id), ...brokenCases];
    const further = reasons.filter((reason) => !told.some((id) => tellsOf(reason, id)) && !reason.endsWith(OUTSIDE));
    return devices.length > 1 ? further.map((reason) => `${device}: ${reason}`) : further;
  });
}

/** How execution/verdict.ts ends its reason for a clause that the suite does not list. */
const OUTSIDE = "is broken, outside the suite's list";

function tellsOf(reason: string, id: string): boolean {
  return reason.startsWith(`${id} is broken`) || reason.startsWith(`${id} was not judged`);
}

function paintVerdict(verdict: Judgement['verdict'], colors: Colors): string {
  const paint = { conformant: colors.green, 'non-conformant': colors.red, incomplete: colors.yellow }[verdict];
  return paint(colors.bold(verdict));
}

function clauseCounts(clauses: readonly ClauseSummary[]): string {
  const order: readonly ClauseVerdict[] = [
    'kept',
    'obeyed',
    'broken',
    'warned',
    'waived',
    'reported',
    'not-applicable',
    'not-judged',
  ];
  const parts = order.flatMap((verdict) => {
    const count = clauses.filter((clause) => clause.verdict === verdict).length;
    return count === 0 ? [] : [`${count} ${verdict.replace('-', ' ')}`];
  });
  return parts.join(', ') || 'none';
}

/** Also clauses outside the suite's list that were seen broken on the way. */
function brokenClauses(parts: SummaryParts, colors: Colors): string[] {
  const found = findingsOf(parts, 'broken');
  if (found.size === 0) return [];
  const lines = [colors.bold(colors.red('Broken clauses'))];
  for (const [clause, findings] of found) lines.push(...tell(clause, findings, parts, colors));
  return lines;
}

function tell(clause: string, findings: readonly Told[], parts: SummaryParts, colors: Colors): string[] {
  const [first] = findings;
  if (!first) return [];
  const { finding, result } = first;
  const cases = new Set(findings.map((told) => `${told.result.device} ${told.result.id}`)).size;
  const place = `${shownPath(finding.file)}:${finding.line}:${finding.column}, ${finding.step}`;
  return [
    `  ${colors.bold(printable(clause))} (${finding.level}, ${finding.who}), ${counted(cases, 'case')}: ${printable(finding.observed)}`,
    `    expected  ${printable(finding.expected)}`,
    ...(finding.hint === undefined ? [] : [`    hint      ${printable(finding.hint)}`]),
    `    at        ${printable(place)}`,
    `    again     ${printable(rerun(result, parts))}`,
  ];
}

function brokenCases(parts: SummaryParts, colors: Colors): string[] {
  const broken = parts.results.filter((result) => result.status === 'broken');
  if (broken.length === 0) return [];
  const lines = broken.map((result) => [
    `  ${printable(result.id)}: ${printable(result.reason ?? 'no reason is known')}`,
    `    again     ${printable(rerun(result, parts))}`,
  ]);
  const title = 'Broken cases: the kit or the machine failed, not the device';
  return [
    colors.bold(colors.magenta(title)),
    ...cut(
      lines.map((two) => two.join('\n')),
      colors,
      '',
    ),
  ];
}

function warnings(parts: SummaryParts, colors: Colors): string[] {
  const lines = [...findingsOf(parts, 'warned')].map(([clause, [first]]) => {
    const finding = first?.finding;
    return `${printable(clause)} (${finding?.level}, ${finding?.who}): ${printable(finding?.observed ?? '')}`;
  });
  return lines.length === 0 ? [] : [colors.bold(colors.yellow('Warnings')), ...cut(lines, colors)];
}

function waivers({ clauses, expired }: Judgement, colors: Colors): string[] {
  const lines = [
    ...clauses
      .filter((clause) => clause.verdict === 'waived')
      .map(({ id, reason }) => `${id}: ${printable(reason ?? '')}`),
    ...expired.map(
      ({ clause, until, reason }) => `${clause}: ran out on ${until} and does not count (${printable(reason)})`,
    ),
  ];
  return lines.length === 0 ? [] : [colors.bold('Waived'), ...cut(lines, colors)];
}

/** Only clauses that keep the run from being complete; grouped by reason, because one missing thing keeps many from being judged. */
function notJudged({ devices }: Judgement, colors: Colors): string[] {
  const groups = new Map<string, Set<string>>();
  for (const { clauses, reasons } of devices)
    for (const { id, verdict, reason = 'no reason is known' } of clauses) {
      if (verdict !== 'not-judged' || !reasons.some((one) => one.startsWith(`${id} was not judged`))) continue;
      groups.set(reason, (groups.get(reason) ?? new Set()).add(id));
    }
  const lines = [...groups].map(([reason, ids]) =>
    [printable(reason), ...wrap([...ids].join(' '), textWidth(), '    ')].join('\n'),
  );
  return lines.length === 0 ? [] : [colors.bold(colors.yellow('Not judged')), ...cut(lines, colors)];
}

interface Told {
  readonly finding: Finding;
  readonly result: CaseResult;
}

function findingsOf({ results }: SummaryParts, verdict: Finding['verdict']): Map<string, Told[]> {
  const found = new Map<string, Told[]>();
  for (const result of results)
    for (const finding of result.findings) {
      if (finding.verdict !== verdict) continue;
      const list = found.get(finding.clause);
      if (list) list.push({ finding, result });
      else found.set(finding.clause, [{ finding, result }]);
    }
  return found;
}

function rerun(result: CaseResult, { plan, targets }: SummaryParts): string {
  const device = plan.devices.find((one) => one.device === result.device);
  const target = targets.find((one) => one.taken.some((case_) => case_.id === result.id));
  return device && target ? rerunLine(plan, device, target.file, result.id) : '';
}

function cut(lines: readonly string[], colors: Colors, indent = '  '): string[] {
  const shown = lines.slice(0, MOST_LINES).map((line) => `${indent}${line}`);
  const more = lines.length - shown.length;
  return more > 0 ? [...shown, colors.dim(`  and ${more} more, in run.json`)] : shown;
}
