/** What was bound and has to be given back, on disk before the first change: who comes after a crash reads it and puts it back. */
import fs from 'node:fs';
import path from 'node:path';

export interface BindingEntry {
  readonly device: string;
  /** The driver that had it; absent when none did. */
  readonly driver?: string;
  /** driver_override as it was; empty for none. */
  readonly override: string;
  /** The run's folder: processes of the run may outlive it. */
  readonly folder: string;
  /** /proc/sys/kernel/random/boot_id: after a restart nothing is bound any more. */
  readonly boot: string;
}

const NAME = /^[\w.+-]{1,64}$/;
export const PCI_NAME = /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/;

/** Gone after a restart, like the bindings themselves; nobody but root can write there. */
export const JOURNAL_FOLDER = '/run/vfio-conformance';

export class BindingJournal {
  constructor(private readonly folder: string = JOURNAL_FOLDER) {}

  /** Returns once it is on disk. @throws an Error of fs, or when the folder is not this user's alone */
  add(entry: BindingEntry): void {
    fs.mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    if (!this.isOurs()) throw new Error(`${this.folder} is not this user's alone, and what it says cannot be trusted`);
    const file = this.fileOf(entry.device);
    const descriptor = fs.openSync(`${file}.new`, 'w', 0o600);
    try {
      fs.writeSync(descriptor, JSON.stringify(entry));
      fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
    fs.renameSync(`${file}.new`, file);
  }

  remove(device: string): void {
    fs.rmSync(this.fileOf(device), { force: true });
  }

  /** Entries that are whole; a folder that others can write to has none. */
  entries(): readonly BindingEntry[] {
    if (!this.isOurs()) return [];
    return fs.readdirSync(this.folder).flatMap((name) => {
      if (!name.endsWith('.json')) return [];
      const entry = read(path.join(this.folder, name));
      return entry === undefined ? [] : [entry];
    });
  }

  private isOurs(): boolean {
    try {
      const { uid, mode } = fs.lstatSync(this.folder);
      return fs.lstatSync(this.folder).isDirectory() && uid === process.geteuid?.() && (mode & 0o022) === 0;
    } catch {
      return false;
    }
  }

  private fileOf(device: string): string {
    return path.join(this.folder, `bind-${device}.json`);
  }
}

/** Every word of it goes into a path or into sysfs: what does not look like one is left out. */
function read(file: string): BindingEntry | undefined {
  try {
    const { device, driver, override, folder, boot } = JSON.parse(
      fs.readFileSync(file, 'utf8'),
    ) as Partial<BindingEntry>;
    if (typeof device !== 'string' || !PCI_NAME.test(device)) return undefined;
    if (driver !== undefined && !(typeof driver === 'string' && NAME.test(driver))) return undefined;
    if (typeof override !== 'string' || (override !== '' && !NAME.test(override))) return undefined;
    if (typeof folder !== 'string' || typeof boot !== 'string') return undefined;
    return { device, ...(driver === undefined ? {} : { driver }), override, folder, boot };
  } catch {
    return undefined;
  }
}
