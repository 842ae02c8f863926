/** Dirty pages, right and wrong: which clause is blamed for a page that is missing, and what is not judged. */
import type { CaseResult } from '../../runner/execution/case-result';
import { found, runSteps } from './run-steps';

/** As a beginner would write it: no control, no precaution. */
const TWO_ROUNDS = `
  - map: {as: ram, pages: 130}
  - dirty: start
  - dma: {to: ram, page: [0, 5, 62, 63, 100], size: 64B}
  - dirty: expect
  - dma: {to: ram, page: [0, 5, 62, 63, 100], size: 64B}
  - dirty: expect
`;

function hints(result: CaseResult): (string | undefined)[] {
  return result.findings.filter(({ verdict }) => verdict === 'broken').map(({ hint }) => hint);
}

describe('a page that is missing', () => {
  test.each([
    ['reference+first-writes-not-logged', 'DIRTY-START', 'the same write is reported only after the first GET_BITMAP'],
    ['reference+get-ends-logging', 'DIRTY-PERSIST', 'the same write is reported only before the first GET_BITMAP'],
    ['reference+bits-one-page-late', 'DIRTY-RANGE', 'every bit stands 1 place too late'],
    ['reference:ccw+bitmap-words-swapped', 'DIRTY-RANGE', 'the bytes of each 64-bit word stand in the opposite order'],
    [
      'reference+dirty-missing-last-page-of-word',
      'DIRTY-COMPLETE',
      'the same write is not reported with a log started anew either',
    ],
    [
      'reference+dirty-missing-first-page-of-mapping',
      'DIRTY-COMPLETE',
      'the same write is not reported with a log started anew either',
    ],
  ])('%s breaks %s', async (device, clause, hint) => {
    const result = await runSteps(TWO_ROUNDS, device, 'DIRTY-START');
    expect(found(result)).toEqual([clause]);
    expect(hints(result)).toEqual([hint]);
  });

  test('is held against the kernel where the device is behind an IOMMU, else against the driver', async () => {
    const kernel = await runSteps(TWO_ROUNDS, 'reference:zpci+unseen-writes-not-reported', 'DIRTY-START');
    expect(kernel.findings.filter(({ verdict }) => verdict === 'broken').map(({ who }) => who)).toEqual(['kernel']);
    const driver = await runSteps(TWO_ROUNDS, 'reference+dirty-missing-last-page-of-word', 'DIRTY-START');
    expect(driver.findings.map(({ who }) => who)).toEqual(['driver']);
  });

  test('in one bitmap of several mappings, and not in that of its own, is lost in the range', async () => {
    const steps = `
  - map: {as: whole, pages: 20}
  - unmap: whole
  - map: {as: first, inside: whole, pages: 10}
  - map: {as: last, inside: whole, page: 10, pages: 10}
  - dirty: start
  - dma: {to: last, page: [3, 4, 7], size: 64B}
  - dirty: {do: expect, of: [first, last]}
`;
    expect(found(await runSteps(steps, 'reference', 'DIRTY-START'))).toEqual([]);
    const result = await runSteps(steps, 'reference+second-mapping-at-bit-zero', 'DIRTY-START');
    expect(found(result)).toEqual(['DIRTY-RANGE']);
  });

  test('in a mapping made while logging breaks what the step is about', async () => {
    const steps = `
  - dirty: start
  - map: {as: ram, pages: 8}
  - dma: {to: ram, page: 3}
  - dirty: expect
    judge: DIRTY-NEWMAP
`;
    expect(found(await runSteps(steps, 'reference+new-mapping-not-logged', 'DIRTY-START'))).toEqual(['DIRTY-NEWMAP']);
    // The step is about something else, but this is what it is.
    expect(found(await runSteps(steps, 'reference+first-writes-not-logged', 'DIRTY-START'))).toEqual(['DIRTY-START']);
  });

  test('of a device that is stopped is not tried again', async () => {
    const steps = `
  - map: {as: ram, pages: 8}
  - dirty: start
  - dma: {to: ram, page: 0}
  - transition: stop
  - dirty: expect
`;
    const result = await runSteps(steps, 'reference+dirty-missing-first-page-of-mapping', 'DIRTY-START');
    expect(found(result)).toEqual(['DIRTY-COMPLETE']);
    expect(hints(result)).toEqual([undefined]);
  });
});

describe('pages that should be clean', () => {
  const CLEAN = `
  - map: {as: ram, pages: 8}
  - dirty: start
  - dma: {to: ram, page: 3}
  - dirty: expect
  - dirty: {do: expect, clean: 3}
`;
  const judged = (result: CaseResult): number =>
    result.tallies.find(({ clause }) => clause === 'DIRTY-CLEAR')?.kept ?? 0;

  test('are judged on a device whose pages are marked one by one', async () => {
    expect(judged(await runSteps(CLEAN))).toBe(1);
    expect(found(await runSteps(CLEAN, 'reference+pages-reported-for-ever'))).toEqual(['DIRTY-CLEAR']);
  });

  test('are not judged where every page is always set, or this one is', async () => {
    const backed = await runSteps(CLEAN, 'reference+iommu-backed');
    expect([found(backed), judged(backed)]).toEqual([[], 0]);
    const excepted = CLEAN.replace('clean: 3}', 'clean: 3, except: ram}');
    expect(judged(await runSteps(excepted))).toBe(0);
  });
});

test('what was unmapped is not owed to the mapping that comes after it', async () => {
  const steps = `
  - map: {as: old, pages: 8}
  - dirty: start
  - dma: {to: old, page: 3}
  - unmap: old
  - map: {as: new, inside: old, pages: 8}
  - dma: {to: new, page: 5}
  - dirty: expect
`;
  expect(found(await runSteps(steps))).toEqual([]);
});

test('precision is a figure over the whole case, and the kit gives zeroed memory', async () => {
  const exact = await runSteps(TWO_ROUNDS);
  expect(exact.figures).toMatchObject({ 'dirty pages written': 10, 'dirty pages reported': 10, 'dirty precision': 1 });
  expect(exact.tallies.find(({ clause }) => clause === 'DIRTY-ZEROED')).toMatchObject({ kept: 2, broken: 0 });
  const backed = await runSteps(TWO_ROUNDS, 'reference+iommu-backed');
  expect(backed.figures).toMatchObject({ 'dirty pages written': 10, 'dirty pages reported': 260 });
  expect(backed.notes).toContain('scope: all-mapped');
  expect(backed.findings.map(({ clause, verdict }) => [clause, verdict])).toEqual([['DIRTY-PRECISE', 'reported']]);
});

test('another page size than the smallest is judged by what its bits say', async () => {
  const steps = `
  - map: {as: ram, pages: 16}
  - dirty: start
  - dma: {to: ram, page: [0, 13], size: 64B}
  - dirty: {do: expect, pgsize: double}
    expect: either
`;
  expect(found(await runSteps(steps))).toEqual([]);
  expect(found(await runSteps(steps, 'reference+other-page-size-accepted'))).toEqual(['DIRTY-PGSIZE']);
});
