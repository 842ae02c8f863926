/** pending_bytes over a save, and the size of each buffer that was taken. */
import type { Course, SaveCourse } from '../../runner/execution/course';
import { bytesAxis, type Series, timeAxis } from './axes';
import { draw, HEAD, WIDTH } from './chart';
import { COLOUR } from './palette';
import { counted, sayBytes } from './units';

/** Undefined where no save took a buffer. */
export function pendingBytes({ saves }: Course): string | undefined {
  const taken = saves.filter((save) => save.buffers > 0);
  if (taken.length === 0) return undefined;
  const start = Math.min(...taken.map((save) => save.startMs));
  const end = Math.max(...taken.map((save) => save.endMs));
  const room = (end - start || 1) * 0.02;
  const buffers = taken.reduce((sum, save) => sum + save.buffers, 0);
  const bytes = taken.reduce((sum, save) => sum + save.bytes, 0);
  const joined = taken.some((save) => save.joined);
  const said = `${counted(buffers, 'buffer')}, ${sayBytes(bytes)}${joined ? '; neighbouring buffers are drawn as one' : ''}`;
  return draw({
    width: WIDTH,
    height: 300,
    title: 'pending_bytes over the save',
    subtitle: said,
    description: `pending_bytes and buffers of ${taken.map(say).join(', ')}`,
    option: {
      grid: { left: 88, right: 48, top: HEAD + 26, bottom: 34 },
      legend: {
        top: 12,
        right: 16,
        data: ['pending_bytes', 'buffer'],
        textStyle: { color: COLOUR.ink },
        itemWidth: 18,
        itemHeight: 8,
        itemGap: 28,
      },
      xAxis: timeAxis(start - room, end + room),
      yAxis: bytesAxis(
        Math.max(...taken.flatMap(({ points }) => points.flatMap(([, pending, size]) => [pending, size]))),
      ),
      series: taken.flatMap(series),
    },
  });
}

function series(save: SaveCourse): Series[] {
  const colour = save.phase === 'pre-copy' ? COLOUR.preCopy : COLOUR.stopAndCopy;
  const few = save.points.length <= 12;
  return [
    {
      type: 'bar',
      name: 'buffer',
      silent: true,
      barWidth: save.points.length > 60 ? 2 : 6,
      barGap: '-100%',
      itemStyle: { color: COLOUR.muted },
      data: save.points.flatMap(([at, , size]) => (size > 0 ? [[at, size]] : [])),
      label: {
        show: few,
        position: 'top',
        fontSize: 10,
        color: COLOUR.muted,
        formatter: ({ value }) => labelOf(value),
      },
      labelLayout: { hideOverlap: true },
    },
    {
      type: 'line',
      name: 'pending_bytes',
      silent: true,
      step: 'end',
      symbol: few ? 'circle' : 'none',
      symbolSize: 5,
      lineStyle: { width: 2, color: colour },
      itemStyle: { color: colour },
      data: save.points.map(([at, pending]) => [at, pending]),
      markArea: {
        silent: true,
        itemStyle: { color: COLOUR.shade },
        label: { color: colour, fontSize: 12, position: 'top' },
        data: [[{ name: save.phase, xAxis: save.startMs }, { xAxis: save.endMs }]],
      },
    },
  ];
}

function labelOf(value: unknown): string {
  const size = Array.isArray(value) ? value[1] : undefined;
  return typeof size === 'number' ? sayBytes(size) : '';
}

function say({ phase, side, buffers, bytes }: SaveCourse): string {
  return `${phase} of the ${side} (${counted(buffers, 'buffer')}, ${sayBytes(bytes)})`;
}
