/** Draws a chart as SVG text, with ECharts' renderer for servers: no browser and no DOM. The same facts give the same text. */
import { createHash } from 'node:crypto';
import type { EChartsOption } from 'echarts';
import { COLOUR, FONT, PICTURE_CLASS, THEME_STYLE } from './palette';

export interface Drawing {
  /** Pixels; the picture scales. */
  readonly width: number;
  readonly height: number;
  readonly title: string;
  /** One line below the title. */
  readonly subtitle?: string;
  /** What the picture says, for who cannot see it. */
  readonly description: string;
  readonly option: EChartsOption;
}

export const WIDTH = 860;
/** Pixels that title and subtitle take. */
export const HEAD = 58;

export function draw(drawing: Drawing): string {
  const { width, height, title, subtitle, option } = drawing;
  // It takes 50 ms to load, and most commands draw nothing.
  const { init } = require('echarts') as typeof import('echarts');
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: COLOUR.paper,
      textStyle: { fontFamily: 'sans-serif', color: COLOUR.ink },
      title: {
        text: title,
        ...(subtitle === undefined ? {} : { subtext: shortened(subtitle) }),
        left: 16,
        top: 10,
        itemGap: 5,
        textStyle: { fontSize: 15, fontWeight: 600, color: COLOUR.ink },
        subtextStyle: { fontSize: 12, color: COLOUR.muted },
      },
      ...option,
    });
    return finished(chart.renderToSVGString(), drawing);
  } finally {
    chart.dispose();
  }
}

/** Characters of a subtitle that fit into the width. */
const SUBTITLE = 128;

function shortened(text: string): string {
  return text.length <= SUBTITLE ? text : `${text.slice(0, SUBTITLE - 1)}…`;
}

/** What ECharts adds for pages that move is taken out, what a reader's theme and a screen reader need is put in. */
function finished(svg: string, { width, height, title, description }: Drawing): string {
  const calm = svg
    .replace(/<style\s*>[\s\S]*?<\/style>/g, '')
    .replace(/ class="zr\d+-cls-\d+"/g, '')
    .replace(/ pointer-events="visible"/g, '')
    .replace(/font-family:sans-serif;/g, '')
    .replace(/ {2,}/g, ' ')
    .trimEnd();
  const body = calm.slice(calm.indexOf('>') + 1);
  // ECharts numbers what it refers to by the charts drawn so far; pages hold several pictures.
  const own = `p${createHash('sha256')
    .update(body.replace(/\bzr\d+-/g, ''))
    .digest('hex')
    .slice(0, 8)}-`;
  const said = `<title>${escapeXml(title)}</title><desc>${escapeXml(description)}</desc>`;
  const head = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" class="${PICTURE_CLASS}" role="img" style="font-family:${FONT}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`;
  return `${head}${said}${THEME_STYLE}${body.replace(/\bzr\d+-/g, own)}`;
}

export function escapeXml(text: string): string {
  return text
    .replace(/[&<>"]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[character] ?? '')
    .replace(/(?![\t\n])\p{Cc}/gu, '\ufffd');
}
