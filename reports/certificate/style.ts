/** The certificate's style sheet: a screen in light and dark, and A4 paper. Fonts are those of the reader's machine: nothing is loaded. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --desk: #eef0f3; --ink: #16202c; --soft: #5a6776; --rule: #d9dee5; --stripe: #f6f8fa;
  --good: #14713d; --good-tint: #e3f4e9; --bad: #b3261e; --bad-tint: #fbe9e7; --open: #8a5a00; --open-tint: #fdf1d8;
  --kept: #2f9e5b; --obeyed: #86cfa3; --broken: #d6453d; --warned: #e8a33d; --waived: #8b6fd0; --reported: #6aa3d8;
  --not-judged: #c9a227; --not-applicable: #b9c2cd;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #171d25; --desk: #0d1117; --ink: #e4e9ef; --soft: #9aa7b5; --rule: #313b47; --stripe: #1d242e;
    --good: #6fd698; --good-tint: #15301f; --bad: #ff8f85; --bad-tint: #3a1a18; --open: #f0c060; --open-tint: #35290f;
    --kept: #3fae6d; --obeyed: #2d6e49; --broken: #e2574f; --warned: #d9953a; --waived: #8b74c9; --reported: #4f87bd;
    --not-judged: #b08f2a; --not-applicable: #4a5663;
  }
}
* { box-sizing: border-box; }
html { background: var(--desk); }
body {
  margin: 0 auto; max-width: 210mm; padding: 14mm 15mm 12mm; background: var(--paper); color: var(--ink); position: relative;
  font: 10.5pt/1.45 system-ui, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; overflow-wrap: anywhere;
}
header { border-bottom: 2.5px solid var(--ink); padding-bottom: 5mm; margin-bottom: 6mm; }
.kicker { display: flex; justify-content: space-between; color: var(--soft); font-size: 9pt; letter-spacing: .04em; gap: 6mm; }
h1 { font-size: 21pt; line-height: 1.15; margin: 2.5mm 0 1mm; letter-spacing: -.01em; font-weight: 650; }
.subject { color: var(--soft); margin: 0; }
h2 { font-size: 13pt; margin: 8mm 0 2.5mm; font-weight: 650; break-after: avoid; }
h3 { font-size: 10.5pt; margin: 5mm 0 1.5mm; font-weight: 650; break-after: avoid; }
p { margin: 0 0 2mm; }
.verdict { display: flex; align-items: center; gap: 5mm; padding: 4.5mm 5mm; border-radius: 2.5mm; margin: 0 0 5mm; break-inside: avoid; }
.verdict svg { flex: none; width: 14mm; height: 14mm; }
.verdict strong { display: block; font-size: 17pt; line-height: 1.2; font-weight: 680; }
.verdict span { font-size: 10pt; }
.conformant { background: var(--good-tint); color: var(--good); }
.non-conformant { background: var(--bad-tint); color: var(--bad); }
.incomplete { background: var(--open-tint); color: var(--open); }
dl { display: grid; grid-template-columns: 34mm 1fr; gap: .8mm 4mm; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; }
.columns { display: grid; grid-template-columns: 1fr 1fr; gap: 4mm 8mm; }
.columns dl { grid-template-columns: 27mm 1fr; align-content: start; }
code, .mono { font-family: ui-monospace, "DejaVu Sans Mono", "Noto Sans Mono", monospace; font-size: .88em; }
.digest code { word-break: break-all; }
table { border-collapse: collapse; width: 100%; font-size: 9.3pt; }
th { text-align: left; color: var(--soft); font-weight: 500; border-bottom: 1px solid var(--rule); padding: 1mm 2mm 1mm 0; }
td { vertical-align: top; padding: 1.1mm 2mm 1.1mm 0; border-bottom: 1px solid var(--rule); }
tr { break-inside: avoid; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.id { white-space: nowrap; } td.id code { font-size: .84em; }
td .text { color: var(--soft); }
table.clauses { table-layout: fixed; } .clauses th:nth-child(1) { width: 39mm; } .clauses th:nth-child(3) { width: 19mm; }
.clauses th:nth-child(4) { width: 25mm; } .clauses th:nth-child(5) { width: 12mm; }
table.findings { table-layout: fixed; } .findings th:nth-child(1) { width: 40mm; } .findings th:nth-child(2) { width: 22mm; }
.findings th:nth-child(3) { width: 45mm; }
tbody.family th { color: var(--ink); font-weight: 650; padding-top: 3mm; break-after: avoid; }
.mark { display: inline-block; white-space: nowrap; padding: 0 1.8mm; border-radius: 3mm; font-size: 8.4pt; line-height: 4.4mm; border: 1px solid currentColor; }
.mark.kept, .mark.obeyed { color: var(--good); } .mark.broken { color: #fff; background: var(--broken); border-color: var(--broken); }
.mark.warned, .mark.not-judged, .mark.expired { color: var(--open); } .mark.waived, .mark.used { color: var(--waived); }
.mark.reported { color: var(--reported); } .mark.not-applicable, .mark.not-needed { color: var(--soft); }
.bar { display: block; width: 100%; height: 5mm; border-radius: 1mm; margin: 1mm 0 2mm; }
.legend { display: flex; flex-wrap: wrap; gap: .5mm 5mm; font-size: 9.3pt; margin: 0 0 2mm; padding: 0; list-style: none; }
.legend i { display: inline-block; width: 2.8mm; height: 2.8mm; border-radius: .7mm; margin-right: 1.4mm; }
ul.reasons { margin: 0 0 2mm; padding-left: 5mm; }
.group { margin: 0 0 2.2mm; break-inside: avoid; }
.group p { margin: 0; }
.ids { color: var(--soft); font-size: 9.3pt; }
.picture { margin: 2mm 0 4mm; break-inside: avoid; }
.picture svg { max-width: 100%; height: auto; }
figcaption { color: var(--soft); font-size: 9.3pt; }
.device { border-top: 1px solid var(--rule); margin-top: 8mm; }
.device:first-of-type { border-top: 0; margin-top: 0; }
footer { margin-top: 9mm; padding-top: 3mm; border-top: 1px solid var(--rule); color: var(--soft); font-size: 9pt; }
.across {
  position: fixed; inset: 0; display: flex; align-items: center; justify-content: center; pointer-events: none; z-index: 2;
}
.across span {
  transform: rotate(-32deg); font-size: min(14vw, 30mm); font-weight: 800; letter-spacing: .06em; color: var(--open); opacity: .13;
  white-space: nowrap;
}
@media (max-width: 170mm) {
  body { padding: 6mm; } .columns { grid-template-columns: 1fr; } dl, .columns dl { grid-template-columns: 27mm 1fr; }
}
@page {
  size: A4; margin: 15mm 15mm 17mm;
  @bottom-left { content: "vfio-conformance certificate"; font: 8pt system-ui, sans-serif; color: #5a6776; }
  @bottom-right { content: counter(page) " / " counter(pages); font: 8pt system-ui, sans-serif; color: #5a6776; }
}
@media print {
  :root {
    color-scheme: light;
    --paper: #ffffff; --desk: #ffffff; --ink: #16202c; --soft: #4c5866; --rule: #d0d6de; --stripe: #f6f8fa;
    --good: #14713d; --good-tint: #e3f4e9; --bad: #b3261e; --bad-tint: #fbe9e7; --open: #8a5a00; --open-tint: #fdf1d8;
    --kept: #2f9e5b; --obeyed: #86cfa3; --broken: #d6453d; --warned: #e8a33d; --waived: #8b6fd0; --reported: #3f7fb8;
    --not-judged: #c9a227; --not-applicable: #b9c2cd;
  }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { max-width: none; padding: 0; font-size: 9.6pt; }
  .across span { font-size: 32mm; }
  thead { display: table-header-group; }
}
`;
