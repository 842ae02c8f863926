/** device_state over time, each side a line, with how long each transition took. */
import type { Course, StateMoment } from '../../runner/execution/course';
import { categoryAxis, type Series, timeAxis } from './axes';
import { draw, HEAD, WIDTH } from './chart';
import { COLOUR } from './palette';
import { endOf, sidesOf, stateAfter, stateLabel } from './states';
import { counted, sayTime } from './units';

/** From bottom to top, so that a migration climbs and falls. */
const ORDER = [0, 2, 3, 1, 4, 6, 5, 7];
/** Durations that are written; of more, those of the slowest. */
const LABELS = 14;
const ROW = 34;

/** Undefined where no transition was asked for. */
export function stateTimeline(course: Course): string | undefined {
  const { states } = course;
  const writes = states.filter((moment) => moment.asked !== undefined);
  if (writes.length === 0) return undefined;
  const rows = ORDER.filter((state) => states.some((moment) => stateAfter(moment) === state || moment.from === state));
  const start = Math.min(...states.map(({ atMs }) => atMs));
  const end = endOf(states);
  const room = (end - start || 1) * 0.02;
  const sides = sidesOf(states);
  const slowest = writes.reduce((most, moment) => (moment.tookMs > most.tookMs ? moment : most));
  const failed = writes.filter((moment) => moment.errno !== undefined);
  const said = [
    counted(writes.length, 'write'),
    ...(failed.length > 0 ? [`${failed.length} refused`] : []),
    `the slowest took ${sayTime(slowest.tookMs)}`,
    ...(course.statesOmitted ? [`${course.statesOmitted} more are not shown`] : []),
  ].join(', ');
  return draw({
    width: WIDTH,
    height: HEAD + 34 + Math.max(3, rows.length) * ROW + 34,
    title: 'device_state over time',
    subtitle: said,
    description: `device_state of ${sides.join(' and ')} over ${sayTime(end - start)}: ${said}`,
    option: {
      grid: { left: 148, right: 64, top: HEAD + 30, bottom: 34 },
      legend: {
        top: 12,
        right: 16,
        data: sides,
        textStyle: { color: COLOUR.ink },
        itemWidth: 18,
        itemHeight: 8,
        itemGap: 24,
      },
      xAxis: timeAxis(start, end + room),
      yAxis: categoryAxis(rows.map(stateLabel), { splitLine: { show: true, lineStyle: { color: COLOUR.line } } }),
      series: sides.flatMap((side) => sideSeries(side, states, rows, end + room)),
    },
  });
}

function sideSeries(side: string, states: readonly StateMoment[], rows: readonly number[], end: number): Series[] {
  const own = states.filter((moment) => moment.side === side);
  const colour = side === 'source' ? COLOUR.source : COLOUR.destination;
  const row = (state: number) => rows.indexOf(state);
  const line: [number, number][] = [];
  for (const moment of own) {
    const before = moment.from ?? line.at(-1)?.[1];
    const after = stateAfter(moment);
    if (moment.from !== undefined) line.push([moment.atMs, row(moment.from)]);
    else if (typeof before === 'number' && line.length > 0) line.push([moment.atMs, before]);
    if (after !== undefined) line.push([moment.atMs + moment.tookMs, row(after)]);
  }
  const last = line.at(-1);
  if (last) line.push([end, last[1]]);
  const writes = own.filter((moment) => moment.asked !== undefined || moment.reset);
  const labelled = new Set([...writes].sort((a, b) => b.tookMs - a.tookMs).slice(0, LABELS));
  return [
    {
      type: 'line',
      name: side,
      data: line,
      symbol: 'none',
      silent: true,
      lineStyle: { width: 2.5, color: colour },
      itemStyle: { color: colour },
    },
    {
      type: 'scatter',
      silent: true,
      symbolSize: 8,
      itemStyle: { color: colour },
      labelLayout: { hideOverlap: true },
      data: writes.flatMap((moment) => {
        const after = stateAfter(moment);
        if (after === undefined) return [];
        const failed = moment.errno !== undefined;
        const text = `${moment.reset ? 'reset ' : ''}${failed ? `${moment.errno} ` : ''}${sayTime(moment.tookMs)}`;
        return [
          {
            value: [moment.atMs + moment.tookMs, row(after)],
            ...(failed ? { itemStyle: { color: COLOUR.bad }, symbol: 'diamond', symbolSize: 12 } : {}),
            label: {
              show: failed || labelled.has(moment),
              position: 'top' as const,
              distance: 4,
              offset: [22, 0],
              formatter: text,
              color: failed ? COLOUR.bad : COLOUR.ink,
              fontSize: 11,
            },
          },
        ];
      }),
    },
  ];
}
