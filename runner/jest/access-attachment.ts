/** The access table of a report: an HTML page of its own that needs nothing else, with the offending access marked. */
import type { AccessRow, Attachment } from '../execution/case-result';
import { type CappedAccesses, outcome } from './access-table';

const STYLE = `:root{color-scheme:light dark}body{margin:8px;font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
table{border-collapse:collapse}th,td{padding:1px 12px 1px 0;text-align:left;white-space:nowrap}th{font-weight:600;opacity:.7}
td.n{text-align:right}tr.m td{background:#d1242f22;font-weight:600}tr.m td:first-child{color:#d1242f}tr.g td{opacity:.6;font-style:italic}`;
const HEADINGS = ['', '#', 'time', 'side', 'access', 'target', 'bytes', 'value', 'result'];

/** Every row. */
export function accessAttachment(name: string, rows: readonly AccessRow[]): Attachment {
  return page(name, rows.map(tableRow).join('\n'));
}

/** First and last rows, and between them a line that says how many were left out. */
export function cappedAttachment(name: string, { head, omitted, tail }: CappedAccesses): Attachment {
  const gap = omitted > 0 ? `\n<tr class="g"><td></td><td colspan="8">${omitted} more accesses</td></tr>\n` : '';
  return page(name, head.map(tableRow).join('\n') + gap + tail.map(tableRow).join('\n'));
}

function page(name: string, rows: string): Attachment {
  const head = HEADINGS.map((heading) => `<th>${heading}</th>`).join('');
  const body = `<!doctype html><meta charset="utf-8"><title>${escapeHtml(name)}</title><style>${STYLE}</style>
<table><thead><tr>${head}</tr></thead><tbody>
${rows}
</tbody></table>\n`;
  return { name, type: 'text/html', body };
}

function tableRow(row: AccessRow): string {
  const cells = [
    cell(row.marked ? '▶' : ''),
    cell(String(row.sequence), 'n'),
    cell(`${row.atMs.toFixed(3)} ms`, 'n'),
    cell(row.side),
    cell(row.call),
    cell(row.target),
    cell(row.length > 0 ? String(row.length) : '', 'n'),
    cell(row.value),
    cell(outcome(row)),
  ];
  return `<tr${row.marked ? ' class="m"' : ''}>${cells.join('')}</tr>`;
}

function cell(text: string, style?: string): string {
  return `<td${style ? ` class="${style}"` : ''}>${escapeHtml(text)}</td>`;
}

/** What a device put into a value must stay text. */
function escapeHtml(text: string): string {
  return text.replace(
    /[&<>"]/g,
    (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[character] ?? character,
  );
}
