/** Pictures: what they say, that they are whole, and that the same facts give the same text. */
import {
  dirtyStrip,
  dirtyStrips,
  gridFacts,
  migrationPhases,
  pendingBytes,
  stateTimeline,
  transitionGrid,
  trendsOverNights,
  typicalMigration,
} from '../../../reports/pictures';
import { COLOUR } from '../../../reports/pictures/palette';
import type { CaseResult, Course } from '../../../runner/execution/case-result';
import type { BitmapMoment } from '../../../runner/execution/course';
import { Workbench } from '../../../runner/execution/workbench';
import { caseOf, planFor } from '../../support/plans';
import { checkXml, shapesOf, textsIn } from '../support/svg';

async function run(device: string, yaml: string): Promise<CaseResult> {
  return new Workbench(planFor(device), { device, host: 'local' }, { hang: 'virtual' }).run(caseOf(yaml), []);
}

const MIGRATION = `scenario: S
clauses: [RES-APPLY]
needs: [migration-v1, destination]
steps:
  - transition: pre-copy
  - save: {buffers: 2, as: early}
  - transition: stop-and-copy
  - save: {until: drained, as: rest}
  - transition: stop
  - on: destination
    steps:
      - transition: resuming
      - resume: {from: [early, rest]}
      - transition: running
`;

function courseOf({ course }: CaseResult): Course {
  if (!course) throw new Error('the case kept no course');
  return course;
}

function drawn(svg: string | undefined): string {
  if (svg === undefined) throw new Error('nothing was drawn');
  checkXml(svg);
  return svg;
}

const BITMAP: BitmapMoment = {
  atMs: 1,
  what: 'GET_BITMAP of 1048576 bytes at 0x10000',
  iova: '0x10000',
  pageSize: 4096,
  pages: 256,
  written: [
    { first: 3, pages: 2 },
    { first: 126, pages: 4 },
  ],
  missing: [{ first: 4, pages: 1 }],
  extra: [{ first: 200, pages: 1 }],
};

