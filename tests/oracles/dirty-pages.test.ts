/** The answers of VFIO_IOMMU_DIRTY_PAGES and of an unmap with a bitmap, one after the other. */
import { oracle } from '../../runner/oracles/dirty-pages';
import { ContainerTraffic } from './support/container-traffic';

const EINVAL = -22;
const ENOMEM = -12;
const ENOTTY = -25;
const PAGE = 4096n;
const START = 1;
const STOP = 2;

/** A container with the capability and one mapping of 4 pages at 0. */
function container(): ContainerTraffic {
  const traffic = new ContainerTraffic(oracle);
  traffic.container.migrationCapability = { pgsizeBitmap: PAGE, maxDirtyBitmapSize: 1n << 28n };
  return traffic.map(0n, 4n);
}
const whole = { size: 4n * PAGE };

test('a kernel that does everything right is left alone', () => {
  const { judge } = container()
    .get(whole, EINVAL)
    .flags(0, EINVAL)
    .flags(START)
    .get(whole)
    .get({ size: PAGE }, EINVAL)
    .get({ ...whole, bytes: 4n }, EINVAL)
    .get({ ...whole, argsz: 40 }, EINVAL)
    .get({ ...whole, argsz: 64 })
    .flags(3, EINVAL)
    .unmapWithBitmap({ ...whole, bytes: 0n }, EINVAL)
    .unmapWithBitmap({ ...whole, argsz: 24 }, EINVAL)
    .unmapWithBitmap(whole)
    .flags(STOP)
    .get(whole, EINVAL)
    .unmapWithBitmap(whole, EINVAL)
    .flags(START);
  expect(judge.said).toEqual([]);
  for (const clause of [
    ...['DIRTY-NOT-ENABLED', 'DIRTY-ONE-FLAG', 'IOMMU-CAP-MIG', 'DIRTY-PGSIZE', 'DIRTY-RANGE-ERR', 'DIRTY-SIZE'],
    ...['DIRTY-ARGSZ', 'DIRTY-STOP', 'UNMAP-SIZE', 'UNMAP-ARGSZ', 'UNMAP-BITMAP', 'UNMAP-NOT-ENABLED'],
  ])
    expect([clause, judge.keptClauses.get(clause) ?? 0]).not.toEqual([clause, 0]);
});

test.each<[string, (traffic: ContainerTraffic) => ContainerTraffic, string]>([
  ['START fails', (one) => one.flags(START, ENOTTY), 'IOMMU-CAP-MIG'],
  ['START fails after a STOP', (one) => one.flags(START).flags(STOP).flags(START, ENOTTY), 'DIRTY-STOP'],
  ['STOP fails', (one) => one.flags(START).flags(STOP, EINVAL), 'DIRTY-STOP'],
  ['a bitmap without START', (one) => one.get(whole), 'DIRTY-NOT-ENABLED'],
  ['a bitmap after STOP', (one) => one.flags(START).flags(STOP).get(whole), 'DIRTY-STOP'],
  ['two flags', (one) => one.flags(3), 'DIRTY-ONE-FLAG'],
  ['an unknown flag', (one) => one.flags(9), 'DIRTY-ONE-FLAG'],
  ['half a mapping', (one) => one.flags(START).get({ size: PAGE }), 'DIRTY-RANGE-ERR'],
  ['a hole refused', (one) => one.flags(START).get({ size: 8n * PAGE }, EINVAL), 'DIRTY-RANGE-ERR'],
  ['a good range refused', (one) => one.flags(START).get(whole, EINVAL), 'DIRTY-PGSIZE'],
  ['a larger argsz refused', (one) => one.flags(START).get({ ...whole, argsz: 64 }, EINVAL), 'DIRTY-ARGSZ'],
  ['a smaller argsz taken', (one) => one.flags(START).get({ ...whole, argsz: 40 }), 'DIRTY-ARGSZ'],
  ['START with argsz 4', (one) => one.flags(START, 0, 4), 'DIRTY-ARGSZ'],
  ['a small bitmap taken', (one) => one.flags(START).get({ ...whole, bytes: 4n }), 'DIRTY-SIZE'],
  ['a large bitmap refused', (one) => one.flags(START).get({ ...whole, bytes: 64n }, EINVAL), 'DIRTY-SIZE'],
  ['an unmap refused', (one) => one.flags(START).unmapWithBitmap(whole, EINVAL), 'UNMAP-BITMAP'],
  ['an unmap without logging', (one) => one.unmapWithBitmap(whole), 'UNMAP-NOT-ENABLED'],
  ['an unmap with a small bitmap', (one) => one.flags(START).unmapWithBitmap({ ...whole, bytes: 4n }), 'UNMAP-SIZE'],
  ['an unmap with a small argsz', (one) => one.flags(START).unmapWithBitmap({ ...whole, argsz: 40 }), 'UNMAP-ARGSZ'],
])('%s', (_what, act, clause) => {
  expect(act(container()).judge.said).toEqual([clause]);
});

test('START twice and STOP twice are reported, whatever they answer', () => {
  const { judge } = container().flags(STOP, EINVAL).flags(START).flags(START, EINVAL).flags(STOP).flags(STOP);
  expect(judge.said).toEqual([
    'DIRTY-IDEMPOTENT (reported)',
    'DIRTY-IDEMPOTENT (reported)',
    'DIRTY-IDEMPOTENT (reported)',
  ]);
});

test('START without memory for the log is nobody’s fault', () => {
  expect(container().flags(START, ENOMEM).judge.said).toEqual([]);
});

test('another errno is told, not judged', () => {
  const { judge } = container().flags(3, ENOTTY);
  expect(judge.said).toEqual([]);
  expect(judge.notes).toEqual([
    'flags 0x3: not exactly one of START, STOP and GET_BITMAP: ENOTTY, where Linux says EINVAL',
  ]);
});

test.each<[string, (traffic: ContainerTraffic) => void]>([
  ['of the first type', ({ container: view }) => Object.assign(view, { iommuType: 1 })],
  ['without the capability', ({ container: view }) => delete view.migrationCapability],
])('nothing is asked of a container %s', (_what, change) => {
  const traffic = container();
  change(traffic);
  expect(traffic.flags(START, -13).get(whole).unmapWithBitmap(whole).judge.said).toEqual([]);
});
