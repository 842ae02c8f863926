import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { discard, finish, isWhole } from '../../lab/seal';

const root = mkdtempSync(join(tmpdir(), 'lab-seal-'));
afterAll(() => rmSync(root, { recursive: true }));
const told: string[] = [];
const progress = { step: () => undefined, detail: (text: string) => void told.push(text), seconds: () => 0 };
let count = 0;

function finished(): string {
  count += 1;
  const [partial, folder] = [join(root, `partial-${count}`), join(root, `done-${count}`)];
  mkdirSync(join(partial, 'boot'), { recursive: true });
  writeFileSync(join(partial, 'boot/vmlinuz'), 'a kernel');
  symlinkSync('boot', join(partial, 'link'));
  finish(partial, folder);
  return folder;
}

describe('a folder of the cache', () => {
  it('is whole as it was finished', () => {
    const folder = finished();
    expect([isWhole(folder, progress), isWhole(join(root, 'nowhere'))]).toEqual([true, false]);
  });

  it.each([
    ['a file is shorter', (folder: string) => truncateSync(join(folder, 'boot/vmlinuz'), 3), /3 bytes instead of 8/],
    ['a file is gone', (folder: string) => rmSync(join(folder, 'boot/vmlinuz')), /vmlinuz is missing/],
    ['its list is gone', (folder: string) => rmSync(`${folder}.files.json`), /no list/],
    ['its list is cut', (folder: string) => truncateSync(`${folder}.files.json`, 5), /no list/],
  ])('is removed when %s', (_, damage, reason) => {
    const folder = finished();
    damage(folder);
    expect(isWhole(folder, progress)).toBe(false);
    expect(told.at(-1)).toMatch(reason);
    expect([existsSync(folder), existsSync(`${folder}.files.json`)]).toEqual([false, false]);
  });

  it('takes the place of an older one, and goes with its list', () => {
    const folder = finished();
    const partial = join(root, 'partial-new');
    mkdirSync(partial);
    finish(partial, folder);
    expect([isWhole(folder), existsSync(join(folder, 'boot'))]).toEqual([true, false]);
    discard(folder);
    expect(existsSync(`${folder}.files.json`)).toBe(false);
  });
});
