/**
 * One lab at a time in one cache. The lock is flock(1)'s on a file, held by a child that ends when this process does, however
 * it ends: there is no stale lock to clean up.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startChild, stopChild } from './child';
import { LabFailure } from './failure';

export interface LabLock {
  release(): void;
}

/**
 * Takes the lock, or waits for it when `wait` is set. Rejects with LabFailure (exit code 3) when another lab has it. `purpose` is
 * what the other one will be told.
 */
export function takeLock(cache: string, purpose: string, wait: boolean): Promise<LabLock> {
  mkdirSync(cache, { recursive: true });
  const file = join(cache, 'lock');
  const holder = join(cache, 'lock-holder');
  return new Promise((resolve, reject) => {
    // cat says "locked" back once flock lets it start, and lives until its input ends: with us.
    const child = startChild('flock', [...(wait ? [] : ['--nonblock']), file, 'cat'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.write('locked\n');
    child.stdout?.once('data', () => {
      writeFileSync(holder, `${purpose} (process ${process.pid}, since ${new Date().toISOString()})\n`);
      child.unref();
      resolve({ release: () => stopChild(child) });
    });
    child.once('error', (error) => reject(new LabFailure(`flock could not be started: ${error.message}`)));
    child.once('close', (code) => {
      let other = 'another process';
      try {
        other = readFileSync(holder, 'utf8').trim();
      } catch {
        // The holder has not written yet.
      }
      reject(
        code === 1
          ? new LabFailure(`the lab is busy: ${other}`, 'Wait for it, or give --wait to do so by itself.')
          : new LabFailure(`flock ended with exit code ${code}`),
      );
    });
  });
}
