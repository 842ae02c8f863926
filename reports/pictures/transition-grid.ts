/** The 8 x 8 transition grid: what became of every write of device_state in a run. */
import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams } from 'echarts';
import { categoryAxis } from './axes';
import { draw, HEAD, WIDTH } from './chart';
import type { CellOutcome, GridCell, GridFacts } from './grid-facts';
import { COLOUR } from './palette';
import { bits, stateLabel } from './states';
import { sayTime } from './units';

const CELL_HEIGHT = 52;
const STATES = [0, 1, 2, 3, 4, 5, 6, 7];

const FILL: Readonly<Record<CellOutcome, string>> = {
  broken: COLOUR.badFill,
  taken: COLOUR.goodFill,
  refused: COLOUR.calmFill,
  mixed: COLOUR.mixedFill,
  error: COLOUR.mixedFill,
  untried: COLOUR.paper,
};
const LEGEND: readonly (readonly [fill: string, text: string])[] = [
  [COLOUR.goodFill, 'taken'],
  [COLOUR.calmFill, 'refused'],
  [COLOUR.mixedFill, 'now and then, or into _ERROR'],
  [COLOUR.badFill, 'a clause broke'],
  [COLOUR.paper, 'not tried'],
];

export function transitionGrid(facts: GridFacts): string {
  const broken = facts.filter((cell) => cell.outcome === 'broken');
  const tried = facts.filter((cell) => cell.outcome !== 'untried').length;
  const subtitle =
    broken.length > 0
      ? `${tried} of 64 tried; broken: ${broken.slice(0, 4).map(say).join(', ')}${broken.length > 4 ? ' and more' : ''}`
      : `${tried} of 64 tried, no clause broke; a thick frame is an arc that the text asks for`;
  return draw({
    width: WIDTH,
    height: HEAD + 34 + 8 * CELL_HEIGHT + 44,
    title: 'Transitions: from the state on the left to the one above',
    subtitle,
    description: `${subtitle}. ${facts
      .filter((cell) => cell.outcome !== 'untried')
      .map(describe)
      .join('; ')}`,
    option: {
      grid: { left: 134, right: 16, top: HEAD + 34, bottom: 44 },
      xAxis: {
        type: 'category',
        position: 'top',
        data: STATES.map((state) => stateLabel(state).replace(' ', '\n')),
        axisLine: { show: false },
        axisTick: { show: false },
        axisLabel: { color: COLOUR.ink, fontSize: 11, lineHeight: 14, interval: 0 },
      },
      yAxis: categoryAxis(STATES.map(stateLabel), { inverse: true, axisLine: { show: false } }),
      graphic: LEGEND.flatMap(([fill, text], n) => [
        {
          type: 'rect' as const,
          left: 134 + offset(n),
          bottom: 16,
          shape: { width: 14, height: 14, r: 3 },
          style: { fill, stroke: COLOUR.line },
        },
        {
          type: 'text' as const,
          left: 154 + offset(n),
          bottom: 17,
          style: { text, fill: COLOUR.muted, fontSize: 12 },
        },
      ]),
      series: [
        {
          type: 'custom',
          silent: true,
          data: facts.map((cell) => [cell.to, cell.from]),
          renderItem: (parameters: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) =>
            square(facts[parameters.dataIndex], api),
        },
      ],
    },
  });
}

/** Pixels at which the legend's entry begins. */
function offset(entry: number): number {
  return LEGEND.slice(0, entry).reduce((sum, [, text]) => sum + 44 + text.length * 6.2, 0);
}

function square(cell: GridCell | undefined, api: CustomSeriesRenderItemAPI) {
  if (!cell) return null;
  const [x = 0, y = 0] = api.coord([cell.to, cell.from]);
  const size = api.size ? api.size([1, 1]) : [80, CELL_HEIGHT];
  const [width = 80, height = CELL_HEIGHT] = Array.isArray(size) ? size : [size, size];
  const bad = cell.outcome === 'broken';
  const asked = cell.clause !== undefined && cell.from !== cell.to;
  const inset = asked || bad ? 3 : 2;
  const frame = bad ? COLOUR.bad : asked ? COLOUR.good : COLOUR.line;
  const text = (
    content: string,
    dy: number,
    fontSize: number,
    fill: string,
    fontWeight: 'normal' | 'bold' = 'normal',
  ) => ({
    type: 'text' as const,
    style: {
      text: content,
      x,
      y: y + dy,
      fontSize,
      fontWeight,
      fill,
      align: 'center' as const,
      verticalAlign: 'middle' as const,
    },
  });
  const [first, second] = words(cell);
  return {
    type: 'group' as const,
    children: [
      {
        type: 'rect' as const,
        shape: {
          x: x - width / 2 + inset,
          y: y - height / 2 + inset,
          width: width - 2 * inset,
          height: height - 2 * inset,
          r: 5,
        },
        style: { fill: FILL[cell.outcome], stroke: frame, lineWidth: asked || bad ? 2 : 1 },
      },
      text(
        first,
        second === '' ? 0 : -8,
        12,
        bad ? COLOUR.bad : cell.outcome === 'untried' ? COLOUR.muted : COLOUR.ink,
        bad ? 'bold' : 'normal',
      ),
      text(second, 9, 10, COLOUR.muted),
    ],
  };
}

/** Two lines: what became of it, and how often or how long. */
function words(cell: GridCell): readonly [string, string] {
  const { outcome, taken, refused, error, medianMs } = cell;
  const median = medianMs === undefined ? '' : `, ${sayTime(medianMs)}`;
  switch (outcome) {
    case 'untried':
      return ['·', ''];
    case 'taken':
      return ['taken', `${taken}×${median}`];
    case 'refused':
      return ['refused', `${refused}×`];
    case 'error':
      return ['_ERROR', `${error}×`];
    case 'mixed':
      return [
        `${taken} of ${taken + refused + error}`,
        error > 0 ? `${refused} refused, ${error} err` : `${refused} refused`,
      ];
    case 'broken':
      return ['✗ broken', `${taken} taken, ${refused + error} not`];
  }
}

function say(cell: GridCell): string {
  return `${bits(cell.from)}b to ${bits(cell.to)}b (${cell.clauses.join(', ')})`;
}

function describe(cell: GridCell): string {
  return `${stateLabel(cell.from)} to ${stateLabel(cell.to)}: ${words(cell).join(' ')}`;
}
