/** Tables of accesses in a report: text where it is read at once, a page of its own for the whole of it. */
import type { AccessRow, Attachment } from '../execution/case-result';
import { accessLines, capAccesses, outcome } from './access-table';

const STYLE = `:root{color-scheme:light dark}body{margin:8px;font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
table{border-collapse:collapse}th,td{padding:1px 12px 1px 0;text-align:left;white-space:nowrap}th{font-weight:600;opacity:.7}
td.n{text-align:right}tr.m td{background:#d1242f22;font-weight:600}tr.m td:first-child{color:#d1242f}`;
const HEADINGS = ['', '#', 'time', 'side', 'access', 'target', 'bytes', 'result', 'value'];

/** Rows shown around an offending access where the table stands inside a page. */
const ROWS_BEFORE = 30;
const ROWS_AFTER = 6;

/** The whole table as a page; the offending accesses stand above it once more, because a table can be long. */
export function wholeTable(name: string, rows: readonly AccessRow[]): Attachment {
  const marked = rows.filter((row) => row.marked);
  const above =
    marked.length > 0 && marked.length < rows.length
      ? `<p>The offending access:</p>\n${table(marked)}<p>All of them:</p>\n`
      : '';
  return page(name, above + table(rows));
}

/** The rows around the first offending access, or the last rows where none is marked, as text that a report shows at once. */
export function excerpt(name: string, rows: readonly AccessRow[]): Attachment {
  const marked = rows.findIndex((row) => row.marked);
  const end = marked < 0 ? rows.length : Math.min(rows.length, marked + 1 + ROWS_AFTER);
  const start = Math.max(0, end - ROWS_BEFORE - ROWS_AFTER - 1);
  const lines = accessLines(rows.slice(start, end));
  if (start > 0) lines.unshift(`  ... ${start} more before`);
  if (end < rows.length) lines.push(`  ... ${rows.length - end} more after`);
  return { name, type: 'text/plain', body: `${lines.join('\n')}\n` };
}

/** First and last accesses of a case that went well, and how many lie between. */
export function summary(name: string, rows: readonly AccessRow[]): Attachment {
  const { head, omitted, tail } = capAccesses(rows);
  const lines = accessLines([...head, ...tail]);
  if (omitted > 0) lines.splice(head.length, 0, `  ... ${omitted} more`);
  return { name, type: 'text/plain', body: `${lines.join('\n')}\n` };
}

function page(name: string, content: string): Attachment {
  const head = `<!doctype html><meta charset="utf-8"><title>${escapeHtml(name)}</title><style>${STYLE}</style>`;
  return { name, type: 'text/html', body: `${head}\n${content}` };
}

function table(rows: readonly AccessRow[]): string {
  const head = HEADINGS.map((heading) => `<th>${heading}</th>`).join('');
  return `<table><thead><tr>${head}</tr></thead><tbody>\n${rows.map(tableRow).join('\n')}\n</tbody></table>\n`;
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
    cell(outcome(row)),
    cell(row.value),
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
