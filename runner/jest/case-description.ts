/** The description of a case in the Allure report, in Markdown: what it judges, what was noted, and how to run it again. */
import type { CaseResult } from '../execution/case-result';
import type { Clause, ClauseId } from '../language/scenario';

export interface DescriptionContext {
  readonly clause: (id: ClauseId) => Clause | undefined;
  readonly rerun: string;
}

export function describeCase(result: CaseResult, context: DescriptionContext): string {
  const parts: string[] = [];
  if (result.clauses.length > 0)
    parts.push(`**Clauses**\n\n${result.clauses.map((id) => clauseLine(id, context)).join('\n')}`);
  if (result.notes.length > 0)
    parts.push(`**Noted**\n\n${result.notes.map((note) => `- ${escapeMarkdown(note)}`).join('\n')}`);
  const figures = Object.entries(result.figures);
  if (figures.length > 0) {
    const rows = figures.map(([name, value]) => `| ${escapeMarkdown(name)} | ${round(value)} |`);
    parts.push(`**Figures**\n\n| figure | value |\n| --- | --- |\n${rows.join('\n')}`);
  }
  parts.push(`**Run it again**\n\n\`\`\`\n${context.rerun}\n\`\`\``);
  return parts.join('\n\n');
}

function clauseLine(id: ClauseId, context: DescriptionContext): string {
  const clause = context.clause(id);
  if (!clause) return `- \`${id}\``;
  const lines = clause.lines.length > 0 ? ` *(lines ${clause.lines.join(', ')})*` : '';
  return `- \`${id}\` (${clause.level}, ${clause.who}) ${escapeMarkdown(clause.text)}${lines}`;
}

/** Text from devices and from YAML is shown, never interpreted. */
function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_[\]<>|~]/g, (character) =>
    character === '<' ? '&lt;' : character === '>' ? '&gt;' : `\\${character}`,
  );
}

/** Four digits are enough for what is no count. */
function round(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(4));
}
