/** Colours of the pictures, each by what it means; a picture follows the reader's light or dark theme by itself. */

/** [light, dark]. Light ones are what is drawn with, so each stands here once only. */
const COLOURS = {
  paper: ['#ffffff', '#161b22'],
  ink: ['#1f2328', '#e6edf3'],
  muted: ['#59636e', '#9198a1'],
  line: ['#d1d9e0', '#3d444d'],
  shade: ['#f3f5f8', '#1c232c'],
  source: ['#0969da', '#4493f8'],
  destination: ['#8250df', '#ab7df8'],
  preCopy: ['#218bff', '#388bfd'],
  stopAndCopy: ['#bf5700', '#e08b3c'],
  good: ['#1a7f37', '#3fb950'],
  goodFill: ['#d2f4d9', '#12361f'],
  openFill: ['#ddeeff', '#10304f'],
  calmFill: ['#e7ebef', '#2a313a'],
  mixedFill: ['#fff1c4', '#463509'],
  bad: ['#cf222e', '#f85149'],
  badFill: ['#ffdcd9', '#5c1a1b'],
  extra: ['#bf8700', '#d29922'],
} as const satisfies Readonly<Record<string, readonly [light: string, dark: string]>>;

export type ColourName = keyof typeof COLOURS;

export const COLOUR = Object.fromEntries(Object.entries(COLOURS).map(([name, [light]]) => [name, light])) as Readonly<
  Record<ColourName, string>
>;

/** The class of a picture's root: the rules below reach nothing else on a page that holds it. */
export const PICTURE_CLASS = 'vfio-picture';

/** On paper it stays light. Attributes give way to rules, so nothing has to be drawn twice. */
export const THEME_STYLE = `<style>@media screen and (prefers-color-scheme:dark){${Object.values(COLOURS)
  .map(([light, dark]) =>
    ['fill', 'stroke'].map((property) => `.${PICTURE_CLASS} [${property}="${light}"]{${property}:${dark}}`).join(''),
  )
  .join('')}}</style>`;

/** Said once, at the root. */
export const FONT = "ui-sans-serif,system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif";
