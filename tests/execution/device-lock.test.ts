import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { lockDevice } from '../../runner/execution/device-lock';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vfio-conformance-lock-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

test('the second taker learns who has the device; after the release it is free, and no file is left', () => {
  const first = lockDevice('0000:00:04.0', [folder]);
  expect(first.ok).toBe(true);
  expect(lockDevice('0000:00:04.0', [folder])).toEqual({ ok: false, holder: process.pid });
  expect(lockDevice('0000:00:05.0', [folder]).ok).toBe(true);
  if (first.ok) first.lock.release();
  expect(lockDevice('0000:00:04.0', [folder]).ok).toBe(true);
  expect(fs.readdirSync(folder).sort()).toEqual([
    'vfio-conformance-0000:00:04.0.lock',
    'vfio-conformance-0000:00:05.0.lock',
  ]);
});

test('the lock of a process that is dead is not in the way', () => {
  const child = spawnSync(process.execPath, [
    '-e',
    `require(${JSON.stringify(require.resolve('../../runner/execution/device-lock'))}).lockDevice('dut', [${JSON.stringify(folder)}])`,
  ]);
  expect(child.status).toBe(0);
  expect(fs.readdirSync(folder)).toEqual(['vfio-conformance-dut.lock']);
  // Whoever takes it next learns that nobody closed the device.
  expect(lockDevice('dut', [folder])).toMatchObject({ ok: true, orphanOf: child.pid });
  expect(fs.readdirSync(folder)).toEqual(['vfio-conformance-dut.lock']);
});

test('nor is one of a process whose number somebody else has now', () => {
  fs.writeFileSync(path.join(folder, 'vfio-conformance-dut.lock'), JSON.stringify({ pid: process.pid, started: '1' }));
  expect(lockDevice('dut', [folder]).ok).toBe(true);
});

test('nor is a file that says nothing', () => {
  fs.writeFileSync(path.join(folder, 'vfio-conformance-dut.lock'), 'garbage');
  expect(lockDevice('dut', [folder]).ok).toBe(true);
});

test('a name cannot lead out of the folder', () => {
  expect(lockDevice('../../etc/passwd', [folder]).ok).toBe(true);
  expect(fs.readdirSync(folder)).toEqual(['vfio-conformance-..-..-etc-passwd.lock']);
});
