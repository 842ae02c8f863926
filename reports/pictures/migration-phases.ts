/** A migration as bars over time: bytes and duration of pre-copy and of stop-and-copy, resuming, and the downtime they add up to. */
import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams } from 'echarts';
import { DEVICE_STATE_BITS } from '../../runner/abi';
import type { CaseResult } from '../../runner/execution/case-result';
import type { Course } from '../../runner/execution/course';
import { DOWNTIME_FIGURE, downtimeOf } from '../../runner/execution/course-figures';
import { categoryAxis, timeAxis } from './axes';
import { draw, HEAD, WIDTH } from './chart';
import { COLOUR } from './palette';
import { intervalsOf } from './states';
import { counted, sayBytes, sayTime } from './units';

const ROW = 40;

interface Bar {
  readonly row: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly colour: string;
  readonly text: string;
}

/** Undefined where the case did not migrate a device as far as running again. */
export function migrationPhases(course: Course): string | undefined {
  const downtime = downtimeOf(course);
  if (!downtime) return undefined;
  const bars = [...phases(course, downtime.endMs), downtimeBar(course, downtime)];
  const rows = [...new Set(bars.map((bar) => bar.row))];
  const start = Math.min(...bars.map((bar) => bar.startMs));
  const span = downtime.endMs - start || 1;
  const said = bars.map(({ row, text }) => `${row} ${text}`).join('; ');
  const axis = timeAxis(start, downtime.endMs + span * 0.28);
  return draw({
    width: WIDTH,
    height: HEAD + 16 + rows.length * ROW + 46,
    title: 'The migration',
    subtitle: `downtime ${sayTime(downtime.endMs - downtime.startMs)}, ${sayBytes(sum(course))} of state`,
    description: said,
    option: {
      grid: { left: 116, right: 48, top: HEAD + 12, bottom: 46 },
      xAxis: { ...axis, offset: 12 },
      yAxis: categoryAxis(rows, { inverse: true }),
      series: [
        {
          type: 'custom',
          silent: true,
          data: bars.map((bar) => [bar.startMs, rows.indexOf(bar.row), bar.endMs]),
          renderItem: (parameters: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) =>
            rectangle(bars[parameters.dataIndex], api),
        },
      ],
    },
  });
}

/** The migration that is the most usual of a run: the one whose downtime is in the middle. Undefined where there was none. */
export function typicalMigration(results: readonly CaseResult[]): CaseResult | undefined {
  const migrations = results
    .filter((result) => result.status === 'passed' && result.course && result.figures[DOWNTIME_FIGURE] !== undefined)
    .sort((a, b) => (a.figures[DOWNTIME_FIGURE] ?? 0) - (b.figures[DOWNTIME_FIGURE] ?? 0));
  const whole = migrations.filter((result) =>
    result.course?.saves.some(({ phase, bytes }) => phase === 'pre-copy' && bytes > 0),
  );
  const chosen = whole.length > 0 ? whole : migrations;
  return chosen[Math.floor((chosen.length - 1) / 2)];
}

function phases(course: Course, endMs: number): Bar[] {
  const intervals = intervalsOf(course.states);
  const of = (
    row: string,
    state: number,
    colour: string,
    source: boolean,
    text: (startMs: number, endMs: number) => string,
  ): Bar[] =>
    intervals
      .filter((one) => one.state === state && (one.side === 'source') === source && one.startMs < endMs)
      .map((one) => {
        const end = Math.min(one.endMs, endMs);
        return { row, startMs: one.startMs, endMs: end, colour, text: text(one.startMs, end) };
      });
  const saved = (phase: string) => (startMs: number, end: number) => {
    const own = course.saves.filter((save) => save.phase === phase && save.startMs >= startMs && save.startMs <= end);
    const bytes = own.reduce((total, save) => total + save.bytes, 0);
    const buffers = own.reduce((total, save) => total + save.buffers, 0);
    return `${sayBytes(bytes)} in ${sayTime(end - startMs)} (${counted(buffers, 'buffer')})`;
  };
  return [
    ...of('pre-copy', DEVICE_STATE_BITS['pre-copy'], COLOUR.preCopy, true, saved('pre-copy')),
    ...of('stop-and-copy', DEVICE_STATE_BITS['stop-and-copy'], COLOUR.stopAndCopy, true, saved('stop-and-copy')),
    ...of('resuming', DEVICE_STATE_BITS.resuming, COLOUR.destination, false, (startMs, end) => sayTime(end - startMs)),
  ];
}

function downtimeBar(course: Course, { startMs, endMs }: { startMs: number; endMs: number }): Bar {
  const stopped = intervalsOf(course.states).find(
    (one) => one.side === 'source' && one.state === DEVICE_STATE_BITS['stop-and-copy'] && one.startMs === startMs,
  );
  const resuming = intervalsOf(course.states).findLast(
    (one) => one.side !== 'source' && one.state === DEVICE_STATE_BITS.resuming && one.startMs < endMs,
  );
  const text = [sayTime(endMs - startMs)];
  if (stopped && resuming && resuming.startMs >= stopped.endMs)
    text.push(
      `${sayTime(stopped.endMs - startMs)} saving + ${sayTime(resuming.startMs - stopped.endMs)} handing over + ${sayTime(endMs - resuming.startMs)} resuming`,
    );
  return { row: 'downtime', startMs, endMs, colour: COLOUR.bad, text: text.join(' = ') };
}

function rectangle(bar: Bar | undefined, api: CustomSeriesRenderItemAPI) {
  if (!bar) return null;
  const [x = 0, y = 0] = api.coord([api.value(0), api.value(1)]);
  const [end = 0] = api.coord([api.value(2), api.value(1)]);
  const inside = bar.row === 'downtime' && bar.text.includes('=');
  return {
    type: 'group' as const,
    children: [
      {
        type: 'rect' as const,
        shape: { x, y: y - 8, width: Math.max(2, end - x), height: 16, r: 3 },
        style: { fill: bar.colour },
      },
      inside
        ? {
            type: 'text' as const,
            style: {
              text: bar.text,
              x: end,
              y: y + 20,
              fontSize: 11,
              fill: COLOUR.bad,
              align: 'right' as const,
              verticalAlign: 'middle' as const,
            },
          }
        : {
            type: 'text' as const,
            style: {
              text: bar.text,
              x: Math.max(x + 2, end) + 8,
              y,
              fontSize: 12,
              fill: COLOUR.ink,
              verticalAlign: 'middle' as const,
            },
          },
    ],
  };
}

function sum({ saves }: Course): number {
  return saves.reduce((total, save) => total + save.bytes, 0);
}
