/** Walks as a whole: the same for the same seed, silent on a correct device, and short once they have found something. */
import { createExecutorClient } from '../../../runner/execution/executor-client';
import { explore } from '../../../runner/execution/explore/explore';
import { countSteps } from '../../../runner/execution/explore/step-data';
import { stepsOf } from '../../../runner/execution/explore/written-scenario';
import { planFor } from '../../support/plans';
import { ALL_ABILITIES, exploreReference, findingAt, standIn } from './exploring';

jest.setTimeout(120_000);

test.each([
  'reference',
  'reference:zpci',
  'reference:pci,be',
  'reference:pci,layout=mmapped',
  'reference:ccw,be',
])('%s is left alone', async (device) => {
  const { exploration, cases } = await exploreReference(device);
  expect(exploration).toEqual({ walks: 30, cases: cases.length, interrupted: false });
  expect(cases.length).toBeGreaterThanOrEqual(25);
});

test('the same seed makes the same walks, another one others', async () => {
  const first = await exploreReference('reference', { seed: 11, runs: 12 });
  const again = await exploreReference('reference', { seed: 11, runs: 12 });
  const other = await exploreReference('reference', { seed: 12, runs: 12 });
  expect(again.cases).toEqual(first.cases);
  expect(other.cases).not.toEqual(first.cases);
});

test('a walk that found something is shrunk to what it takes', async () => {
  const { exploration } = await exploreReference('reference+same-state-resets-device', { runs: 200 });
  const { failure } = exploration;
  if (failure?.outcome.kind !== 'found') throw new Error('nothing was found');
  expect(failure.outcome.finding.clause).toBe('STATE-NOP');
  const steps = stepsOf(failure);
  expect(countSteps(steps)).toBe(3);
  expect(failure.stepsBefore).toBeGreaterThan(10);
  expect(steps[0]).toEqual({ mark: { as: 'mark-1' } });
});

test('the number of a walk makes that walk again, alone, with the same end', async () => {
  const device = 'reference+late-interrupt-when-stopped';
  const all = (await exploreReference(device, { seed: 4, runs: 200 })).exploration;
  const path = all.failure?.path ?? '';
  const one = (await exploreReference(device, { seed: 4, path })).exploration;
  expect(one.walks).toBe(1);
  expect(one.failure).toEqual(all.failure);
  expect(all.failure && stepsOf(all.failure)).toEqual([{ irq: 'watch' }, { transition: 'stop' }, { quiet: {} }]);
});

test('an arc that may go either way is asked for, and the walk goes on from where it led', async () => {
  const accepted = await exploreReference('reference+arcs-accepted', { seed: 2, runs: 40 });
  const plain = await exploreReference('reference', { seed: 2, runs: 40 });
  expect(accepted.exploration.failure).toBeUndefined();
  // The draws are the same: what differs is what the device answered.
  expect(accepted.cases).not.toEqual(plain.cases);
  expect(plain.cases.length).toBeGreaterThan(40);
});

test('in the executor process it finds the same as in this one', async () => {
  const device = 'reference+reserved-reads-ones';
  const here = (await exploreReference(device)).exploration;
  const client = createExecutorClient(planFor(device), { device, host: 'local' });
  try {
    const abilities = { ...ALL_ABILITIES, capabilities: false };
    const there = await explore(client, { abilities, seed: 1, runs: 30, maxSteps: 30 });
    expect(there.failure?.path).toBe(here.failure?.path);
    expect(there.failure && stepsOf(there.failure)).toEqual([
      { read: { field: 'reserved', is: 0 }, judge: 'MIG-RESERVED-R' },
    ]);
  } finally {
    await client.stop();
  }
});

describe('with a device that is made up', () => {
  const options = { abilities: ALL_ABILITIES, seed: 3, runs: 500, maxSteps: 30 };

  test('a clause that only a mark and a later stop break is found as these two steps', async () => {
    const runner = standIn(({ steps }) => {
      const marked = steps.findIndex(({ verb }) => verb === 'mark');
      const stopped = steps.findIndex((step, n) => n > marked && step.title === 'transition: stop');
      return marked < 0 || stopped < 0 ? running : { findings: [findingAt(stopped + 1, 'STATE-WRITE-OK')] };
    });
    const { failure } = await explore(runner, options);
    expect(failure && stepsOf(failure)).toEqual([{ mark: {} }, { transition: 'stop' }]);
  });

  test('while it shrinks, another clause is not taken for the same', async () => {
    const runner = standIn(({ steps }) => {
      const last = steps.length;
      if (last < 4) return { findings: [findingAt(last, 'MIG-LAYOUT')] };
      return last < 9 ? running : { findings: [findingAt(last, 'DEV-RESPONDS')] };
    });
    const { failure } = await explore(runner, { ...options, seed: 8 });
    const long = failure?.outcome.kind === 'found' && failure.outcome.finding.clause === 'DEV-RESPONDS';
    // Whichever came first stays what is shown.
    expect(failure && stepsOf(failure).length).toBe(long ? 9 : 1);
  });

  test('what shows when the device is opened takes no walk', async () => {
    const { failure } = await explore(
      standIn(() => ({ findings: [findingAt(0, 'DEV-INFO-FLAGS')] })),
      options,
    );
    expect(failure && stepsOf(failure)).toEqual([{ note: 'The device is opened, and that is all' }]);
  });

  test('a device that cannot be walked on ends it at once', async () => {
    const skip = { kind: 'not-applicable' as const, need: 'migration-v1', reason: 'no region' };
    const runner = standIn(() => ({ status: 'skipped', reason: 'no region', skip, steps: [] }));
    expect(await explore(runner, options)).toEqual({
      walks: expect.any(Number),
      cases: 1,
      interrupted: false,
      impossible: 'no region',
    });
  });

  test('a walk that the kit cannot finish is trouble, not a finding', async () => {
    const runner = standIn(({ steps }) =>
      steps.some(({ verb }) => verb === 'save') ? { status: 'broken', reason: 'out of paper' } : running,
    );
    const { failure } = await explore(runner, options);
    expect(failure?.outcome).toMatchObject({ kind: 'trouble', message: 'out of paper' });
    expect(failure && stepsOf(failure).map((step) => Object.keys(step)[0])).toContain('save');
  });

  test('what does not come again is told as that, and not shrunk', async () => {
    let times = 0;
    let cases = 0;
    const runner = standIn(({ steps }) => {
      cases += 1;
      if (!steps.some(({ verb }) => verb === 'mark') || times > 0) return running;
      times += 1;
      return { findings: [findingAt(steps.length, 'STATE-STEADY')] };
    });
    const { failure } = await explore(runner, options);
    expect(failure).toMatchObject({ fleeting: true, outcome: { kind: 'found' }, shrinks: 0 });
    expect(failure && countSteps(stepsOf(failure))).toBe(failure?.stepsBefore);
    expect(cases).toBeLessThan(60);
  });

  test('an interruption ends it, and what was cut off says nothing', async () => {
    let cases = 0;
    const runner = standIn(() => {
      cases += 1;
      return cases < 5 ? running : { status: 'broken', reason: 'the executor was ended' };
    });
    const exploration = await explore(runner, { ...options, interrupted: () => cases >= 5 });
    expect(exploration).toEqual({ walks: expect.any(Number), cases: 5, interrupted: true });
  });
});

/** The device is in running whenever anybody looks. */
const running = {
  accesses: [
    {
      sequence: 1,
      atMs: 0,
      side: 'source',
      call: 'pread',
      target: 'device_state',
      length: 4,
      value: '0x1 (running)',
      result: 4,
      errno: '',
    },
  ],
};
