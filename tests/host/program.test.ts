/** Programs of the user's: what comes of them, and that nothing of them stays. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  endProgramsOf,
  OUTPUT_KEPT,
  type ProgramResult,
  runProgram,
  sayProgramResult,
} from '../../runner/host/program';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vfio-conformance-program-'));
});
afterEach(() => {
  fs.rmSync(folder, { recursive: true });
});

function run(command: readonly string[], timeoutMs = 5_000): ProgramResult {
  return runProgram({ command, timeoutMs, folder });
}

function sh(text: string, timeoutMs = 5_000): ProgramResult {
  return run(['sh', '-c', text], timeoutMs);
}

/** Whether a process that wrote its number into this file is still there. */
function isThere(name: string): boolean {
  const pid = Number(fs.readFileSync(path.join(folder, name), 'utf8'));
  expect(pid).toBeGreaterThan(1);
  try {
    return !/^State:\tZ/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

test('what it writes and its exit code', () => {
  expect(sh('echo one; echo two >&2; exit 3')).toEqual({
    how: 'exited',
    exitCode: 3,
    stdout: 'one\n',
    stderr: 'two\n',
  });
});

test('arguments reach it as they are: there is no shell', () => {
  expect(run(['printf', '%s|', '$HOME', '*', '; id', '']).stdout).toBe('$HOME|*|; id||');
});

test('a path is relative to the folder', () => {
  fs.writeFileSync(path.join(folder, 'stimulus'), '#!/bin/sh\npwd\n', { mode: 0o755 });
  expect(run(['./stimulus']).stdout.trim()).toBe(fs.realpathSync(folder));
});

test('it has no standard input to wait for', () => {
  expect(run(['cat'])).toMatchObject({ how: 'exited', exitCode: 0, stdout: '' });
});

test('a signal', () => {
  expect(sh('kill -TERM $$')).toMatchObject({ how: 'killed', signal: 'SIGTERM' });
});

test.each([
  [['no-such-program-at-all'], 'ENOENT', 'there is no such program'],
  [['./plain'], 'EACCES', 'it cannot be started: EACCES'],
])('%j cannot be started', (command, error, said) => {
  fs.writeFileSync(path.join(folder, 'plain'), 'text', { mode: 0o644 });
  const result = run(command);
  expect(result).toMatchObject({ how: 'not-started', error });
  expect(sayProgramResult(result, 1)).toBe(said);
});

test('at its deadline it is ended with its children, those of another session included', () => {
  const began = performance.now();
  const result = sh(
    "sleep 60 & echo $! > child; setsid sh -c 'echo $$ > far; exec sleep 60' & echo $$ > itself; sleep 60",
    400,
  );
  expect(result).toMatchObject({ how: 'late' });
  expect(performance.now() - began).toBeLessThan(5_000);
  expect(['itself', 'child', 'far'].map(isThere)).toEqual([false, false, false]);
});

test('what it leaves running is ended as well', () => {
  const result = sh(
    "sleep 60 >/dev/null 2>&1 & echo $! > child; setsid sh -c 'echo $$ > far; exec sleep 60' >/dev/null 2>&1 & sleep 0.3",
  );
  expect(result).toMatchObject({ how: 'exited', exitCode: 0 });
  expect(['child', 'far'].map(isThere)).toEqual([false, false]);
});

test('one that writes without end is ended', () => {
  const result = run(['yes']);
  expect(result).toMatchObject({ how: 'flooded' });
  expect(result.stdout).toHaveLength(OUTPUT_KEPT);
});

test('nothing that it writes can steer a terminal', () => {
  expect(run(['printf', 'a\\033[31mb\\tc\\n\\342\\200\\256d']).stdout).toBe('a[31mb\tc\nd');
});

test('a process that was killed leaves nothing behind', async () => {
  const child = spawn(
    process.execPath,
    [
      '-e',
      `require(${JSON.stringify(require.resolve('../../runner/host/program'))}).runProgram({command: ['sh', '-c', 'echo $$ > itself; exec sleep 60'], timeoutMs: 60000, folder: ${JSON.stringify(folder)}})`,
    ],
    { stdio: 'ignore' },
  );
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const file = path.join(folder, 'itself');
  for (let n = 0; n < 200 && !(fs.existsSync(file) && fs.readFileSync(file, 'utf8').endsWith('\n')); n += 1)
    await new Promise((resolve) => setTimeout(resolve, 50));
  child.kill('SIGKILL');
  await ended;
  expect(isThere('itself')).toBe(true);
  endProgramsOf(child.pid ?? 0);
  for (let n = 0; n < 40 && isThere('itself'); n += 1) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(isThere('itself')).toBe(false);
}, 30_000);
