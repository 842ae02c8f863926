/** How far an exploration is, on a terminal. */

export class Progress {
  private readonly shown: boolean;
  private text = '';

  constructor(private readonly options: { readonly runs: number; readonly path?: string; readonly json: boolean }) {
    this.shown = process.stderr.isTTY === true && options.path === undefined && process.env.CI === undefined;
  }

  walk(number: number): void {
    if (!this.shown) return;
    this.text = `walk ${number} of ${this.options.runs}`;
    process.stderr.write(`\r${this.text}`);
  }

  clear(): void {
    if (this.text === '') return;
    process.stderr.write(`\r${' '.repeat(this.text.length)}\r`);
    this.text = '';
  }
}
