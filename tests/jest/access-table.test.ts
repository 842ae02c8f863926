import type { AccessRow } from '../../runner/execution/case-result';
import { excerpt, summary, wholeTable } from '../../runner/jest/access-attachment';
import { accessLines, capAccesses, markAccesses } from '../../runner/jest/access-table';
import { stubAccesses } from './fixtures/stub-results';

const row = (changes: Partial<AccessRow>): AccessRow => ({
  sequence: 1,
  atMs: 0.5,
  side: 'source',
  call: 'pread',
  target: 'pending_bytes',
  length: 8,
  value: '0x10',
  result: 8,
  errno: '',
  ...changes,
});

test('columns are aligned, the offending access is marked, errors are named', () => {
  const rows = [
    row({}),
    row({
      sequence: 12,
      atMs: 10.25,
      call: 'ioctl',
      target: 'VFIO_IOMMU_MAP_DMA',
      length: 0,
      value: '',
      result: -22,
      errno: 'EINVAL',
      marked: true,
    }),
  ];
  expect(accessLines(rows)).toEqual([
    '   #1   0.500 ms  source  pread  pending_bytes       8 B  ok      0x10',
    '> #12  10.250 ms  source  ioctl  VFIO_IOMMU_MAP_DMA       EINVAL',
  ]);
});

test('a short answer and an unnamed errno are shown as numbers', () => {
  expect(accessLines([row({ result: 4 })])[0]).toMatch(/= 4 {2}0x10$/);
  expect(accessLines([row({ result: -524 })])[0]).toMatch(/errno 524 {2}0x10$/);
});

test('a long value is cut', () => {
  const [line = ''] = accessLines([row({ value: '0123456789'.repeat(20) })]);
  expect(line).toMatch(/ 0123456789.*…$/);
  expect(line.length).toBeLessThan(140);
});

test('no accesses make no lines', () => {
  expect(accessLines([])).toEqual([]);
});

test('a long table of a passing case keeps both ends and says what is missing', () => {
  const { head, omitted, tail } = capAccesses(stubAccesses(100));
  expect([head.length, omitted, tail.length]).toEqual([8, 76, 16]);
  expect(head[0]?.sequence).toBe(1);
  expect(tail.at(-1)?.sequence).toBe(100);
  expect(summary('Accesses', stubAccesses(100)).body).toContain('\n  ... 76 more\n');
  expect(capAccesses(stubAccesses(24)).omitted).toBe(0);
});

test('an excerpt holds the offending access, whatever comes after it', () => {
  const rows = markAccesses(stubAccesses(500), new Set([200]));
  const { body } = excerpt('Accesses', rows);
  expect(body).toMatch(/^ {2}\.\.\. \d+ more before\n/);
  expect(body).toMatch(/\n> #200 /);
  expect(body).toMatch(/\n {2}\.\.\. 294 more after\n$/);
  expect(body.split('\n').length).toBeLessThan(50);
});

test('the whole table has every row, the offending one marked and repeated at the top', () => {
  const { body, type } = wholeTable('All accesses', markAccesses(stubAccesses(500), new Set([200])));
  expect(type).toBe('text/html');
  expect(body.match(/<tr class="m">/g)).toHaveLength(2);
  expect(body.match(/<tr/g)).toHaveLength(500 + 1 + 2);
});

test('what a device says stays text in the page', () => {
  const { body } = wholeTable('x', [row({ value: '<script>alert("1")</script>&' })]);
  expect(body).not.toContain('<script>');
  expect(body).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;');
});
