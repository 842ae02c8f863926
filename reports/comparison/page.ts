/** A comparison as a page: one file that opens from disk and loads nothing. */
import { STYLE } from '../certificate/style';
import { moment, number } from '../certificate/words';
import { type Html, html, trusted } from '../html';
import type { Change, Changes, Comparison, SpeedChange } from './comparison';

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
const OWN_STYLE = `
td.was { color: var(--soft); } .bad h3 { color: var(--bad); } .good h3 { color: var(--good); }
.tally { display: flex; flex-wrap: wrap; gap: 3mm; margin: 0 0 4mm; padding: 0; list-style: none; }
.tally li { border: 1px solid var(--rule); border-radius: 2mm; padding: 2mm 4mm; min-width: 26mm; }
.tally b { display: block; font-size: 17pt; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tally .bad b { color: var(--bad); } .tally .good b { color: var(--good); } .tally .open b { color: var(--open); }
`;
/** A page is for reading; what is longer stands in the JSON. */
const MOST_ROWS = 500;

const TITLES: readonly (readonly [kind: keyof Changes, title: string, tone: string])[] = [
  ['broke', 'Broke', 'bad'],
  ['mended', 'Mended', 'good'],
  ['worse', 'Worse than before', 'open'],
  ['better', 'Better than before', 'good'],
  ['new', 'New', ''],
  ['gone', 'Gone', ''],
];

export function comparisonPage(comparison: Comparison): string {
  const { before, after, facts } = comparison;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>${`From ${before.folder} to ${after.folder}`}</title><style>${trusted(STYLE)}${trusted(OWN_STYLE)}</style></head><body>
<header><div class="kicker"><span>VFIO CONFORMANCE · COMPARISON</span><span>vfio-conformance ${after.kit}</span></div>
<h1>What changed</h1><p class="subject">${before.folder} → ${after.folder}</p></header>
<table><thead><tr><th></th><th>Before</th><th>After</th></tr></thead><tbody>
<tr><td>Verdict</td><td>${before.verdict}</td><td>${after.verdict}</td></tr>
<tr><td>Began</td><td>${moment(before.startedAt)}</td><td>${moment(after.startedAt)}</td></tr>
<tr><td>Suite</td><td>${before.suite}</td><td>${after.suite}</td></tr>
${facts.map(({ device, name, before: was, after: is }) => html`<tr><td>${name}${device === '' ? '' : `, ${device}`}</td><td>${was}</td><td>${is}</td></tr>`)}
</tbody></table>
<h2>In short</h2>${tally(comparison)}
${speedTable('Slower', 'bad', comparison.slower, comparison.threshold)}
<h2>Clauses</h2>${changes(comparison.clauses)}
<h2>Cases</h2>${changes(comparison.cases)}
${speedTable('Faster', 'good', comparison.faster, comparison.threshold)}
</body></html>
`.text;
}

function tally({ clauses, cases, slower, faster }: Comparison): Html {
  const rows: readonly (readonly [string, number, string])[] = [
    ...TITLES.map(([kind, title, tone]) => [title, clauses[kind].length + cases[kind].length, tone] as const),
    ['Slower', slower.length, 'bad'],
    ['Faster', faster.length, 'good'],
  ];
  return html`<ul class="tally">${rows
    .filter(([title, many]) => many > 0 || title === 'Broke')
    .map(
      ([title, many, tone]) => html`<li class="${many > 0 ? tone : ''}"><b>${many}</b>${title.toLowerCase()}</li>`,
    )}</ul>`;
}

function changes(all: Changes): Html {
  const told = TITLES.filter(([kind]) => all[kind].length > 0);
  if (told.length === 0) return html`<p>No change.</p>`;
  return html`${told.map(([kind, title, tone]) => html`<section class="${tone}"><h3>${title}: ${all[kind].length}</h3>${rows(all[kind])}</section>`)}`;
}

function rows(list: readonly Change[]): Html {
  const left = list.length - MOST_ROWS;
  return html`<table><tbody>${list
    .slice(0, MOST_ROWS)
    .map(
      ({ device, id, before = '', after = '', reason }) =>
        html`<tr><td><code>${id}</code>${reason === undefined ? undefined : html`<br>${reason}`}</td><td>${device}</td><td class="was">${before}</td><td>${after}</td></tr>`,
    )}</tbody></table>${left > 0 ? html`<p>and ${left} more</p>` : undefined}`;
}

function speedTable(title: string, tone: string, list: readonly SpeedChange[], threshold: number): Html | undefined {
  if (list.length === 0) return undefined;
  return html`<section class="${tone}"><h3>${title} by a factor of ${threshold} or more: ${list.length}</h3><table><thead><tr><th></th><th>Device</th><th class="number">Before, ms</th><th class="number">After, ms</th><th class="number">Ratio</th></tr></thead><tbody>${list
    .slice(0, MOST_ROWS)
    .map(
      ({ device, name, before, after, ratio }) =>
        html`<tr><td>${name}</td><td>${device}</td><td class="number">${number(before)}</td><td class="number">${number(after)}</td><td class="number">${ratio.toFixed(2)}</td></tr>`,
    )}</tbody></table></section>`;
}
