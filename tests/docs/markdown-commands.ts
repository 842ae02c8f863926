/** The commands of a Markdown page: what stands in fenced blocks marked `sh`, in order, and the files and outputs between them. */

export type Block =
  /** `sh` or `sh exit=N`: run by the tests. */
  | { readonly kind: 'command'; readonly line: number; readonly text: string; readonly exit: number }
  /** `sh your-machine`: needs hardware, the network, or a clone that is changed. */
  | { readonly kind: 'your-machine'; readonly line: number; readonly text: string }
  /** `yaml file=NAME`: a file that the page tells the reader to write. */
  | { readonly kind: 'file'; readonly line: number; readonly text: string; readonly name: string }
  /** `text` behind a command: each line stands in what it prints. */
  | { readonly kind: 'output'; readonly line: number; readonly text: string };

/** @throws Error for a block of commands that is marked otherwise, which nobody would run */
export function blocksOf(markdown: string): readonly Block[] {
  const lines = markdown.split('\n');
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const info = /^```(\S.*)$/.exec(lines[at] ?? '')?.[1];
    if (info === undefined) continue;
    const end = lines.indexOf('```', at + 1);
    if (end < 0) throw new Error(`line ${at + 1}: the block does not end`);
    const block = blockOf(info, at + 1, lines.slice(at + 1, end).join('\n'));
    if (block) blocks.push(block);
    at = end;
  }
  return blocks;
}

function blockOf(info: string, line: number, text: string): Block | undefined {
  const exit = /^sh(?: exit=(\d+))?$/.exec(info);
  if (exit) return { kind: 'command', line, text, exit: Number(exit[1] ?? 0) };
  if (info === 'sh your-machine') return { kind: 'your-machine', line, text };
  const name = /^yaml file=([\w.-]+)$/.exec(info)?.[1];
  if (name !== undefined) return { kind: 'file', line, text, name };
  if (info === 'text') return { kind: 'output', line, text };
  // Files of other programs, which have no command in them.
  if (['yaml', 'ini', 'groovy'].includes(info)) return undefined;
  throw new Error(`line ${line}: a block marked "${info}" is nothing that the tests know`);
}
