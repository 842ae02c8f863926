/** Runs the real command line in a folder of its own, as a person would, without a terminal. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** The package's folder; tests run from dist/tests/commands/support. */
export const PACKAGE = path.resolve(__dirname, '../../../..');
export const BIN = path.join(PACKAGE, 'bin/vfio-conformance.js');

export interface Answer {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Node's own options, before the script. */
  readonly node?: readonly string[];
}

/** What a terminal or a CI system sets must not decide what a test sees. */
function cleanEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(CI|NO_COLOR|FORCE_COLOR|TERM|GITHUB_.*|JEST_.*|NODE_OPTIONS|NODE_ENV|VFIO_.*)$/.test(name),
  );
  return { ...Object.fromEntries(kept), ...extra };
}

export function cli(words: readonly string[], { cwd = workFolder(), env, node = [] }: Surroundings = {}): Answer {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...node, BIN, ...words], {
    cwd,
    env: cleanEnvironment(env),
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { code: status, stdout, stderr };
}

/** Starts the command line and leaves it running; `heard` resolves when its output has a line that fits. */
export function startCli(words: readonly string[], cwd: string) {
  const child = spawn(process.execPath, [BIN, ...words], { cwd, env: cleanEnvironment(), detached: true });
  const output = { text: '' };
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output.text += text;
      for (const look of waiting) look();
    });
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', (code) => resolve(code));
  });
  const heard = (expression: RegExp): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!expression.test(output.text)) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  return { pid: child.pid ?? 0, output, ended, heard };
}

const folders: string[] = [];

/** A fresh folder with these files in it; removed by `removeWorkFolders`. */
export function workFolder(files: Readonly<Record<string, string>> = {}): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'vfio-conformance-cli-')));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return folder;
}

export function removeWorkFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}
