import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guestFolders, isDone, keptRows, keptRunFolder, newGuestFolders } from '../../lab/matrix/kept-run';
import type { MatrixRow } from '../../lab/matrix/request';

const root = mkdtempSync(join(tmpdir(), 'lab-kept-'));
const paths = { root, cache: join(root, '.lab'), results: join(root, 'results') };
for (const folder of [
  'dist/runner',
  'dist/lab/guest',
  'dist/lab/matrix',
  'scenarios',
  'suites',
  'devices',
  'lab/driver',
])
  mkdirSync(join(root, folder), { recursive: true });
writeFileSync(join(root, 'scenarios/a.yaml'), 'scenario: A');
afterAll(() => rmSync(root, { recursive: true }));

const row = (name: string, seconds: number, broken = 0): MatrixRow =>
  ({ kind: 'fault', name, layout: 'trapped', stateSize: 1, seconds, cases: { broken } }) as MatrixRow;

describe('the run that a second call goes on with', () => {
  it('is the same as long as nothing has changed, and another one then', () => {
    const first = keptRunFolder(paths);
    expect(keptRunFolder(paths)).toBe(first);
    expect(join(paths.results, readlinkSync(join(paths.results, 'latest')))).toBe(first);
    writeFileSync(join(root, 'lab/driver/main.ko'), 'what the build leaves');
    expect(keptRunFolder(paths)).toBe(first);
    writeFileSync(join(root, 'lab/driver/main.c'), 'int x;');
    expect(keptRunFolder(paths)).not.toBe(first);
    expect(existsSync(first)).toBe(true);
  });

  it('has a new folder for each guest of each call, and the newest row of each trial', () => {
    const run = keptRunFolder(paths);
    const first = newGuestFolders(run, '6.12', 2);
    const second = newGuestFolders(run, '6.12', 1);
    newGuestFolders(run, '6.1', 1);
    expect(guestFolders(run, '6.12')).toEqual([...first, ...second]);
    expect(guestFolders(run, '6.1')).toHaveLength(1);
    appendFileSync(join(first[0] ?? '', 'matrix.jsonl'), `${JSON.stringify(row('a', 1, 1))}\n`);
    appendFileSync(join(first[1] ?? '', 'matrix.jsonl'), `${JSON.stringify(row('b', 2))}\n{"kind":"fau`);
    appendFileSync(join(second[0] ?? '', 'matrix.jsonl'), `${JSON.stringify(row('a', 3))}\n`);
    const rows = keptRows(guestFolders(run, '6.12'));
    expect(rows.map(({ name, seconds }) => [name, seconds]).sort()).toEqual([
      ['a', 3],
      ['b', 2],
    ]);
  });

  it('makes a trial again in which the kit broke', () => {
    expect([isDone(row('a', 1)), isDone(row('a', 1, 1))]).toEqual([true, false]);
  });
});
