/** Axes that every picture draws alike. */
import type { EChartsOption } from 'echarts';
import { COLOUR } from './palette';
import { sayBytes, timeUnit } from './units';

type One<T> = T extends readonly (infer Item)[] ? Item : T;
export type XAxis = One<NonNullable<EChartsOption['xAxis']>>;
export type YAxis = One<NonNullable<EChartsOption['yAxis']>>;
export type Series = One<NonNullable<EChartsOption['series']>>;

const LABEL = { color: COLOUR.muted, fontSize: 11 };
const RULE = { lineStyle: { color: COLOUR.line } };

/** Milliseconds on a linear axis, in the unit that suits the span. */
export function timeAxis(startMs: number, endMs: number): XAxis {
  const { unit, perMs } = timeUnit(endMs - startMs);
  return {
    type: 'value',
    min: startMs,
    max: endMs > startMs ? endMs : startMs + 1,
    name: unit,
    nameTextStyle: LABEL,
    nameGap: 8,
    axisLine: { show: true, ...RULE },
    axisTick: { show: true, ...RULE },
    splitLine: { show: true, showMinLine: false, showMaxLine: false, ...RULE },
    axisLabel: {
      ...LABEL,
      hideOverlap: true,
      // The ends are where the case begins and ends, and seldom round.
      showMinLabel: startMs === 0,
      showMaxLabel: false,
      formatter: (value: number) => String(Number((value * perMs).toPrecision(6))),
    },
  };
}

/** From 0 to at least `most`, in steps that are round in binary units. */
export function bytesAxis(most: number): YAxis {
  const step = 2 ** Math.ceil(Math.log2(Math.max(4, most) / 4));
  return {
    type: 'value',
    min: 0,
    max: Math.max(1, Math.ceil(most / step)) * step,
    interval: step,
    axisLabel: { ...LABEL, formatter: (value: number) => sayBytes(value) },
    splitLine: { show: true, ...RULE },
    axisLine: { show: false },
  };
}

export function categoryAxis(names: readonly string[], more: object = {}): YAxis {
  return {
    type: 'category',
    data: [...names],
    axisLine: { show: true, ...RULE },
    axisTick: { show: false },
    axisLabel: { ...LABEL, color: COLOUR.ink, fontSize: 12 },
    ...more,
  };
}
