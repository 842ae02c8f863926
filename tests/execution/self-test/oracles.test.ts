/** Each oracle is needed: without it a fault that it alone covers goes uncaught through the whole certification. */
import { SelfTest } from '../../../runner/execution/self-test/self-test';
import { Workbench } from '../../../runner/execution/workbench';
import { ORACLES } from '../../../runner/oracles/all';
import { PECULIARITIES } from '../../../runner/reference/registry';
import { runSteps } from '../../steps/run-steps';
import { caseOf, planFor } from '../../support/plans';

/** What each alone covers; `selftest --each-oracle` finds all of it. */
const COVERED: Readonly<Record<string, string>> = {
  responsiveness: 'hang-on-close-in-mid-iteration',
  'device-info': 'chain-loops',
  zpci: 'zpci-base-without-fh',
  'region-info': 'ccw-schib-twice',
  'migration-layout': 'migration-region-write-only-flag',
  'device-state': 'failed-transition-reads-111',
  'saving-loop': 'data-size-zero-in-between',
  'resuming-loop': 'resume-mapped-offset-unaligned',
  'iommu-info': 'iommu-migration-version-2',
  'dirty-pages': 'stop-does-not-stop',
};

/** It watches the kit: no fault of a device is its own. */
const OF_THE_KIT = 'kit-manners';

test('every oracle is named here', () => {
  expect([...Object.keys(COVERED), OF_THE_KIT].sort()).toEqual(ORACLES.map(({ name }) => name).sort());
});

test.each(Object.entries(COVERED))('without %s nobody sees %s', async (oracle, name) => {
  const fault = PECULIARITIES.get(name);
  if (!fault) throw new Error(`there is no fault ${name}`);
  const row = await new SelfTest({ suite: 'certify', without: [], eachOracle: true }).run(fault);
  expect([row.outcome, row.onlyBy, row.remarks]).toEqual(['caught', oracle, []]);
});

test('without kit-manners a kit that reads out of turn passes for a polite one', async () => {
  const rude = '  - transition: stop-and-copy\n  - read: {field: data_size}\n';
  const seen = await runSteps(rude);
  expect([seen.status, seen.reason]).toEqual(['broken', expect.stringContaining('SAVE-SEQUENCE-USER')]);
  const oracles = ORACLES.filter(({ name }) => name !== OF_THE_KIT);
  const text = `scenario: S\nclauses: [SAVE-READ]\nneeds: [migration-v1]\nsteps:\n${rude}`;
  const where = { device: 'reference', host: 'local' };
  const unseen = await new Workbench(planFor('reference'), where, { hang: 'virtual', oracles }).run(caseOf(text), []);
  expect(unseen.status).toBe('passed');
});
