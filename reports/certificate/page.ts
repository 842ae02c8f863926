/** The certificate as a page: one file that opens from disk, prints on A4, and loads nothing. */
import { type Html, html, trusted } from '../html';
import { devicePart, type Picture, resultPart, testedPart } from './device-part';
import type { CertificateContents, CertifiedDevice } from './schema';
import { STYLE } from './style';
import { moment, plural, verdictMark, verdictSentence } from './words';

/** Nothing is loaded and nothing runs, even if something in the page asked for it. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

export interface PageParts {
  readonly contents: CertificateContents;
  /** Digest of the certificate.json that was made with it. */
  readonly jsonDigest: string;
  /** Pictures of each device, in the devices' order. */
  readonly pictures?: readonly (readonly Picture[])[];
  /** The fingerprint of the key that signs it. */
  readonly signedBy?: string;
}

/** Everything but the seal. */
export function certificatePage({ contents, jsonDigest, pictures, signedBy }: PageParts): string {
  const { devices, verdict } = contents;
  const only = devices.length === 1 ? devices[0] : undefined;
  const title = `Certificate: ${devices.map(({ device }) => device).join(', ')}: ${verdict}`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="vfio-conformance ${contents.kit.version}">
<title>${title}</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
${verdict === 'incomplete' ? html`<div class="across" aria-hidden="true"><span>INCOMPLETE</span></div>` : undefined}
${head(contents)}
${banner(contents)}
${only === undefined ? overview(contents) : html`<h2>What was tested</h2>${testedPart(only)}`}
${aboutTheRun(contents)}
${
  only === undefined
    ? devices.map((device, index) => devicePart(device, pictures?.[index] ?? []))
    : html`<h2>Result</h2>${resultPart(only, pictures?.[0] ?? [])}`
}
${foot(contents, jsonDigest, signedBy)}
</body>
</html>
`.text;
}

function head({ devices, run, issuedAt, kit }: CertificateContents): Html {
  const drivers = [...new Set(devices.flatMap(({ identity }) => driverOf(identity)))];
  const kernels = [...new Set(devices.flatMap(({ host }) => host.kernel ?? []))];
  return html`<header>
<div class="kicker"><span>VFIO CONFORMANCE · CERTIFICATE</span><span>vfio-conformance ${kit.version}</span></div>
<h1>${devices.map(({ device }) => device).join(', ')}</h1>
<p class="subject">${drivers.map((driver) => html`${driver} · `)}${kernels.length > 0 ? `Linux ${kernels.join(', ')} · ` : ''}suite ${run.suite} · ${moment(issuedAt)}</p>
${devices.some(({ host }) => host.note !== undefined) ? html`<p class="subject">${[...new Set(devices.flatMap(({ host }) => host.note ?? []))].join('; ')}</p>` : undefined}
</header>`;
}

function driverOf({
  driver,
  'parent driver': parent,
  'module version': version,
}: CertifiedDevice['identity']): string[] {
  const name = parent ?? driver;
  return name === undefined ? [] : [version === undefined ? name : `${name} ${version}`];
}

function banner({ verdict, waived, reasons }: CertificateContents): Html {
  return html`<section class="verdict ${verdict}">${verdictMark(verdict)}<div><strong>${verdictSentence(verdict)}</strong>
<span>${meaning(verdict, waived)}</span></div></section>
${reasons.length > 0 ? reasonList(reasons) : undefined}`;
}

/** Longer lists stand with the clauses that they are about. */
const MOST_REASONS = 12;
/** How the run says it of one clause. */
const UNJUDGED = /(?:^|: )[A-Z][A-Z0-9-]+ was not judged: /;

/** What was not judged is told below, reason by reason; here it is counted. */
function reasonList(all: readonly string[]): Html {
  const unjudged = all.filter((reason) => UNJUDGED.test(reason)).length;
  const reasons = [
    ...all.filter((reason) => !UNJUDGED.test(reason)),
    ...(unjudged > 0
      ? [`${plural(unjudged, 'must clause')} ${unjudged === 1 ? 'was' : 'were'} not judged: see below`]
      : []),
  ];
  const left = reasons.length - MOST_REASONS;
  return html`<ul class="reasons">${reasons.slice(0, MOST_REASONS).map((reason) => html`<li>${reason}</li>`)}${
    left > 0 ? html`<li>and ${plural(left, 'further reason')}, told below</li>` : undefined
  }</ul>`;
}

function meaning(verdict: CertificateContents['verdict'], waived: number): string {
  const waivers = waived > 0 ? ` ${plural(waived, 'clause')} waived: see below.` : '';
  switch (verdict) {
    case 'conformant':
      return `Every must clause that applies was judged and kept.${waivers}`;
    case 'non-conformant':
      return `At least one clause is broken.${waivers}`;
    case 'incomplete':
      return `Not everything was judged: this is no proof of conformance.${waivers}`;
  }
}

function overview({ devices }: CertificateContents): Html {
  return html`<h2>Devices</h2><table><thead><tr><th>Device</th><th>Driver</th><th>Verdict</th><th class="number">Cases passed</th></tr></thead><tbody>${devices.map(
    ({ device, identity, verdict, cases }) =>
      html`<tr><td>${device}</td><td>${identity.driver ?? ''}</td><td>${verdict}</td><td class="number">${cases.passed} of ${cases.expected}</td></tr>`,
  )}</tbody></table>`;
}

function aboutTheRun({ run, kit, results, redacted }: CertificateContents): Html {
  const rules = [
    ...(run.strict ? ['a should counts like a must'] : []),
    ...(run.grade === 'text' ? ["levels are the text's own words"] : []),
    ...(run.filtered ? ['only a part of the suite was run'] : []),
    ...(run.repeat > 1 ? [`every case ${run.repeat} times`] : []),
  ];
  return html`<h2>The run</h2><div class="columns"><dl>
<dt>Suite</dt><dd>${run.suite}</dd>
<dt>Began</dt><dd>${moment(run.startedAt)}</dd>
<dt>Ended</dt><dd>${run.endedAt === null ? 'it did not come to its end' : moment(run.endedAt)}</dd>
${run.resumedAt.length > 0 ? html`<dt>Resumed</dt><dd>${run.resumedAt.map((time) => moment(time)).join(', ')}</dd>` : undefined}
<dt>Rules</dt><dd>${rules.length > 0 ? rules.join('; ') : 'as the kit has them'}</dd>
</dl><dl>
<dt>Kit</dt><dd>${kit.name} ${kit.version}, Node.js ${kit.node}</dd>
<dt>Catalogue</dt><dd class="digest"><code>${kit.catalogue}</code></dd>
<dt>Results</dt><dd class="digest">${plural(results.cases, 'case')}, SHA-256 <code>${results.sha256}</code></dd>
${redacted.length > 0 ? html`<dt>Left out</dt><dd>${redacted.join(', ')}</dd>` : undefined}
</dl></div>`;
}

function foot({ verdict }: CertificateContents, jsonDigest: string, signedBy: string | undefined): Html {
  return html`<footer>
<p>A clause is a numbered sentence of the interface in <code>&lt;linux/vfio.h&gt;</code>. A run is conformant when every must clause of its
suite that applies to the device was judged and kept; a skip is never a pass. ${
    verdict === 'conformant'
      ? 'It says what was seen on this device, with this driver and this kernel, and nothing of others.'
      : undefined
  }</p>
<p class="digest">certificate.json: SHA-256 <code>${jsonDigest}</code>. ${
    signedBy === undefined
      ? 'Not signed: the digest at the end of this file shows damage, not forgery.'
      : html`Signed with the Ed25519 key <code>${signedBy}</code>.`
  } <code>vfio-conformance certificate verify FILE</code> checks every byte of this file.</p>
</footer>`;
}
