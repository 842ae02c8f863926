import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { sweepLeftovers } from '../../runner/execution/leftovers';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vfio-sweep-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

test('the recordings of dead processes are taken away, and nothing else', () => {
  const dead = spawnSync(process.execPath, ['-e', '0']).pid;
  const [old, mine, other] = [
    `vfio-conformance-flight-${dead}-a`,
    `vfio-conformance-flight-${process.pid}-b`,
    `vfio-conformance-notes-${dead}-c`,
  ] as const;
  for (const name of [old, mine, other]) fs.writeFileSync(path.join(folder, name), '');
  expect(sweepLeftovers([folder, '/nonexistent'])).toEqual([path.join(folder, old)]);
  expect(fs.readdirSync(folder).sort()).toEqual([mine, other].sort());
});
