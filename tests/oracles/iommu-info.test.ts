/** VFIO_IOMMU_GET_INFO, and whether DMA_AVAIL keeps count. */
import { oracle } from '../../runner/oracles/iommu-info';
import { ContainerTraffic } from './support/container-traffic';

const EEXIST = -17;
const ENOSPC = -28;
const ENOMEM = -12;
const migration = {};
const PAGE = 4096n;

const traffic = (): ContainerTraffic => new ContainerTraffic(oracle);

test('avail falls with each mapping and rises with each that goes', () => {
  const { judge } = traffic()
    .info({ avail: 100, migration })
    .map(0n)
    .map(PAGE)
    .info({ avail: 98, migration })
    .map(0n, 1n, EEXIST)
    .info({ avail: 98, migration })
    .unmap(0n, 2n)
    .info({ avail: 100, migration });
  expect(judge.said).toEqual([]);
  expect(judge.keptClauses.get('IOMMU-CAP-AVAIL')).toBe(3);
});

test.each<[string, (one: ContainerTraffic) => ContainerTraffic]>([
  ['does not fall', (one) => one.map(0n).info({ avail: 100, migration })],
  ['falls with a mapping that failed', (one) => one.map(0n, 1n, EEXIST).info({ avail: 99, migration })],
  ['rises by one with two', (one) => one.map(0n).map(PAGE).unmap(0n, 2n).info({ avail: 99, migration })],
  ['allows what is refused', (one) => one.map(0n, 1n, ENOSPC)],
])('avail that %s breaks IOMMU-CAP-AVAIL', (_what, act) => {
  expect(act(traffic().info({ avail: 100, migration })).judge.said).toEqual(['IOMMU-CAP-AVAIL']);
});

test('avail of another time is not looked at while nothing was mapped', () => {
  expect(traffic().info({ avail: 100, migration }).info({ avail: 7, migration }).judge.said).toEqual([]);
});

test('at avail 0 a mapping fails with ENOSPC, once and for all', () => {
  const full = () => traffic().info({ avail: 1, migration }).map(0n);
  expect(full().map(PAGE, 1n, ENOSPC).judge.keptClauses.get('IOMMU-AVAIL-ENOSPC')).toBe(1);
  expect(full().map(PAGE, 1n, ENOMEM).judge.keptClauses.get('IOMMU-AVAIL-ENOSPC')).toBeUndefined();
  const beyond = full()
    .map(PAGE)
    .map(2n * PAGE)
    .info({ avail: 0, migration });
  expect(beyond.judge.said).toEqual(['IOMMU-AVAIL-ENOSPC']);
});

test('a compatible container that always says 65535 is not held to it', () => {
  const { judge } = traffic().info({ avail: 65535 }).map(0n).info({ avail: 65535 });
  expect(judge.said).toEqual([]);
  expect([...judge.inapplicable]).toEqual(expect.arrayContaining(['IOMMU-CAP-AVAIL', 'IOMMU-AVAIL-ENOSPC']));
});

test('the same of type1, which has capability 2, is a fault', () => {
  const { judge } = traffic().info({ avail: 65535, migration }).map(0n).info({ avail: 65535, migration });
  expect(judge.said).toEqual(['IOMMU-CAP-AVAIL']);
});

test('capability 2 names a page size and a size of bitmap, in version 1', () => {
  expect(traffic().info({ migration: { pgsizes: 0n } }).judge.said).toEqual(['IOMMU-CAP-MIG']);
  expect(traffic().info({ migration: { largest: 0n } }).judge.said).toEqual(['IOMMU-CAP-MIG']);
  expect(traffic().info({ migration: { version: 2 } }).judge.said).toEqual(['IOMMU-CAP-VERSION']);
});

test('without capability 2 DIRTY_PAGES is refused', () => {
  expect(traffic().info({ avail: 10 }).flags(1, -25).judge.keptClauses.get('IOMMU-CAP-MIG-ABSENT')).toBe(1);
  expect(traffic().info({ avail: 10 }).flags(1).judge.said).toEqual(['IOMMU-CAP-MIG-ABSENT']);
  // Nobody looked whether it is there.
  expect(traffic().flags(1).judge.said).toEqual([]);
});

test('a chain that breaks off proves nothing about what is not in it', () => {
  const { judge } = traffic().info({ avail: 10, migration, firstNext: 24 });
  expect(judge.said).toEqual(['IOMMU-INFO-CHAIN']);
  expect([...judge.inapplicable]).toEqual([]);
});
