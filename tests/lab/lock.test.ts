import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { LabFailure } from '../../lab/failure';
import { takeLock } from '../../lab/lock';

const cache = mkdtempSync(join(tmpdir(), 'lab-lock-'));
const lockModule = resolve(__dirname, '../../lab/lock.js');

/** Another process that takes the lock and keeps it until it is killed. */
function otherLab(): Promise<ChildProcess> {
  const script = `require(${JSON.stringify(lockModule)}).takeLock(${JSON.stringify(cache)}, 'the other lab', false).then(() => { console.log('has it'); setInterval(() => {}, 1000); });`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((done, failed) => {
    child.stdout?.once('data', () => done(child));
    child.once('error', failed);
  });
}

afterAll(() => rmSync(cache, { recursive: true, force: true }));

describe('the lock', () => {
  it('is free again once it is released', async () => {
    (await takeLock(cache, 'first', false)).release();
    (await takeLock(cache, 'second', true)).release();
  });

  it('names who has it, and is free as soon as that process is killed outright', async () => {
    const other = await otherLab();
    const refusal = await takeLock(cache, 'me', false).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(LabFailure);
    expect(refusal).toMatchObject({
      exitCode: 3,
      message: expect.stringContaining(`the other lab (process ${other.pid},`),
    });
    const waiting = takeLock(cache, 'me', true);
    other.kill('SIGKILL');
    (await waiting).release();
  });
});
