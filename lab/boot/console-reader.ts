/** Reads the guest's serial console: the init script's marker lines, and the command's output between them. */

export type Marker =
  | { readonly kind: 'init'; readonly release: string }
  | { readonly kind: 'ready' }
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'power-off' };

/** A marker may follow output that did not end its line. */
export function parseMarker(line: string): { readonly before: string; readonly marker: Marker } | undefined {
  const match = /^(.*?)LAB: (?:init (\S+)|(ready)|exit (\d+)|failed: (.*)|(power off))$/.exec(line);
  if (match === null) return undefined;
  const [, before = '', release, ready, code, reason] = match;
  if (release !== undefined) return { before, marker: { kind: 'init', release } };
  if (ready !== undefined) return { before, marker: { kind: 'ready' } };
  if (code !== undefined) return { before, marker: { kind: 'exit', code: Number.parseInt(code, 10) } };
  if (reason !== undefined) return { before, marker: { kind: 'failed', reason } };
  return { before, marker: { kind: 'power-off' } };
}

export interface ConsoleListener {
  onMarker(marker: Marker): void;
  /** A line of the command's output (and of the kernel's, while it runs), without its line ending. */
  onOutput(line: string): void;
}

/** Feed it chunks as they come; a line is judged when it is complete. A line is cut at 64 KiB. */
export class ConsoleReader {
  private pending = '';
  private running = false;

  constructor(private readonly listener: ConsoleListener) {}

  push(chunk: string): void {
    this.pending += chunk;
    let end = this.pending.indexOf('\n');
    while (end >= 0) {
      this.line(this.pending.slice(0, end).replace(/\r+$/, ''));
      this.pending = this.pending.slice(end + 1);
      end = this.pending.indexOf('\n');
    }
    if (this.pending.length > 65_536) {
      this.line(this.pending);
      this.pending = '';
    }
  }

  /** The last line, when the console ends without a line ending. */
  end(): void {
    if (this.pending !== '') this.line(this.pending);
    this.pending = '';
  }

  private line(text: string): void {
    const found = parseMarker(text);
    if (found === undefined) {
      if (this.running) this.listener.onOutput(text);
      return;
    }
    if (this.running && found.before !== '') this.listener.onOutput(found.before);
    this.running = found.marker.kind === 'ready';
    this.listener.onMarker(found.marker);
  }
}
