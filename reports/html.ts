/** HTML from templates in which everything that is put in is text, unless it is HTML already. */
import { harmless } from '../runner/jest/harmless';

/** Text that is HTML; only `html` makes it, and `trusted` for what this package itself has written. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = string | number | Html | undefined | readonly Part[];

/** html`<b>${anything}</b>`: a string is escaped and freed of characters that turn text round, a list is joined, undefined is nothing. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.reduce((text, string, index) => text + rendered(parts[index - 1]) + string));
}

/** For style sheets and pictures of our own; never for what a device or a file says. */
export function trusted(text: string): Html {
  return new Html(text);
}

function rendered(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Html) return part.text;
  if (Array.isArray(part)) return (part as readonly Part[]).map(rendered).join('');
  return escaped(harmless(String(part)));
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
