/** docs/second-opinion.md: made by `lab qemu` and by nobody's hand. */
import type { OpinionAbout, OpinionRow, QemuVerdict } from './request';

const order: readonly QemuVerdict[] = ['silently wrong', 'dies', 'hangs', 'error after completed', 'error', 'clean'];

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function line(cells: readonly string[]): string {
  return `| ${cells.map(cell).join(' | ')} |`;
}

function counted(rows: readonly OpinionRow[]): string {
  const caught = rows.filter(({ certification, breaks }) => certification?.includes(breaks[0] ?? '')).length;
  const kinds = order
    .map((verdict) => ({ verdict, count: rows.filter(({ qemu }) => qemu.verdict === verdict).length }))
    .filter(({ count }) => count > 0)
    .map(({ verdict, count }) => `${count} ${verdict === 'clean' ? 'nothing wrong' : verdict}`);
  return `Of ${rows.length} faults certification names ${caught}. Of the same faults QEMU shows: ${kinds.join(', ')}.`;
}

export function opinionDocument(about: OpinionAbout | undefined, rows: readonly OpinionRow[]): string {
  const correct = rows.filter(({ fault }) => fault === 'none');
  const faults = rows
    .filter(({ fault }) => fault !== 'none')
    .sort((a, b) => order.indexOf(a.qemu.verdict) - order.indexOf(b.qemu.verdict) || a.fault.localeCompare(b.fault));
  const made =
    about === undefined
      ? ''
      : `QEMU ${about.qemu} on kernel ${about.kernel}, module ${about.driver.module} ${about.driver.version} (srcversion ${about.driver.srcversion}).`;
  return `${[
    '# A second opinion: what QEMU makes of the same faults',
    'Made by `npm run lab -- qemu`; do not edit. [lab.md](lab.md) tells how it comes about.',
    [
      'QEMU up to 7.2 is a real user of version 1 migration that nobody here wrote. It migrates the module between two of its processes',
      "while the device writes to its guest's memory. Its own word is noted, but does not decide: afterwards the two devices' states are",
      "compared in the module, and the two guests' memory in dumps.",
    ].join('\n'),
    made,
    '## The correct module',
    [line(['Layout', 'QEMU', 'What was seen']), line(['---', '---', '---'])]
      .concat(correct.map(({ layout, qemu }) => line([layout, qemu.verdict, qemu.detail])))
      .join('\n'),
    '## Faults',
    counted(faults),
    '"Silently wrong" means: QEMU says that the migration has completed, and the guest goes on with a wrong state or wrong memory.',
    [
      line(['Fault', 'What it does', 'Certification says', 'QEMU', 'What was seen']),
      line(['---', '---', '---', '---', '---']),
    ]
      .concat(
        faults.map(({ fault, summary, certification, qemu }) =>
          line([fault, summary, certification?.join(' ') || '**nothing**', qemu.verdict, qemu.detail]),
        ),
      )
      .join('\n'),
  ].join('\n\n')}\n`;
}