describe('a migration', () => {
  let slow: CaseResult;
  beforeAll(async () => {
    slow = await run('reference+slow', MIGRATION);
  });

  test('device_state over time names every state, and the duration of every transition', () => {
    const texts = textsIn(drawn(stateTimeline(courseOf(slow))));
    for (const state of ['000b stop', '001b running', '010b stop-and-copy', '011b pre-copy', '100b resuming'])
      expect(texts).toContain(state);
    expect(texts.filter((text) => text === '300 ms')).toHaveLength(5);
    expect(texts).toContain('5 writes, the slowest took 300 ms');
  });

  test('pending_bytes has a bar for every buffer, labelled with its size', () => {
    const course = courseOf(slow);
    const svg = drawn(pendingBytes(course));
    const buffers = course.saves.reduce((sum, save) => sum + save.buffers, 0);
    expect(textsIn(svg)).toContain(`${buffers} buffers, ${((slow.figures['state bytes'] ?? 0) / 1024).toFixed(1)} KiB`);
    expect(textsIn(svg)).toEqual(expect.arrayContaining(['pre-copy', 'stop-and-copy', '16 KiB', '48 B']));
  });

  test('the phases have bytes and durations, and the downtime is their sum', () => {
    const course = courseOf(slow);
    const texts = textsIn(drawn(migrationPhases(course)));
    expect(texts).toEqual(expect.arrayContaining(['pre-copy', 'stop-and-copy', 'resuming', 'downtime']));
    const sum = texts.find((text) => text.includes('handing over')) ?? '';
    const match = /^([\d.]+) s = ([\d.]+) ms saving \+ ([\d.]+) ms handing over \+ ([\d.]+) ms resuming$/.exec(sum);
    const [, total, ...parts] = (match ?? []).map(Number);
    expect(parts.reduce((a, b) => a + b, 0) / 1000).toBeCloseTo(total ?? 0, 1);
    expect((total ?? 0) * 1000).toBeCloseTo(slow.figures['downtime ms'] ?? 0, -1);
  });

  test('the same facts give the same text, whatever was drawn before', () => {
    const first = stateTimeline(courseOf(slow));
    pendingBytes(courseOf(slow));
    expect(stateTimeline(courseOf(slow))).toBe(first);
  });

  test('two pictures on one page do not take each other’s references', () => {
    const course = courseOf(slow);
    const ids = (svg: string | undefined) => [...(svg ?? '').matchAll(/ id="([^"]+)"/g)].map((match) => match[1]);
    const [one, other] = [ids(stateTimeline(course)), ids(pendingBytes(course))];
    expect(one.length).toBeGreaterThan(0);
    expect(one.filter((id) => other.includes(id))).toEqual([]);
  });

  test('nothing is drawn where nothing happened', () => {
    const nothing: Course = { states: [], saves: [], bitmaps: [] };
    expect([stateTimeline(nothing), pendingBytes(nothing), migrationPhases(nothing)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(dirtyStrips(nothing)).toEqual([]);
    expect(typicalMigration([{ ...slow, course: nothing, figures: {} }])).toBeUndefined();
  });

  test('a refused transition stands out with its errno', async () => {
    const { course } = await run(
      'reference+pre-copy-refused',
      'scenario: S\nclauses: [TRANS-RUN-PRE]\nneeds: [migration-v1]\nsteps:\n  - transition: pre-copy\n',
    );
    const svg = drawn(course && stateTimeline(course));
    expect(textsIn(svg)).toContain('EINVAL 10 µs');
    expect(shapesOf(svg, COLOUR.bad)).toBeGreaterThan(0);
  });
});

describe('the transition grid', () => {
  const cell = (results: readonly CaseResult[], from: number, to: number) => gridFacts(results)[from * 8 + to];

  test('has 64 cells: taken, refused and untried ones', async () => {
    const results = [
      await run('reference', MIGRATION),
      await run(
        'reference',
        'scenario: S\nclauses: [STATE-WRITE-OK]\nneeds: [migration-v1]\nsteps:\n  - transition: stop\n  - transition: resuming\n    expect: {result: either}\n',
      ),
    ];
    expect(gridFacts(results)).toHaveLength(64);
    expect(cell(results, 1, 3)).toMatchObject({ outcome: 'taken', taken: 1, clause: 'TRANS-RUN-PRE' });
    expect(cell(results, 0, 4)).toMatchObject({ outcome: 'refused', refused: 1 });
    expect(cell(results, 7, 7)).toMatchObject({ outcome: 'untried' });
    const texts = textsIn(drawn(transitionGrid(gridFacts(results))));
    expect(texts.filter((text) => text === 'taken')).toHaveLength(1 + 6);
    expect(texts).toContain('7 of 64 tried, no clause broke; a thick frame is an arc that the text asks for');
  });

  test('a clause that breaks is shown where it broke, and nowhere else', async () => {
    const results = [await run('reference+pre-copy-refused', MIGRATION)];
    expect(gridFacts(results).filter((one) => one.outcome === 'broken')).toMatchObject([
      { from: 1, to: 3, clauses: ['TRANS-RUN-PRE'], refused: 1 },
    ]);
    const svg = drawn(transitionGrid(gridFacts(results)));
    expect(textsIn(svg)).toEqual(expect.arrayContaining(['✗ broken']));
    expect(textsIn(svg).join(' ')).toContain('broken: 001b to 011b (TRANS-RUN-PRE)');
  });

  test('what a scenario provoked does not speak against the device', async () => {
    const plain = await run('reference', MIGRATION);
    const refused = { atMs: 1, tookMs: 0, side: 'source', from: 1, asked: 3, state: 1, errno: 'EIO' };
    const results = (provoked: boolean) => [
      plain,
      { ...plain, course: { ...courseOf(plain), states: [{ ...refused, ...(provoked ? { provoked } : {}) }] } },
    ];
    expect(cell(results(true), 1, 3)).toMatchObject({ outcome: 'taken', taken: 1, refused: 0, provoked: 1 });
    expect(cell(results(false), 1, 3)).toMatchObject({ outcome: 'mixed', taken: 1, refused: 1 });
  });
});

describe('the dirty bitmap', () => {
  test('missing and extra pages are marked, and told by address', () => {
    const svg = drawn(dirtyStrip(BITMAP));
    const texts = textsIn(svg);
    expect(texts).toContain(`${BITMAP.what}: 6 pages written, 1 missing (from 0x14000), 1 extra (from 0xd8000)`);
    expect(texts.filter((text) => text === '×')).toHaveLength(1);
    expect(texts.filter((text) => text === '+')).toHaveLength(1);
    // One for the page, its mark, and the legend's square.
    expect(shapesOf(svg, COLOUR.bad)).toBe(3);
  });

  test('a run over the end of a row is drawn in both', () => {
    // Pages 126 to 129: two in the first row of 128, two in the second; and pages 3 to 4; and the legend's square.
    expect(shapesOf(drawn(dirtyStrip({ ...BITMAP, missing: [], extra: [] })), COLOUR.good)).toBe(4);
  });

  test('a million pages fit, and the last one is still seen', () => {
    const svg = drawn(dirtyStrip({ ...BITMAP, pages: 1 << 20, missing: [{ first: (1 << 20) - 1, pages: 1 }] }));
    expect(svg.length).toBeLessThan(40_000);
    expect(textsIn(svg)).toContain('a cell is 512 pages of 4 KiB');
    expect(shapesOf(svg, COLOUR.bad)).toBe(3);
  });

  test('of many bitmaps those are drawn that something is wrong with', () => {
    const fine = { ...BITMAP, missing: [], extra: [] };
    const strips = dirtyStrips({ states: [], saves: [], bitmaps: [fine, fine, fine, fine, BITMAP] });
    expect(strips).toHaveLength(3);
    expect(textsIn(strips[2] ?? '').join(' ')).toContain('1 missing');
  });
});

test('text of a device stays text', () => {
  const svg = drawn(dirtyStrip({ ...BITMAP, what: '<script>alert("1")</script>&\u0007' }));
  expect(svg).not.toContain('<script');
});

describe('trends over nights', () => {
  const nights = (values: readonly number[]) =>
    values.map((downtimeMs, n) => ({
      startedAt: `2026-03-${String(n + 1).padStart(2, '0')}T02:00:00.000Z`,
      run: `night-${n + 1}`,
      verdict: n === 2 ? 'non-conformant' : 'conformant',
      figures: { downtimeMs, stateBytes: 65536, precision: 1 },
    }));

  test('the night that changed is pointed at, by its date', () => {
    const svg = drawn(trendsOverNights(nights([1, 1.1, 1, 1, 1.1, 1, 4, 4.1, 4, 4]), '0000:00:04.0'));
    const texts = textsIn(svg);
    expect(texts).toContain('▲ 1 ms → 4 ms');
    expect(texts).toContain('downtime 1 ms → 4 ms since 03-07');
    expect(texts).toEqual(expect.arrayContaining(['downtime', 'state size', 'precision of dirty tracking']));
    // Nobody measured it.
    expect(texts).not.toContain('transition latency');
  });

  test('a figure that got better points the other way', () => {
    expect(textsIn(drawn(trendsOverNights(nights([4, 4, 4, 4, 1, 1, 1]), 'd')))).toContain('▼ 4 ms → 1 ms');
  });

  test('one night is no trend', () => {
    expect(trendsOverNights(nights([1]), 'd')).toBeUndefined();
  });
});
