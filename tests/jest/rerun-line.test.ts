import { execFileSync } from 'node:child_process';
import { rerunLine, shellWord } from '../../runner/jest/rerun-line';
import { testPlan } from './support/plan';

const plan = testPlan({ folder: '/nowhere' });

test('names the target relative to where the person stands, and the case in quotes', () => {
  expect(
    rerunLine(plan, { device: 'reference', host: 'local' }, '/home/me/suites/a.yaml', 'x/y#from=stop', '/home/me'),
  ).toBe("npx vfio-conformance run suites/a.yaml --device reference --case 'x/y#from=stop'");
});

test('keeps everything that decides about the result', () => {
  const changed = { ...plan, strict: true, grade: 'text' as const, seed: 7, allow: ['raw-ioctl'] };
  const device = { device: '0000:3b:00.0', destination: 'self', profile: '/etc/my device.yaml', host: 'ssh:me@lab' };
  expect(rerunLine(changed, device, '/suites/a.yaml', 'x', '/home/me')).toBe(
    "npx vfio-conformance run /suites/a.yaml --device 0000:3b:00.0 --destination self --profile '/etc/my device.yaml' --host ssh:me@lab --strict --grade text --seed 7 --allow raw-ioctl --case x",
  );
});

test.each([
  'plain',
  'with space',
  "it's",
  '$HOME',
  'a;b',
  '`x`',
  '#a',
  '*',
  '',
])('a shell reads %j as one word, unchanged', (word) => {
  expect(execFileSync('sh', ['-c', `printf %s ${shellWord(word)}`], { encoding: 'utf8' })).toBe(word);
});
