/** docs/lab-matrix.md: what the certification said of each fault of the module, made by `lab full` and by nobody's hand. */
import { type Layout, layouts, type MatrixAbout, type MatrixRow } from './request';

export interface KernelMatrix {
  readonly series: string;
  readonly about: MatrixAbout | undefined;
  readonly rows: readonly MatrixRow[];
  /** What is wrong beside the rows. */
  readonly complaints: readonly string[];
}

function sizeText(bytes: number): string {
  if (bytes >= 1 << 20) return `${bytes / (1 << 20)} MiB`;
  return bytes >= 1024 ? `${bytes / 1024} KiB` : `${bytes} bytes`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** What came of one fault in one layout: `caught`, and what is not as it should be. */
function outcomeText(rows: readonly MatrixRow[]): string {
  if (rows.length === 0) return '';
  return rows
    .map((row) => (row.good ? row.outcome : `**${row.outcome}** (${row.reported.join(' ') || 'nothing reported'})`))
    .join(', ');
}

function peculiarities(kernels: readonly KernelMatrix[], kind: 'fault' | 'variation'): string {
  const names = [
    ...new Set(kernels.flatMap(({ rows }) => rows.filter((row) => row.kind === kind).map(({ name }) => name))),
  ];
  const columns = kernels.flatMap(({ series }) => layouts.map((layout): readonly [string, Layout] => [series, layout]));
  const head = [kind === 'fault' ? 'Fault' : 'Variation', ...(kind === 'fault' ? ['Breaks'] : []), 'What it does'];
  const lines = names.sort().map((name) => {
    const mine = (series: string, layout: Layout): MatrixRow[] =>
      (kernels.find((kernel) => kernel.series === series)?.rows ?? []).filter(
        (row) => row.kind === kind && row.name === name && row.layout === layout,
      );
    const any = kernels.flatMap(({ rows }) => rows).find((row) => row.kind === kind && row.name === name);
    return [
      name,
      ...(kind === 'fault' ? [any?.breaks.join(' ') ?? ''] : []),
      any?.summary ?? '',
      ...columns.map(([series, layout]) => outcomeText(mine(series, layout))),
    ];
  });
  return table([...head, ...columns.map(([series, layout]) => `${series} ${layout}`)], lines);
}

function correctRows(kernels: readonly KernelMatrix[]): string {
  const lines = kernels.flatMap(({ series, rows }) =>
    rows
      .filter(({ kind }) => kind === 'correct' || kind === 'large')
      .map((row) => [
        series,
        row.layout,
        sizeText(row.stateSize),
        row.kind === 'large' ? 'migrations' : 'everything',
        row.good ? row.outcome : `**${row.outcome}**`,
        `${row.cases.passed} passed, ${row.cases.failed + row.cases.broken} failed, ${row.cases.skipped} not applicable`,
      ]),
  );
  return table(['Kernel', 'Layout', 'State', 'Cases', 'Verdict', 'Came out'], lines);
}

function made({ about, series }: KernelMatrix): string {
  if (about === undefined) return `- ${series}: did not run`;
  const { kernel, driver, kit, node, cases, clauses, faults, variations } = about;
  return (
    `- Kernel ${kernel}, module ${driver.module} ${driver.version} (srcversion ${driver.srcversion}) with ${faults} faults and ` +
    `${variations} variations; kit ${kit} on Node ${node}: suite ${about.suite}, ${cases} cases, ${clauses} clauses.`
  );
}

function totals(rows: readonly MatrixRow[]): string {
  const faults = rows.filter(({ kind }) => kind === 'fault');
  const correct = rows.filter(({ kind }) => kind !== 'fault');
  const bad = (some: readonly MatrixRow[]): string =>
    [...new Set(some.filter(({ good }) => !good).map(({ name }) => name))].join(', ');
  const missed = bad(faults);
  const alarms = bad(correct);
  return [
    `${faults.filter(({ good }) => good).length} of ${faults.length} trials of a fault were caught with the right clause${missed === '' ? '' : `; not so: ${missed}`}.`,
    `${correct.filter(({ good }) => good).length} of ${correct.length} trials of the correct module and of its variations were silent${alarms === '' ? '' : `; not so: ${alarms}`}.`,
  ].join('\n');
}

export function matrixDocument(kernels: readonly KernelMatrix[]): string {
  const complaints = kernels.flatMap((kernel) => kernel.complaints);
  const notRight = kernels
    .flatMap(({ series, rows }) => rows.filter(({ good }) => !good).map((row) => ({ series, row })))
    .map(
      ({ series, row }) =>
        `- ${row.name} on ${series}, ${row.layout}, ${sizeText(row.stateSize)}: ${row.remarks.slice(0, 4).join('; ').slice(0, 600)}`,
    );
  return `${[
    '# What certification says of the module, fault by fault',
    'Made by `npm run lab -- full`; do not edit. [lab.md](lab.md) tells how it comes about.',
    kernels.map(made).join('\n'),
    totals(kernels.flatMap(({ rows }) => rows)),
    ...(complaints.length === 0 ? [] : ['## What went wrong', complaints.map((text) => `- ${text}`).join('\n')]),
    ...(notRight.length === 0 ? [] : ['## Not as it should be', notRight.join('\n')]),
    '## The correct module',
    correctRows(kernels),
    '## Benign variations',
    peculiarities(kernels, 'variation'),
    '## Faults',
    'An empty field: the fault does not show in that layout, or was not tried there.',
    peculiarities(kernels, 'fault'),
  ].join('\n\n')}\n`;
}
