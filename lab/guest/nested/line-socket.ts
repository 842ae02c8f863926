/** A unix socket on which both sides speak in lines: QMP and qtest. Everything that waits has an end. */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export class LineSocket {
  private readonly lines: string[] = [];
  private pending = '';
  private wake: (() => void) | undefined;
  private closed = false;

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      const parts = (this.pending + chunk).split('\n');
      this.pending = parts.pop() ?? '';
      this.lines.push(...parts);
      this.wake?.();
    });
    const end = (): void => {
      this.closed = true;
      this.wake?.();
    };
    socket.on('close', end);
    socket.on('error', end);
  }

  /** Tries until QEMU has made the socket. `alive` false: it never will. */
  static async open(path: string, milliseconds: number, alive: () => boolean): Promise<LineSocket | undefined> {
    const until = Date.now() + milliseconds;
    while (Date.now() < until && alive()) {
      const socket = await new Promise<Socket | undefined>((resolve) => {
        const tried = connect(path, () => resolve(tried));
        tried.once('error', () => resolve(undefined));
      });
      if (socket) return new LineSocket(socket);
      await sleep(50);
    }
    return undefined;
  }

  send(line: string): void {
    if (!this.closed) this.socket.write(`${line}\n`);
  }

  /** The next line; undefined when none comes in time or the other side is gone. */
  async line(milliseconds: number): Promise<string | undefined> {
    const until = Date.now() + milliseconds;
    while (this.lines.length === 0) {
      const left = until - Date.now();
      if (this.closed || left <= 0) return undefined;
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        timer = setTimeout(resolve, left);
      });
      clearTimeout(timer);
      this.wake = undefined;
    }
    return this.lines.shift();
  }

  end(): void {
    this.socket.destroy();
  }
}
