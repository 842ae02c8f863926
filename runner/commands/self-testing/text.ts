/** What a self-test says on a terminal: a line for each row as it is done, and the sums. */
import type { SelfTestRow } from '../../execution/self-test/self-test';
import type { Colors } from '../support/terminal';

export function isGood({ outcome }: SelfTestRow): boolean {
  return outcome === 'caught' || outcome === 'silent';
}

export function rowText(row: SelfTestRow, done: number, all: number, colors: Colors): string {
  const good = isGood(row);
  const outcome = good ? colors.green(row.outcome) : colors.red(row.outcome);
  const only = row.onlyBy === undefined ? '' : `, only by ${row.onlyBy}`;
  const head = `${String(done).padStart(4)}/${all}  ${row.name.padEnd(36)} ${row.breaks.join(', ').padEnd(22)} ${outcome}${only}`;
  const extra = good
    ? []
    : [
        `            reported: ${row.reported.join(', ') || 'nothing'}`,
        ...row.remarks.map((remark) => `            ${remark}`),
      ];
  return [head, ...extra].join('\n');
}

export function totalsText(rows: readonly SelfTestRow[], seconds: number): string {
  const count = (outcome: SelfTestRow['outcome']) => rows.filter((row) => row.outcome === outcome).length;
  const faults = rows.filter((row) => !row.benign).length;
  const benign = rows.length - faults;
  const processor = rows.reduce((sum, row) => sum + row.milliseconds, 0) / 1000;
  return [
    `${count('caught')} of ${faults} faults caught, ${count('missed')} missed, ${count('wrong-diagnosis')} with a wrong diagnosis`,
    `${count('silent')} of ${benign} benign variations left alone, ${count('false-alarm')} false alarms`,
    `${seconds.toFixed(1)} s, ${processor.toFixed(1)} s of processor time`,
  ].join('\n');
}

/** For `--each-oracle`: what goes uncaught without each, as a Markdown table. */
export function oraclesText(rows: readonly SelfTestRow[], names: readonly string[]): string {
  const lines = names.map((name) => {
    const alone = rows.filter(({ onlyBy }) => onlyBy === name);
    const clauses = [...new Set(alone.flatMap(({ breaks }) => breaks.slice(0, 1)))].sort();
    const first = alone.slice(0, 2).map((row) => row.name);
    return `| ${name} | ${alone.length} | ${first.join(', ')} | ${clauses.join(', ')} |`;
  });
  return ['| oracle | faults | for example | their clauses |', '| --- | ---: | --- | --- |', ...lines].join('\n');
}
