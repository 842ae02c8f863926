/** The survey for people: a line for each fault, totals, and the table of docs/explore.md. */
import type { SurveyOptions, SurveyRow } from './survey-row';

const BEGIN = '<!-- survey: begin -->';
const END = '<!-- survey: end -->';
/** A scenario that a person takes in at a glance. */
export const SHORT_STEPS = 8;

export function sayRow(row: SurveyRow): string {
  const head = `${row.name.padEnd(38)} ${row.outcome.padEnd(16)}`;
  if (row.outcome === 'not-reached') return `${head} ${row.walks} walks, ${row.seconds.toFixed(1)} s`;
  if (row.outcome === 'trouble') return `${head} ${row.message.split('\n')[0]}`;
  const beyond = row.beyond.length > 0 ? ` (beyond: ${row.beyond.join(', ')})` : '';
  const again = row.reproduced ? '' : `; NOT REPRODUCED: ${row.message}`;
  return `${head} ${row.clause}${beyond}, ${row.steps} steps of ${row.stepsBefore}, walk ${row.walks}, ${row.seconds.toFixed(1)} s${again}`;
}

export function sayTotals(rows: readonly SurveyRow[]): string {
  const count = (test: (row: SurveyRow) => boolean) => rows.filter(test).length;
  const short = count((row) => row.outcome === 'found' && row.reproduced && row.steps <= SHORT_STEPS);
  return [
    `${count((row) => row.outcome === 'found')} of ${rows.length} found, ${short} of them in at most ${SHORT_STEPS} steps that fail the same way when run`,
    `${count((row) => row.outcome === 'wrong-diagnosis')} with a wrong diagnosis, ${count((row) => row.outcome === 'trouble')} in trouble, ${count((row) => row.outcome === 'not-reached')} not reached`,
  ].join('\n');
}

/** Of devices that have no fault. */
export function sayFalseAlarms(rows: readonly SurveyRow[]): string {
  const silent = rows.filter(({ outcome }) => outcome === 'not-reached');
  const walks = silent.reduce((sum, row) => sum + row.walks, 0);
  return `nothing found on ${silent.length} of ${rows.length} correct devices, in ${walks} walks`;
}

/** The document with a fresh table between its two marks. */
export function intoDocument(text: string, rows: readonly SurveyRow[], options: SurveyOptions): string {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the document has no ${BEGIN} and ${END}`);
  return `${text.slice(0, begin + BEGIN.length)}\n\n${table(rows, options)}\n\n${text.slice(end)}`;
}

function table(rows: readonly SurveyRow[], { seed, runs, maxSteps }: SurveyOptions): string {
  const reached = rows.filter(({ outcome }) => outcome === 'found' || outcome === 'wrong-diagnosis');
  const lines = reached.map((row) => {
    const remark = [
      row.outcome === 'found' ? '' : `wrong diagnosis${row.beyond.length > 0 ? `: ${row.beyond.join(', ')}` : ''}`,
      row.reproduced ? '' : `not reproduced: ${row.message}`,
    ].filter((word) => word !== '');
    return `| \`${row.name}\` | ${row.breaks.join(', ')} | ${row.clause ?? ''} | ${row.walks} | ${row.stepsBefore} | ${row.steps} | ${remark.join('; ')} |`;
  });
  const others = (outcome: SurveyRow['outcome']) =>
    rows.flatMap((row) => (row.outcome === outcome ? [`\`${row.name}\``] : []));
  const missing = others('not-reached');
  const trouble = others('trouble');
  return [
    `Seed ${seed}, at most ${runs} walks of at most ${maxSteps} steps for each fault. ${sayTotals(rows).replace('\n', '; ')}.`,
    '',
    '| fault | breaks | found as | walks | steps | shrunk to | remark |',
    '| --- | --- | --- | ---: | ---: | ---: | --- |',
    ...lines,
    ...(missing.length > 0 ? ['', `Not reached: ${missing.join(', ')}.`] : []),
    ...(trouble.length > 0 ? ['', `In trouble: ${trouble.join(', ')}.`] : []),
  ].join('\n');
}
