/** Files that say the same as another one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lintFiles } from '../../runner/language';
import { OPTIONS } from './fixtures/language';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'duplicates-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What is said of these files, `FILE CODE`. */
function lint(files: Readonly<Record<string, string>>): readonly string[] {
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  return lintFiles([folder], OPTIONS).map(({ file, line, code, message, severity }) => {
    expect(severity).toBe('warning');
    return `${path.basename(file)}:${line} ${code} ${message}`;
  });
}

const scenario = (name: string, steps: string) => `scenario: ${name}\nclauses: [SAVE-ACK]\nsteps: [${steps}]\n`;

test('two scenarios of one name', () => {
  expect(lint({ 'a.yaml': scenario('One', '{reset: }'), 'b.yaml': scenario('One', '{reset: }, {reset: }') })).toEqual([
    'b.yaml:1 duplicate-scenario another scenario is called "One"',
  ]);
});

test('two scenarios that do the same, however it is written', () => {
  const a = scenario('One', '{transition: stop}, {wait: 1s}');
  const b = scenario('Two', '{transition: {to: 0x0}, note: as the other}, {wait: 1000ms}');
  expect(lint({ 'a.yaml': a, 'b.yaml': b })).toEqual(['b.yaml:1 duplicate-scenario another scenario does the same']);
  expect(lint({ 'a.yaml': a, 'b.yaml': b.replace('1000ms', '1001ms') })).toEqual([]);
});

test('two profiles for the same devices', () => {
  const profile = (pci: string) => `device: A card\nmatch: {pci: "${pci}"}\n`;
  expect(lint({ 'a.yaml': profile('1234:11e8'), 'b.yaml': profile('1234:11e8') })).toEqual([
    'b.yaml:1 duplicate-profile another profile is for the same devices, and only one can be found for a device',
  ]);
  expect(lint({ 'a.yaml': profile('1234:11e8'), 'b.yaml': profile('1234:11e9') })).toEqual([]);
});

test('two suites of one name', () => {
  const suite = 'suite: mine\nscenarios: [s.yaml]\n';
  expect(lint({ 'a.yaml': suite, 'b.yaml': suite, 's.yaml': scenario('One', '{reset: }') })).toEqual([
    'b.yaml:1 duplicate-suite another suite is called "mine"',
  ]);
});
