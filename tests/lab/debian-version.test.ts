import { compareVersions } from '../../lab/kernel/debian-version';

/** In ascending order, after deb-version(7) and the versions that kernels really have; `dpkg --compare-versions` agrees on every pair. */
const ascending = [
  '6.1~rc1-1',
  '6.1-1',
  '6.1.9-1',
  '6.1.10-1',
  '6.1.170-3',
  '6.1.176-1',
  '6.12.95-1~bpo12+1',
  '6.12.95-1',
  '6.12.95-1+b1',
  '6.12.107-1',
  '6.12.107a-1',
  '1:1.0-1',
];

describe('the order of Debian versions', () => {
  it.each(
    ascending.slice(1).map((version, index) => [ascending[index] ?? '', version]),
  )('%s is older than %s', (older, newer) => {
    expect(compareVersions(older, newer)).toBeLessThan(0);
    expect(compareVersions(newer, older)).toBeGreaterThan(0);
  });

  it('knows equal versions, however zeros are written', () => {
    expect(compareVersions('6.12.95-1', '6.12.95-1')).toBe(0);
    expect(compareVersions('1.02-1', '1.2-1')).toBe(0);
    expect(compareVersions('0:1.2-1', '1.2-1')).toBe(0);
  });
});
