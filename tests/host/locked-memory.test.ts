/** The limit on locked memory, in words. */
import { holdersOf, sayHolders } from '../../runner/host/holders';
import { lockedMemory } from '../../runner/host/locked-memory';
import { checkMapped } from '../../runner/steps/map-many';
import type { StepContext } from '../../runner/steps/step-context';
import { kernelFailure } from '../../runner/vfio/outcome';
import { StubHost } from './support/stub-host';

class Limited extends StubHost {
  constructor(readonly line: string | number) {
    super();
  }
  override readText(): string | number {
    return this.line;
  }
}

test.each<[string | number, RegExp]>([
  [
    'Max locked memory         8388608              16777216             bytes',
    /is 8192 KiB, at most 16384 KiB without root, and is too small; raise it: `ulimit -l unlimited`/,
  ],
  [
    'Max locked memory         unlimited            unlimited            bytes',
    /is unlimited, so that the machine is out of memory/,
  ],
  [-13, /may be too small; raise it/],
])('%s', (line, words) => {
  expect(lockedMemory(new Limited(line))).toMatch(words);
  expect(lockedMemory(new Limited(line))).toContain('RLIMIT_MEMLOCK');
});

class Machine extends StubHost {
  override list(path: string): readonly string[] | number {
    return { '/proc': ['1', '22', 'self'], '/proc/22/fd': ['0', '5'] }[path] ?? -13;
  }
  override readLink(path: string): string | number {
    return path === '/proc/22/fd/5' ? '/dev/vfio/7' : 'pipe:[1]';
  }
  override readText(): string {
    return 'qemu-kvm\n';
  }
}

test('whoever has a group open is named', () => {
  expect(sayHolders(holdersOf(new Machine(), '/dev/vfio/7'))).toBe('qemu-kvm (process 22)');
  expect(holdersOf(new Machine(), '/dev/vfio/8')).toEqual([]);
});

test('a mapping that runs into the limit breaks the case, and says which call failed and what to raise', () => {
  const said: string[] = [];
  const context = {
    step: {},
    session: { dma: { iommu: { host: new Limited('Max locked memory  65536  65536  bytes') } } },
    giveUp: (why: string) => void said.push(why),
  } as unknown as StepContext;
  checkMapped(context, kernelFailure('VFIO_IOMMU_MAP_DMA', -12), 'VFIO_IOMMU_MAP_DMA of 1048576 bytes');
  expect(said).toHaveLength(1);
  expect(said[0]).toMatch(
    /^map: VFIO_IOMMU_MAP_DMA of 1048576 bytes: .*ENOMEM.*; the limit on locked memory \(RLIMIT_MEMLOCK\) is 64 KiB/,
  );
});
