/** One device on the certificate: what it is, what came of each clause, and why. */
import { type Html, html, trusted } from '../html';
import { type CertifiedClause, type CertifiedDevice, CLAUSE_VERDICTS } from './schema';
import { number, plural, verdictSentence } from './words';

export interface Picture {
  readonly title: string;
  /** SVG of this package's own making, every text in it escaped. */
  readonly svg: string;
}

type Verdict = CertifiedClause['verdict'];

const SAID: Readonly<Record<Verdict, string>> = {
  kept: 'kept',
  obeyed: 'obeyed',
  broken: 'broken',
  warned: 'warned',
  waived: 'waived',
  reported: 'reported',
  'not-judged': 'not judged',
  'not-applicable': 'not applicable',
};
const BAR_ORDER: readonly Verdict[] = [
  'broken',
  'warned',
  'waived',
  'not-judged',
  'kept',
  'obeyed',
  'reported',
  'not-applicable',
];

/** What the device is, as it was found. */
export function testedPart(device: CertifiedDevice): Html {
  return html`<div class="columns"><dl>${facts({ device: device.device, ...device.identity })}</dl><dl>${facts(device.host)}${assumptions(device)}</dl></div>`;
}

/** What came of it, clause by clause. */
export function resultPart(device: CertifiedDevice, pictures: readonly Picture[]): Html {
  return html`${clauseBar(device.clauses)}
<p>${casesSentence(device)}</p>
${findings(device)}
${waivers(device)}
${groups('Not judged', device.notJudged)}
${pictures.map(({ title, svg }) => html`<figure class="picture">${trusted(svg)}<figcaption>${title}</figcaption></figure>`)}
${figures(device)}
${clauseTable(device)}
${groups('Not applicable, and the evidence', device.notApplicable)}`;
}

/** One of several devices. */
export function devicePart(device: CertifiedDevice, pictures: readonly Picture[]): Html {
  return html`<section class="device"><h2>${device.device}: ${verdictSentence(device.verdict).toLowerCase()}</h2>
${testedPart(device)}<h3>Result</h3>${resultPart(device, pictures)}</section>`;
}

/** Names that are abbreviations, as people write them. */
const ABBREVIATED: Readonly<Record<string, string>> = {
  iommu: 'IOMMU',
  'vendor id': 'Vendor ID',
  'device id': 'Device ID',
  'subsystem vendor id': 'Subsystem vendor ID',
  'subsystem device id': 'Subsystem device ID',
  'mdev api': 'Mdev API',
  group: 'IOMMU group',
};

function facts(named: Readonly<Record<string, string>>): readonly Html[] {
  return Object.entries(named).map(
    ([name, value]) =>
      html`<dt>${ABBREVIATED[name] ?? name.charAt(0).toUpperCase() + name.slice(1)}</dt><dd>${value}</dd>`,
  );
}

function assumptions({ assumptions: assumed, shows }: CertifiedDevice): Html {
  const list = Object.entries(assumed).map(([name, value]) => `${name}: ${value}`);
  return html`${shows.length > 0 ? html`<dt>Shows</dt><dd>${shows.join(', ')}</dd>` : undefined}${
    list.length > 0
      ? html`<dt>Assumed</dt><dd>${list.join('; ')} (the device profile says so, nothing shows it)</dd>`
      : undefined
  }`;
}

/** How many clauses came out how, as one bar with its legend. */
function clauseBar(clauses: readonly CertifiedClause[]): Html {
  const counts = BAR_ORDER.map((verdict) => ({
    verdict,
    count: clauses.filter((clause) => clause.verdict === verdict).length,
  })).filter(({ count }) => count > 0);
  let at = 0;
  const parts = counts.map(({ verdict, count }) => {
    const part = `<rect x="${at}" y="0" width="${count}" height="10" style="fill:var(--${verdict})"/>`;
    at += count;
    return part;
  });
  const said = counts.map(({ verdict, count }) => `${count} ${SAID[verdict]}`);
  return html`${trusted(
    `<svg class="bar" viewBox="0 0 ${Math.max(1, at)} 10" preserveAspectRatio="none" role="img" aria-label="${said.join(', ')}">${parts.join('')}</svg>`,
  )}<ul class="legend">${counts.map(({ verdict, count }) => html`<li><i style="background:var(--${verdict})"></i>${count} ${SAID[verdict]}</li>`)}</ul>`;
}

