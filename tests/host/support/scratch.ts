/** Files, FIFOs and child processes for the host's tests; everything goes when the test file ends. */
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { join, resolve } from 'node:path';

let folder: string | undefined;
const children: ChildProcess[] = [];

afterAll(() => {
  for (const child of children) {
    child.kill('SIGKILL');
  }
  if (folder !== undefined) {
    fs.rmSync(folder, { recursive: true, force: true });
  }
});

export function scratchPath(name: string): string {
  folder ??= fs.mkdtempSync(join(os.tmpdir(), 'vfio-conformance-host-'));
  return join(folder, name);
}

export function scratchFile(name: string, content: string | Uint8Array): string {
  const path = scratchPath(name);
  fs.writeFileSync(path, content);
  return path;
}

export function scratchFifo(name: string): string {
  const path = scratchPath(name);
  execFileSync('mkfifo', [path]);
  return path;
}

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last message it sent, if any. */
  readonly message: unknown;
  readonly errors: string;
}

/** Starts tests/host/support/NAME.ts in a process of its own. */
export function startChild(name: string, args: readonly string[]): { child: ChildProcess; ended: Promise<Ending> } {
  const child = fork(resolve(__dirname, `${name}.js`), [...args], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
    execArgv: [],
  });
  children.push(child);
  let message: unknown;
  let errors = '';
  child.on('message', (received) => {
    message = received;
  });
  child.stderr?.on('data', (chunk) => {
    errors += String(chunk);
  });
  const ended = new Promise<Ending>((done) => {
    child.on('close', (code, signal) => done({ code, signal, message, errors }));
  });
  return { child, ended };
}
