/** The correct device in each of its kinds: conformant, nothing left unjudged, and not-applicable what the list says and no more. */
import { judgeVariation } from '../../../runner/execution/self-test/fault-judgement';
import { notApplicableTo } from '../../../runner/execution/self-test/not-applicable';
import { SelfTest } from '../../../runner/execution/self-test/self-test';
import { parseReferenceName } from '../../../runner/reference/device-name';

const selfTest = new SelfTest({ suite: 'certify', without: [] });
const judged = new Set<string>();
const listed = new Set<string>();

/** s390x hosts are big endian and have pages of 4 KiB: there zPCI and CCW devices are. */
const DEVICES = [
  'reference:pci',
  'reference:pci,page=64k,layout=mmapped',
  'reference:pci,be,layout=partitioned',
  'reference:pci,be,page=64k',
  'reference:fsl-mc,layout=mmapped',
  'reference:fsl-mc,page=64k,layout=partitioned',
  'reference:fsl-mc,be',
  'reference:fsl-mc,be,page=64k,layout=mmapped',
  'reference:zpci,layout=mmapped',
  'reference:ccw,layout=partitioned',
  // A host without a dirty page log, of which nobody claims one.
  'reference:pci+no-dirty-log',
];

test.each(DEVICES)('%s', async (device) => {
  const { peculiarities, ...kind } = parseReferenceName(device);
  const summary = await selfTest.certify(device);
  const { remarks } = judgeVariation(summary, notApplicableTo(kind, peculiarities[0]));
  expect(remarks).toEqual([]);
  expect(summary.verdict).toBe('conformant');
  for (const { id, verdict, who } of summary.clauses) {
    if (who === 'user') continue;
    listed.add(id);
    if (verdict !== 'not-applicable' && verdict !== 'not-judged') judged.add(id);
  }
});

test('over all of them every clause of drivers and kernels is judged', () => {
  expect(listed.size).toBeGreaterThan(100);
  expect([...listed].filter((id) => !judged.has(id))).toEqual([]);
});
