import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CATEGORIES } from '../../reports/categories';
import { reportFacts } from '../../reports/report-facts';
import { writePlan } from '../../runner/jest/plan-file';
import { freshFolder, testPlan } from '../jest/support/plan';

const RUN = {
  schemaVersion: 1,
  verdict: 'non-conformant',
  kit: { version: '0.1.0', catalogue: 'abc' },
  host: { kernelRelease: '6.12.0', architecture: 'x86_64', iommu: { type: 'type1v2', pageSizes: [4096, 65536] } },
  reasons: ['SAVE-DRAIN is broken (driver)'],
  devices: [
    {
      device: 'reference:zpci',
      flags: 3,
      waived: 0,
      profile: '/x/reference-zpci.yaml',
      shows: ['migration-v1', 'zpci'],
      identity: { driver: 'vfio-pci', pciId: '1234:11e8', moduleVersion: '0.2', moduleSrcversion: 'A1B2' },
      clauses: [{ id: 'X' }],
    },
    { device: 'reference', identity: { driver: 'other' } },
  ],
  clauses: [{ id: 'SAVE-DRAIN' }],
};
const devices = [
  { device: 'reference', host: 'local' },
  { device: 'reference:zpci', host: 'local' },
];

test('kernel, IOMMU, kit and each device are told as the run recorded them', () => {
  const plan = testPlan({ devices, strict: true });
  writePlan(plan);
  writeFileSync(join(plan.folder, 'run.json'), JSON.stringify(RUN));
  const facts = reportFacts(plan.folder);
  expect(facts.title).toBe('VFIO conformance of reference, reference:zpci: non-conformant');
  expect(facts.common).toMatchObject({
    verdict: 'non-conformant',
    because: 'SAVE-DRAIN is broken (driver)',
    'kit version': '0.1.0',
    'catalogue hash': 'abc',
    kernel: '6.12.0',
    'host iommu type': 'type1v2',
    'host iommu page sizes': '4096, 65536',
    strict: 'a should counts like a must',
  });
  expect(facts.devices[0]).toMatchObject({ device: 'reference', facts: { device: 'reference', driver: 'other' } });
  expect(facts.devices[1]).toMatchObject({
    device: 'reference:zpci',
    facts: {
      driver: 'vfio-pci',
      'pci id': '1234:11e8',
      'driver version': '0.2',
      'module hash (srcversion)': 'A1B2',
      'device flags': '0x3',
      profile: 'reference-zpci.yaml',
      shows: 'migration-v1, zpci',
    },
  });
  // Lists of clauses and cases have their own place.
  expect(Object.keys(facts.devices[1]?.facts ?? {}).join()).not.toContain('clauses');
});

test('a run that did not come to its end says so', () => {
  const plan = testPlan({});
  writePlan(plan);
  expect(reportFacts(plan.folder).common.verdict).toBe('incomplete (not finished)');
});

test('a folder without a run, or with a damaged one, is named', () => {
  const folder = freshFolder('facts');
  expect(() => reportFacts(folder)).toThrow(`${folder} holds no run`);
  writePlan(testPlan({ folder }));
  writeFileSync(join(folder, 'run.json'), '{');
  expect(() => reportFacts(folder)).toThrow('run.json is not valid JSON');
});

test('every outcome that wants attention has one category', () => {
  for (const { matchers, id } of CATEGORIES) {
    const [expression = ''] = Object.values(matchers.labels);
    expect(new RegExp(expression).test(id.replaceAll('-', ' '))).toBe(true);
  }
  expect(new Set(CATEGORIES.map(({ id }) => id)).size).toBe(CATEGORIES.length);
});