function casesSentence({ cases, clauses }: CertifiedDevice): string {
  const done = cases.passed + cases.failed + cases.broken + cases.skipped;
  const parts = [
    `${cases.passed} passed`,
    ...(cases.failed > 0 ? [`${cases.failed} failed`] : []),
    ...(cases.broken > 0 ? [`${cases.broken} broken by the kit or the machine`] : []),
    ...(cases.skipped > 0 ? [`${cases.skipped} skipped`] : []),
    ...(done < cases.expected ? [`${cases.expected - done} without a result`] : []),
  ];
  return `${plural(clauses.length, 'clause')} in the list, ${plural(cases.expected, 'case')}: ${parts.join(', ')}.`;
}

function findings({ findings: found }: CertifiedDevice): Html | undefined {
  if (found.length === 0) return undefined;
  return html`<h3>What was seen</h3><table class="findings"><thead><tr><th>Clause</th><th></th><th>Expected</th><th>Observed</th></tr></thead><tbody>${found.map(
    ({ clause, verdict, expected, observed, times, ...where }) =>
      html`<tr><td class="id"><code>${clause}</code></td><td>${mark(verdict)}</td><td>${expected}</td><td>${observed}<br><span class="ids">${where.case}, ${where.step}${times > 1 ? `; in ${times} cases` : ''}</span></td></tr>`,
  )}</tbody></table>`;
}

function waivers({ waivers: named }: CertifiedDevice): Html | undefined {
  if (named.length === 0) return undefined;
  const said = { used: 'used', 'not-needed': 'not needed', expired: 'expired: does not count' };
  return html`<h3>Waivers of the device profile</h3><table><thead><tr><th>Clause</th><th>Reason</th><th>Until</th><th></th></tr></thead><tbody>${named.map(
    ({ clause, reason, until, state }) =>
      html`<tr><td class="id"><code>${clause}</code></td><td>${reason}</td><td class="id">${until}</td><td><span class="mark ${state}">${said[state]}</span></td></tr>`,
  )}</tbody></table>`;
}

function groups(title: string, reasons: CertifiedDevice['notJudged']): Html | undefined {
  if (reasons.length === 0) return undefined;
  return html`<h3>${title}</h3>${reasons.map(
    ({ reason, clauses }) => html`<div class="group"><p>${reason}</p><p class="ids">${clauses.join(' ')}</p></div>`,
  )}`;
}

function figures({ figures: measured }: CertifiedDevice): Html | undefined {
  if (measured.length === 0) return undefined;
  return html`<h3>Figures</h3><table><thead><tr><th>Figure</th><th class="number">Measured</th><th class="number">Least</th><th class="number">Median</th><th class="number">Most</th><th>Unit</th></tr></thead><tbody>${measured.map(
    ({ name, unit, count, least, median, most }) =>
      html`<tr><td>${name}</td><td class="number">${count}</td><td class="number">${number(least)}</td><td class="number">${number(median)}</td><td class="number">${number(most)}</td><td>${unit}</td></tr>`,
  )}</tbody></table>`;
}

function clauseTable({ clauses }: CertifiedDevice): Html {
  const families = [...new Set(clauses.map(({ family }) => family))];
  return html`<h3>Every clause</h3><table class="clauses"><thead><tr><th>Clause</th><th>What must hold</th><th>Level</th><th>Verdict</th><th class="number">Cases</th></tr></thead>${families.map(
    (family) =>
      html`<tbody class="family"><tr><th colspan="5">${family}</th></tr>${clauses
        .filter((clause) => clause.family === family)
        .map(clauseRow)}</tbody>`,
  )}</table>`;
}

function clauseRow({ id, text, level, who, verdict, cases, reason }: CertifiedClause): Html {
  const told = reason !== undefined && (verdict === 'waived' || verdict === 'not-judged');
  return html`<tr><td class="id"><code>${id}</code></td><td><span class="text">${text}</span>${told ? html`<br>${reason}` : undefined}</td><td class="id">${level}${who === 'driver' ? '' : `, ${who}`}</td><td>${mark(verdict)}</td><td class="number">${cases}</td></tr>`;
}

function mark(verdict: Verdict): Html {
  if (!CLAUSE_VERDICTS.includes(verdict)) return html`${verdict}`;
  return html`<span class="mark ${verdict}">${SAID[verdict]}</span>`;
}
