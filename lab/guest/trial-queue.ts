/** Guests that share a matrix take its trials from one folder of the host's: whoever makes a trial's name there first has it. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const queueFolder = '/queue';

export class TrialQueue {
  private readonly shared: boolean;

  constructor(private readonly folder: string = queueFolder) {
    this.shared = existsSync(folder);
  }

  /** Whether the trial is this guest's to make. */
  take(key: string): boolean {
    if (!this.shared) return true;
    try {
      mkdirSync(join(this.folder, `taken-${key}`));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  }

  /** The host wants no more of them made. */
  get stopped(): boolean {
    return this.shared && existsSync(join(this.folder, 'stop'));
  }

  /** What one guest has found out and the others need. */
  leave(name: string, value: unknown): void {
    if (!this.shared) return;
    const file = join(this.folder, `${name}.json`);
    const partial = `${file}.${process.pid}-${Date.now()}`;
    writeFileSync(partial, JSON.stringify(value));
    renameSync(partial, file);
  }

  /** Undefined as long as nobody has left it. */
  find(name: string): unknown {
    const file = join(this.folder, `${name}.json`);
    return this.shared && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  }
}
