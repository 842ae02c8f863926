/** Reads SVG text far enough to say that it is well formed, and what is written in it. */

/** Throws when tags do not match, or an attribute holds what would end it. */
export function checkXml(text: string): void {
  const open: string[] = [];
  const tag = /<(\/?)([a-zA-Z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g;
  let rest = '';
  let at = 0;
  for (const match of text.matchAll(tag)) {
    rest += text.slice(at, match.index);
    at = match.index + match[0].length;
    const [, closing, name = '', , empty] = match;
    if (closing === '/') {
      const last = open.pop();
      if (last !== name) throw new Error(`</${name}> closes <${last}>`);
    } else if (empty !== '/') open.push(name);
  }
  rest += text.slice(at);
  if (open.length > 0) throw new Error(`not closed: ${open.join(', ')}`);
  const left = /[<>].{0,40}/.exec(rest);
  if (left) throw new Error(`not a tag: ${left[0]}`);
}

/** Texts that the picture shows, in the order in which they are drawn. */
export function textsIn(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((match) => match[1] ?? '');
}

/** How many shapes have this colour. */
export function shapesOf(svg: string, colour: string): number {
  return svg.slice(svg.indexOf('</style>')).split(`fill="${colour}"`).length - 1;
}
