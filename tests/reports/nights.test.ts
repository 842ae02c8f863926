/** Nights beside a run, and Allure's history of them: from files, and from no other run than those that compare. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gatherHistory, HISTORY_FILE, keepHistory } from '../../reports/allure-history';
import { nightFigures, nightsUpTo } from '../../reports/nights';
import { freshFolder } from '../jest/support/plan';

interface Made {
  readonly suite?: string;
  readonly device?: string;
  readonly downtime?: number;
}

function makeRun(
  results: string,
  day: string,
  { suite = 'certify', device = 'reference', downtime = 1 }: Made,
): string {
  const folder = join(results, `202603${day}-020000-${suite}-${device.replace(/\W/g, '_')}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'run.json'),
    JSON.stringify({
      suite,
      startedAt: `2026-03-${day}T02:00:00.000Z`,
      devices: [{ device, verdict: 'conformant' }],
      scenarios: [
        { device, status: 'passed', figures: { 'downtime ms': downtime, 'transition a -> b ms': 2 } },
        { device, status: 'failed', figures: { 'downtime ms': 1e9 } },
      ],
    }),
  );
  return folder;
}

test('the nights of a run: same suite, same device, no later, oldest first', () => {
  const results = freshFolder('nights');
  makeRun(results, '03', { downtime: 3 });
  const last = makeRun(results, '05', { downtime: 5 });
  makeRun(results, '01', { downtime: 1 });
  makeRun(results, '04', { suite: 'smoke' });
  makeRun(results, '04', { device: '0000:00:04.0' });
  makeRun(results, '09', { downtime: 9 });
  makeRun(results, '02', { device: 'reference+slow', downtime: 2 });
  mkdirSync(join(results, 'no-run'));
  mkdirSync(join(results, 'spoilt'));
  writeFileSync(join(results, 'spoilt', 'run.json'), '{"suite"');
  const nights = nightsUpTo(last, 'reference');
  expect(nights.map(({ startedAt, figures }) => [startedAt.slice(8, 10), figures.downtimeMs])).toEqual([
    ['01', 1],
    ['02', 2],
    ['03', 3],
    ['05', 5],
  ]);
  expect(nights[0]).toMatchObject({ verdict: 'conformant', figures: { transitionMs: 2 } });
  expect(nightsUpTo(last, '0000:00:05.0')).toEqual([]);
});

test('figures are medians over what passed; what nobody measured is absent', () => {
  const passed = (value: number) => ({ status: 'passed', figures: { 'dirty precision': value } });
  expect(
    nightFigures([passed(1), passed(0.5), passed(0.9), { status: 'failed', figures: { 'dirty precision': 0 } }]),
  ).toEqual({
    precision: 0.9,
  });
  expect(nightFigures([])).toEqual({});
});

test("Allure's line is kept with the run, without what stands in that night's report, and found by later runs only", () => {
  const results = freshFolder('nights');
  const first = makeRun(results, '01', {});
  const second = makeRun(results, '02', {});
  const lines = join(results, 'history.jsonl');
  const line = (uuid: string) =>
    `${JSON.stringify({ uuid, timestamp: 5, testResults: { a: { id: 'a', message: `one\n${'x'.repeat(5000)}`, trace: 'long', labels: [{}] } } })}\n`;
  expect(gatherHistory(first, '2026-03-01T02:00:00.000Z', lines)).toBe(0);
  writeFileSync(lines, line('other') + line('first'));
  keepHistory(first, '2026-03-01T02:00:00.000Z', lines);
  const kept = JSON.parse(readFileSync(join(first, HISTORY_FILE), 'utf8'));
  expect(kept).toMatchObject({ uuid: 'first', timestamp: Date.parse('2026-03-01T02:00:00.000Z') });
  expect(kept.testResults.a).toEqual({ id: 'a', message: 'one', labels: [] });
  expect(gatherHistory(second, '2026-03-02T02:00:00.000Z', lines)).toBe(1);
  expect(JSON.parse(readFileSync(lines, 'utf8'))).toEqual(kept);
  // Made again, a report does not see its own run as a night before.
  expect(gatherHistory(first, '2026-03-01T02:00:00.000Z', lines)).toBe(0);
});

test('a line that is no history is not kept, and one that is spoilt is no night', () => {
  const results = freshFolder('nights');
  const first = makeRun(results, '01', {});
  const second = makeRun(results, '02', {});
  const lines = join(results, 'history.jsonl');
  writeFileSync(lines, '{"anything": 1}\n');
  expect(() => keepHistory(first, '2026-03-01T02:00:00.000Z', lines)).toThrow('not known');
  writeFileSync(join(first, HISTORY_FILE), '{"uuid"');
  expect(gatherHistory(second, '2026-03-02T02:00:00.000Z', lines)).toBe(0);
});
