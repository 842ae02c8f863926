/** Files made to hurt: each is answered with one complaint within a second, whatever it holds. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lintFiles } from '../../runner/language';
import { cpuMs } from '../support/cpu-time';
import { OPTIONS } from './fixtures/language';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hostile-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const million = (text: string) => text.repeat(Math.floor(1_000_000 / text.length));
const TEXTS: Record<string, string> = {
  brackets: million('['),
  'closing brackets': million(']'),
  braces: million('{a: '),
  dashes: million('- '),
  questions: million('? '),
  'indented dashes': `${' '.repeat(900_000)}- a\n`,
  staircase: Array.from({ length: 1300 }, (_, index) => `${' '.repeat(index)}a:\n`).join(''),
  keys: Array.from({ length: 100_000 }, (_, index) => `k${index}: 1\n`).join(''),
  'equal keys': million('a: 1\n'),
  items: `steps:\n${million('- 1\n')}`,
  commas: `a: [${million(',')}]`,
  exclamations: million('! '),
  directives: million('%A\n'),
  'colons in a map': `steps:\n  - save: {${million('a: ')}\n`,
  'colons in lines': `steps:\n${million('    expect: fail {do: get, skew: 512B}\n')}`,
  tabs: million('\t'),
  newlines: million('\n'),
  comments: million('#x\n'),
  quotes: million("'"),
  digits: `scenario: ${million('1')}`,
  'hex digits': `scenario: 0x${million('f')}`,
  words: `scenario: ${million('x ')}`,
  escapes: `scenario: "${million('\\n ')}"`,
  'long key': `${million('k')}: 1`,
  'mistaken verb': `scenario: x\nsteps:\n- ${million('k')}: 1`,
  placeholders: `scenario: x\nmatrix: {a: [1]}\nsteps:\n- note: "${million(`\${a}`)}"`,
  'open placeholders': `scenario: x\nsteps:\n- note: "${million('${')}"`,
  'bytes of a megabyte': `scenario: x\nclauses: [SAVE-ACK]\nsteps:\n- write: {region: bar0, bytes: "${million('00')}"}`,
  'labels of a megabyte': `scenario: x\nclauses: [SAVE-ACK]\nsteps:\n- save: ${million('a')}`,
  'anchors and aliases': `a: &a [${'1,'.repeat(200)}]\nb: &b [${'*a,'.repeat(200)}]\nscenario: [${'*b,'.repeat(200)}]\n`,
  'large matrix': `scenario: x\nclauses: [SAVE-ACK]\nmatrix: {${Array.from({ length: 60 }, (_, index) => `a${index}: [1, 2]`).join(', ')}}\nsteps:\n- reset:\n`,
  'large matrix of long steps': `scenario: x\nclauses: [SAVE-ACK]\nmatrix: {a: [${Array.from({ length: 500 }, (_, index) => index).join(', ')}]}\nsteps:\n${'- reset:\n'.repeat(5000)}`,
};

test.each(Object.keys(TEXTS))('%s', (name) => {
  const file = path.join(folder, 'hostile.yaml');
  writeFileSync(file, TEXTS[name] ?? '');
  const used = cpuMs();
  const said = lintFiles([file], OPTIONS);
  expect(used()).toBeLessThan(1000);
  expect(said.length).toBeGreaterThan(0);
  expect(said.length).toBeLessThanOrEqual(200);
  expect(said.map((one) => one.code)).not.toContain('internal-error');
  for (const one of said) expect(one.message.length + (one.cause?.length ?? 0)).toBeLessThan(1000);
});

test('what is no plain file', () => {
  const say = (file: string) =>
    lintFiles([file], OPTIONS).map(({ line, column, code, cause }) => ({ line, column, code, cause }));
  const cannot = (cause: string) => [{ line: 1, column: 1, code: 'cannot-read', cause }];
  expect(say(path.join(folder, 'absent.yaml'))).toEqual(cannot('no such file'));
  expect(say('/dev/zero')).toEqual(cannot('it is not a regular file'));
  const pipe = path.join(folder, 'pipe.yaml');
  execFileSync('mkfifo', [pipe]);
  expect(say(pipe)).toEqual(cannot('it is not a regular file'));
  symlinkSync('loop.yaml', path.join(folder, 'loop.yaml'));
  expect(say(path.join(folder, 'loop.yaml'))).toEqual(cannot('its symbolic links go round in a circle'));
  const secret = path.join(folder, 'secret.yaml');
  writeFileSync(secret, 'scenario: x\n');
  chmodSync(secret, 0);
  if (process.getuid?.() !== 0) expect(say(secret)).toEqual(cannot('it may not be read by this user'));
  const large = path.join(folder, 'large.yaml');
  writeFileSync(large, Buffer.alloc(1024 * 1024 + 1, 'a'));
  expect(say(large)).toMatchObject([{ code: 'file-too-large' }]);
});
