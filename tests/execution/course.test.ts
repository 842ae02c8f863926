/** What a case keeps of the devices over time: the material of pictures and of the figures that a whole migration has. */
import type { CaseResult } from '../../runner/execution/case-result';
import { downtimeOf } from '../../runner/execution/course-figures';
import { SaveWatch } from '../../runner/execution/save-watch';
import { Workbench } from '../../runner/execution/workbench';
import { caseOf, planFor } from '../support/plans';

async function run(device: string, yaml: string): Promise<CaseResult> {
  return new Workbench(planFor(device), { device, host: 'local' }, { hang: 'virtual' }).run(caseOf(yaml), []);
}

const MIGRATION = `scenario: S
clauses: [RES-APPLY]
needs: [migration-v1, destination]
steps:
  - transition: pre-copy
  - save: {until: drained, as: early}
  - transition: stop-and-copy
  - save: {until: drained, as: rest}
  - transition: stop
  - on: destination
    steps:
      - transition: resuming
      - resume: {from: [early, rest]}
      - transition: running
`;

test('a migration: states of both sides, the saves with their buffers, and the downtime', async () => {
  const { course, figures, status } = await run('reference', MIGRATION);
  expect(status).toBe('passed');
  const states = course?.states.map(({ side, from, asked, state }) => [side, from, asked, state]);
  expect(states).toEqual([
    ['source', undefined, undefined, 1],
    ['source', 1, 3, 3],
    ['source', 3, 2, 2],
    ['source', 2, 0, 0],
    ['destination', undefined, undefined, 1],
    ['destination', 1, 4, 4],
    ['destination', 4, 1, 1],
  ]);
  const saves = course?.saves.map(({ phase, buffers, bytes }) => ({ phase, buffers, bytes }));
  expect(saves).toEqual([
    { phase: 'pre-copy', buffers: figures['pre-copy buffers'], bytes: figures['pre-copy bytes'] },
    { phase: 'stop-and-copy', buffers: figures['stop-and-copy buffers'], bytes: figures['stop-and-copy bytes'] },
  ]);
  for (const save of course?.saves ?? []) {
    expect(save.points.reduce((sum, [, , size]) => sum + size, 0)).toBe(save.bytes);
    expect(save.points.at(-1)).toEqual([save.endMs, 0, 0]);
  }
  expect(figures['state bytes']).toBe((saves?.[0]?.bytes ?? 0) + (saves?.[1]?.bytes ?? 0));
  const stop = course?.states[2];
  const start = course?.states[6];
  expect(figures['downtime ms']).toBeCloseTo((start?.atMs ?? 0) + (start?.tookMs ?? 0) - (stop?.atMs ?? Number.NaN), 6);
});

test('a transition that takes its time takes that time, and lengthens the downtime', async () => {
  const { course, figures } = await run('reference+slow', MIGRATION);
  for (const moment of course?.states ?? []) if (moment.asked !== undefined) expect(moment.tookMs).toBeGreaterThan(299);
  expect(figures['downtime ms']).toBeGreaterThan(1200);
});

test('a refused transition has its errno and the state that stayed', async () => {
  const { course } = await run(
    'reference+pre-copy-refused',
    'scenario: S\nclauses: [TRANS-RUN-PRE]\nneeds: [migration-v1]\nsteps:\n  - transition: pre-copy\n',
  );
  expect(course?.states.at(-1)).toMatchObject({ from: 1, asked: 3, state: 1, errno: 'EINVAL' });
});

test('a reset forgets the state; where nobody asks for a state there is nothing to draw', async () => {
  const head = 'scenario: S\nclauses: [STATE-RESET]\nneeds: [migration-v1]\nsteps:\n';
  const { course } = await run('reference', `${head}  - transition: stop\n  - reset: {}\n  - state: running\n`);
  expect(course?.states.slice(1)).toMatchObject([
    { from: 1, asked: 0, state: 0 },
    { from: 0, reset: true, state: 1 },
  ]);
  expect((await run('reference', `${head}  - state: running\n`)).course).toBeUndefined();
});

test('a bitmap is kept with what is missing and what is extra', async () => {
  const { course, findings } = await run(
    'reference+bits-one-page-late',
    `scenario: S
clauses: [DIRTY-RANGE]
needs: [dirty-pages, dma]
steps:
  - map: {as: ram, pages: 32}
  - dirty: start
  - dma: {to: ram, page: 3, size: 1B}
  - dirty: expect
`,
  );
  expect(findings.map((finding) => finding.verdict)).toContain('broken');
  expect(course?.bitmaps[0]).toMatchObject({
    pages: 32,
    pageSize: 4096,
    written: [{ first: 3, pages: 1 }],
    missing: [{ first: 3, pages: 1 }],
    extra: [{ first: 4, pages: 1 }],
  });
});

test('more iterations than are kept are joined: no byte is lost, and no time', () => {
  const watch = new SaveWatch('source', 'pre-copy', 0);
  for (let n = 0; n < 5000; n += 1) {
    watch.pending(n, 5000 - n);
    watch.pending(n, 5000 - n);
    watch.size(1);
    watch.size(1);
  }
  watch.pending(5000, 0);
  const course = watch.course();
  expect(course).toMatchObject({ buffers: 5000, bytes: 5000, joined: true, endMs: 5000 });
  expect(course?.points.length).toBeLessThanOrEqual(257);
  expect(course?.points.reduce((sum, [, , size]) => sum + size, 0)).toBe(5000);
  expect(course?.points.at(-1)).toEqual([5000, 0, 0]);
});

test('no downtime where the source never stopped, or the destination never ran', () => {
  const stop = { atMs: 1, tookMs: 0, side: 'source', from: 1, asked: 2, state: 2 };
  const start = { atMs: 5, tookMs: 2, side: 'destination', from: 4, asked: 1, state: 1 };
  const course = (...states: readonly (typeof stop)[]) => ({ states, saves: [], bitmaps: [] });
  expect(downtimeOf(course(stop, start))).toEqual({ startMs: 1, endMs: 7 });
  expect(downtimeOf(course(start))).toBeUndefined();
  expect(downtimeOf(course(stop))).toBeUndefined();
  expect(downtimeOf(course(stop, { ...start, state: 4 }))).toBeUndefined();
});
