/** Dirty bitmaps as strips of pages: what the device wrote, what is missing, what is reported for nothing. */
import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams } from 'echarts';
import type { BitmapMoment, Course } from '../../runner/execution/course';
import { categoryAxis } from './axes';
import { draw, HEAD, WIDTH } from './chart';
import { COLOUR } from './palette';
import { counted, sayBytes } from './units';

/** Bitmaps that are drawn of one case; those with something missing first, then those with something extra. */
const STRIPS = 3;
const COLUMNS = 128;
const MOST_ROWS = 16;
const ROW = 18;

type Kind = 'written' | 'missing' | 'extra';
const KINDS: readonly (readonly [Kind, string, string])[] = [
  ['written', COLOUR.good, 'written and reported'],
  ['extra', COLOUR.extra, 'reported, not written'],
  ['missing', COLOUR.bad, 'written, not reported'],
];

/** The bitmaps of a case that say most; none where none was judged. */
export function dirtyStrips({ bitmaps }: Course): string[] {
  const weight = ({ missing, extra, written }: BitmapMoment) =>
    missing.length > 0 ? 3 : extra.length > 0 ? 2 : written.length > 0 ? 1 : 0;
  return bitmaps
    .map((bitmap, n) => ({ bitmap, n }))
    .sort((a, b) => weight(b.bitmap) - weight(a.bitmap) || a.n - b.n)
    .slice(0, STRIPS)
    .sort((a, b) => a.n - b.n)
    .map(({ bitmap }) => dirtyStrip(bitmap));
}

/** A row is up to 128 pages; a bitmap that is too large for that shows several pages as one cell. */
export function dirtyStrip(bitmap: BitmapMoment): string {
  const { pages, iova, pageSize } = bitmap;
  const perCell = Math.max(1, Math.ceil(pages / (COLUMNS * MOST_ROWS)));
  const cells = Math.max(1, Math.ceil(pages / perCell));
  const columns = Math.min(COLUMNS, cells);
  const rows = Math.ceil(cells / columns);
  const pieces = KINDS.flatMap(([kind, colour]) =>
    bitmap[kind].flatMap((run) => piecesOf(run, perCell, columns).map((piece) => ({ ...piece, kind, colour }))),
  );
  const total = (kind: Kind) => bitmap[kind].reduce((sum, run) => sum + run.pages, 0);
  const from = (kind: Kind) => {
    const [run] = bitmap[kind];
    return run ? ` (from ${address(bitmap, run.first)})` : '';
  };
  const subtitle = `${bitmap.what}: ${counted(total('written'), 'page')} written, ${total('missing')} missing${from('missing')}, ${total('extra')} extra${from('extra')}`;
  return draw({
    width: WIDTH,
    height: HEAD + 20 + rows * ROW + 46,
    title: 'Dirty bitmap',
    subtitle,
    description: `${subtitle}. ${pages} pages of ${pageSize} bytes from ${iova}.`,
    option: {
      grid: { left: 116, right: 16, top: HEAD + 14, bottom: 46 },
      xAxis: { type: 'value', min: 0, max: columns, show: false },
      yAxis: categoryAxis(
        Array.from({ length: rows }, (_, row) => address(bitmap, row * columns * perCell)),
        { inverse: true, axisLine: { show: false } },
      ),
      graphic: legend(perCell, pageSize, bitmap),
      series: [
        {
          type: 'custom',
          silent: true,
          data: [
            ...Array.from({ length: rows }, (_, row) => [0, row, Math.min(columns, cells - row * columns), -1]),
            ...pieces.map((piece, n) => [piece.column, piece.row, piece.cells, n]),
          ],
          renderItem: (_: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => {
            const piece = pieces[Number(api.value(3))];
            return strip(api, piece?.colour ?? COLOUR.calmFill, MARK[piece?.kind ?? 'written']);
          },
        },
      ],
    },
  });
}

interface Piece {
  readonly row: number;
  readonly column: number;
  readonly cells: number;
}

/** A run of pages, cut where a row ends. */
function piecesOf(run: { first: number; pages: number }, perCell: number, columns: number): Piece[] {
  const pieces: Piece[] = [];
  const end = Math.ceil((run.first + run.pages) / perCell);
  for (let cell = Math.floor(run.first / perCell); cell < end; ) {
    const row = Math.floor(cell / columns);
    const next = Math.min(end, (row + 1) * columns);
    pieces.push({ row, column: cell % columns, cells: next - cell });
    cell = next;
  }
  return pieces;
}

/** So that colour is not all that tells them apart. */
const MARK: Readonly<Record<Kind, string>> = { written: '', missing: '×', extra: '+' };

function strip(api: CustomSeriesRenderItemAPI, fill: string, mark: string) {
  const [x = 0, y = 0] = api.coord([api.value(0), api.value(1)]);
  const [end = 0] = api.coord([Number(api.value(0)) + Number(api.value(2)), api.value(1)]);
  const width = Math.max(1.5, end - x - 0.6);
  return {
    type: 'group' as const,
    children: [
      { type: 'rect' as const, shape: { x, y: y - 6, width, height: 12, r: 1.5 }, style: { fill } },
      {
        type: 'text' as const,
        style: {
          text: mark,
          x: x + width / 2,
          y: y - 11,
          fontSize: 11,
          fontWeight: 'bold' as const,
          fill,
          align: 'center' as const,
          verticalAlign: 'middle' as const,
        },
      },
    ],
  };
}

function legend(perCell: number, pageSize: number, { omitted }: BitmapMoment) {
  const cell =
    perCell === 1 ? `a cell is a page of ${sayBytes(pageSize)}` : `a cell is ${perCell} pages of ${sayBytes(pageSize)}`;
  const entries = [...KINDS.map(([kind, colour, text]) => [colour, `${MARK[kind]} ${text}`.trim()] as const)];
  const widths = entries.map(([, text]) => 40 + text.length * 6.2);
  return [
    ...entries.flatMap(([fill, text], n) => {
      const left = 116 + widths.slice(0, n).reduce((sum, width) => sum + width, 0);
      return [
        { type: 'rect' as const, left, bottom: 16, shape: { width: 14, height: 12, r: 2 }, style: { fill } },
        { type: 'text' as const, left: left + 20, bottom: 15, style: { text, fill: COLOUR.muted, fontSize: 12 } },
      ];
    }),
    {
      type: 'text' as const,
      right: 28,
      bottom: 15,
      style: { text: omitted ? `${cell}; ${omitted} runs are not drawn` : cell, fill: COLOUR.muted, fontSize: 12 },
    },
  ];
}

function address({ iova, pageSize }: BitmapMoment, page: number): string {
  return `0x${(BigInt(iova) + BigInt(page) * BigInt(pageSize)).toString(16)}`;
}
