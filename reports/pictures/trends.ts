/** Trends over nights of downtime, state size, transition latency and precision of dirty tracking; what changed is pointed at. */
import { type Change, changesIn } from '../changes';
import type { Night, NightFigures } from '../nights';
import type { Series, XAxis, YAxis } from './axes';
import { draw, HEAD, WIDTH } from './chart';
import { COLOUR } from './palette';
import { counted, sayBytes, sayShare, sayTime } from './units';

interface Panel {
  readonly figure: keyof NightFigures;
  readonly title: string;
  readonly say: (value: number) => string;
  /** Which way is worse. */
  readonly worse: 'more' | 'less';
}

const PANELS: readonly Panel[] = [
  { figure: 'downtimeMs', title: 'downtime', say: sayTime, worse: 'more' },
  { figure: 'stateBytes', title: 'state size', say: sayBytes, worse: 'more' },
  { figure: 'transitionMs', title: 'transition latency', say: sayTime, worse: 'more' },
  { figure: 'precision', title: 'precision of dirty tracking', say: sayShare, worse: 'less' },
];

const PANEL_HEIGHT = 104;
const GAP = 42;
const LEFT = 84;
const RIGHT = 28;

export interface Trend {
  readonly figure: keyof NightFigures;
  readonly title: string;
  readonly changes: readonly (Change & { readonly night: Night; readonly text: string; readonly worse: boolean })[];
}

/** Every figure that was measured, with the nights at which it changed: for pages that tell it in words. */
export function trendsOf(nights: readonly Night[]): Trend[] {
  return PANELS.flatMap(({ figure, title, say, worse }) => {
    const values = nights.map((night) => night.figures[figure]);
    if (values.every((value) => value === undefined)) return [];
    const changes = changesIn(values).flatMap((change) => {
      const night = nights[change.index];
      if (!night) return [];
      const grew = change.after > change.before;
      const text = `${say(change.before)} → ${say(change.after)}`;
      return [{ ...change, night, text, worse: grew === (worse === 'more') }];
    });
    return [{ figure, title, changes }];
  });
}

/** Undefined where there is one night, or nothing was measured. */
export function trendsOverNights(nights: readonly Night[], device: string): string | undefined {
  const trends = trendsOf(nights);
  if (nights.length < 2 || trends.length === 0) return undefined;
  const labels = nightLabels(nights);
  const label = (night: Night) => labels[nights.indexOf(night)] ?? night.run;
  const said = trends.flatMap(({ title, changes }) =>
    changes.map(({ night, text }) => `${title} ${text} since ${label(night)}`),
  );
  const height = HEAD + trends.length * (PANEL_HEIGHT + GAP) + 40;
  const top = (n: number) => HEAD + 30 + n * (PANEL_HEIGHT + GAP);
  return draw({
    width: WIDTH,
    height,
    title: `${counted(nights.length, 'night')} of ${device}`,
    subtitle: said.length > 0 ? said.join('; ') : 'no figure changed its level',
    description: `Trends over ${nights.length} nights from ${labels[0]} to ${labels.at(-1)}: ${said.join('; ') || 'no change'}`,
    option: {
      grid: trends.map((_, n) => ({ left: LEFT, right: RIGHT, top: top(n), height: PANEL_HEIGHT - 18 })),
      xAxis: trends.map((_, n): XAxis => xAxis(n, labels, n === trends.length - 1)),
      yAxis: trends.map((trend, n): YAxis => yAxis(n, trend, nights)),
      series: trends.map((trend, n) => series(n, trend, nights)),
      graphic: [
        ...legend(height),
        ...trends.map(({ title }, n) => ({
          type: 'text' as const,
          left: LEFT,
          top: top(n) - 22,
          style: { text: title, fill: COLOUR.ink, fontSize: 12, fontWeight: 'bold' as const },
        })),
      ],
    },
  });
}

function xAxis(n: number, labels: readonly string[], last: boolean): XAxis {
  return {
    gridIndex: n,
    type: 'category',
    data: [...labels],
    boundaryGap: true,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: COLOUR.line } },
    axisLabel: { show: last, color: COLOUR.muted, fontSize: 11, hideOverlap: true },
  };
}

function yAxis(n: number, { figure }: Trend, nights: readonly Night[]): YAxis {
  const values = nights.flatMap((night) => night.figures[figure] ?? []);
  const say = PANELS.find((panel) => panel.figure === figure)?.say ?? String;
  const most = Math.max(...values);
  // A share that never moves would otherwise fill the panel with its last digit.
  const [min, max] = figure === 'precision' ? [0, 1] : [0, most > 0 ? most * 1.35 : 1];
  return {
    gridIndex: n,
    type: 'value',
    min,
    max,
    interval: max / 2,
    axisLabel: {
      color: COLOUR.muted,
      fontSize: 11,
      formatter: (value: number) => (value > max * 0.9 && figure !== 'precision' ? '' : say(value)),
    },
    splitLine: { lineStyle: { color: COLOUR.line } },
  };
}

function series(n: number, { figure, changes }: Trend, nights: readonly Night[]): Series {
  const values = nights.map((night) => night.figures[figure]);
  return {
    type: 'line',
    silent: true,
    xAxisIndex: n,
    yAxisIndex: n,
    symbol: 'circle',
    symbolSize: 7,
    lineStyle: { width: 2, color: COLOUR.source },
    data: nights.map((night, index) => ({
      value: values[index] ?? '-',
      itemStyle: { color: verdictColour(night.verdict) },
      ...(night.verdict === 'conformant' ? {} : { symbol: 'diamond', symbolSize: 10 }),
    })),
    markLine: {
      silent: true,
      symbol: ['none', 'arrow'],
      symbolSize: 8,
      data: changes.map(({ index, text, worse }) => {
        const colour = worse ? COLOUR.bad : COLOUR.good;
        return {
          xAxis: index,
          lineStyle: { color: colour, type: 'dashed' as const, width: 1.5 },
          label: {
            show: true,
            position: 'end' as const,
            formatter: `${worse ? '▲' : '▼'} ${text}`,
            color: colour,
            fontSize: 12,
            fontWeight: 'bold' as const,
          },
        };
      }),
    },
  };
}

function verdictColour(verdict: string): string {
  if (verdict === 'conformant') return COLOUR.good;
  return verdict === 'non-conformant' ? COLOUR.bad : COLOUR.extra;
}

function legend(height: number) {
  const entries = [
    [COLOUR.good, 'conformant'],
    [COLOUR.bad, 'non-conformant'],
    [COLOUR.extra, 'incomplete'],
  ] as const;
  return entries.flatMap(([fill, text], n) => [
    { type: 'circle' as const, left: LEFT + n * 120, top: height - 25, shape: { r: 4.5 }, style: { fill } },
    {
      type: 'text' as const,
      left: LEFT + 14 + n * 120,
      top: height - 27,
      style: { text, fill: COLOUR.muted, fontSize: 12 },
    },
  ]);
}

/** The day; with the time where a day has several runs. */
function nightLabels(nights: readonly Night[]): string[] {
  const day = ({ startedAt }: Night) => startedAt.slice(5, 10);
  const days = new Set(nights.map(day));
  return nights.map((night) =>
    days.size === nights.length ? day(night) : `${day(night)} ${night.startedAt.slice(11, 16)}`,
  );
}
