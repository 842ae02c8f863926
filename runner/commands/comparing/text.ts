/** A comparison for people in a terminal. */
import type { Change, Changes, Comparison, SpeedChange } from '../../../reports/comparison/comparison';
import { counted } from '../support/layout';
import { printable } from '../support/printable';
import type { Colors } from '../support/terminal';

/** Longer lists are cut; --json and --html have everything. */
const MOST_LINES = 15;

export function comparisonText(comparison: Comparison, colors: Colors): string {
  const { before, after, facts, clauses, cases, slower, faster, threshold } = comparison;
  const verdict =
    before.verdict === after.verdict ? `${after.verdict}, as before` : `${before.verdict} -> ${after.verdict}`;
  const sections = [
    [`${printable(before.folder)} -> ${printable(after.folder)}`, `verdict: ${verdict}`],
    section(
      'Different',
      colors.bold,
      facts.map(
        ({ device, name, before: was, after: is }) =>
          `${device === '' ? '' : `${device}: `}${name}: ${was || 'absent'} -> ${is || 'absent'}`,
      ),
      colors,
    ),
    ...told(clauses, cases, colors),
    section(`Slower (${threshold} times or more)`, colors.yellow, slower.map(speedLine), colors),
    section(`Faster (${threshold} times or more)`, colors.green, faster.map(speedLine), colors),
  ].filter((lines) => lines.length > 0);
  if (sections.length === 1) sections.push(['Nothing changed.']);
  return sections.map((lines) => lines.join('\n')).join('\n\n');
}

function told(clauses: Changes, cases: Changes, colors: Colors): string[][] {
  const kinds: readonly (readonly [keyof Changes, string, (text: string) => string])[] = [
    ['broke', 'Broke', colors.red],
    ['mended', 'Mended', colors.green],
    ['worse', 'Worse than before', colors.yellow],
    ['better', 'Better than before', colors.green],
    ['new', 'New', colors.bold],
    ['gone', 'Gone', colors.bold],
  ];
  return kinds.flatMap(([kind, title, paint]) => [
    section(`${title}: ${counted(clauses[kind].length, 'clause')}`, paint, clauses[kind].map(changeLine), colors),
    section(`${title}: ${counted(cases[kind].length, 'case')}`, paint, cases[kind].map(changeLine), colors),
  ]);
}

function changeLine({ device, id, before, after, reason }: Change): string {
  const words = [before, after].filter((word) => word !== undefined).join(' -> ');
  return `${id} (${device}): ${words}${reason === undefined ? '' : `: ${reason}`}`;
}

function speedLine({ device, what, name, before, after, ratio }: SpeedChange): string {
  return `${what} ${name} (${device}): ${before} ms -> ${after} ms, ${ratio.toFixed(2)} times`;
}

function section(title: string, paint: (text: string) => string, lines: readonly string[], colors: Colors): string[] {
  if (lines.length === 0) return [];
  const shown = lines.slice(0, MOST_LINES).map((line) => `  ${printable(line)}`);
  const left = lines.length - shown.length;
  return [colors.bold(paint(title)), ...shown, ...(left > 0 ? [colors.dim(`  and ${left} more`)] : [])];
}
