import { cli, removeWorkFolders } from './support/cli';

afterAll(removeWorkFolders);

interface ClauseRow {
  readonly id: string;
  readonly level: string;
  readonly who: string;
  readonly text: string;
  readonly lines: readonly string[];
  readonly scenarios: readonly string[];
  readonly faults: readonly string[];
  readonly tests: readonly string[];
}

interface FaultRow {
  readonly name: string;
  readonly breaks: readonly string[];
  readonly benign: boolean;
  readonly summary: string;
}

function json<T>(words: readonly string[]): T {
  const { code, stdout, stderr } = cli(words);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as T;
}

describe('clauses', () => {
  const rows = json<ClauseRow[]>(['clauses', '--json']);

  test('every clause has its keys', () => {
    expect(rows.length).toBeGreaterThan(100);
    for (const row of rows) {
      expect(row).toEqual(
        expect.objectContaining({
          id: expect.stringMatching(/^[A-Z0-9-]+$/),
          level: expect.stringMatching(/^(must|should|may|undefined)$/),
          who: expect.stringMatching(/^(driver|kernel|user)$/),
          text: expect.any(String),
          lines: expect.any(Array),
          scenarios: expect.any(Array),
          faults: expect.any(Array),
          tests: expect.any(Array),
        }),
      );
    }
  });

  test('scenarios and faults are those that name the clause', () => {
    const faults = json<FaultRow[]>(['faults', '--json']);
    const live = rows.find((row) => row.id === 'TRANS-PRE-SC');
    expect(live?.scenarios).toContain('transitions/live-migration');
    for (const { id, faults: named } of rows)
      expect(named.toSorted()).toEqual(
        faults
          .filter((fault) => fault.breaks.includes(id))
          .map((fault) => fault.name)
          .toSorted(),
      );
    expect(rows.filter((row) => row.faults.length > 0).length).toBeGreaterThan(0);
  });

  test('none is without what it needs: a scenario, a fault, or the test that proves it', () => {
    const judged = rows.filter(({ who }) => who !== 'user');
    const graded = judged.filter(({ level }) => level === 'must' || level === 'should');
    const without = (some: readonly ClauseRow[], what: 'scenarios' | 'faults' | 'tests') =>
      some.filter((row) => row[what].length === 0).map(({ id }) => id);
    expect(judged.length).toBeGreaterThan(100);
    expect(without(judged, 'scenarios')).toEqual([]);
    expect(without(graded, 'faults')).toEqual([]);
    expect(
      without(
        rows.filter(({ who }) => who === 'user'),
        'tests',
      ),
    ).toEqual([]);
  });

  test('only a clause that the kit has to keep has tests, and they are files of this folder', () => {
    expect(rows.filter((row) => row.who !== 'user' && row.tests.length > 0)).toEqual([]);
    for (const row of rows) for (const file of row.tests) expect(file).toMatch(/^tests\/.*\.test\.ts$/);
  });

  test('the text lists all of them, by family, and counts them', () => {
    const { code, stdout } = cli(['clauses']);
    expect(code).toBe(0);
    for (const row of rows) expect(stdout).toMatch(new RegExp(`^  ${row.id} +${row.level} +${row.who} +\\d`, 'm'));
    const judged = rows.filter((row) => row.who !== 'user').length;
    expect(stdout).toContain(
      `${rows.length} clauses: ${judged} judged of the driver and the kernel, ${rows.length - judged} kept by the kit itself.`,
    );
  });
});

describe('explain', () => {
  test('tells a clause in full', () => {
    const { code, stdout } = cli(['explain', 'trans-pre-sc']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^TRANS-PRE-SC {2}must, owed by the driver, family /);
    for (const title of ['Why it matters', 'Rests on', 'Scenarios that name it'])
      expect(stdout).toMatch(new RegExp(`^${title}$`, 'm'));
    expect(stdout).toContain('\n  transitions/live-migration\n');
  });

  test('takes a pattern', () => {
    const found = json<ClauseRow[]>(['explain', 'TRANS-*', '--json']).map((row) => row.id);
    expect(found.length).toBeGreaterThan(5);
    expect(found.every((id) => id.startsWith('TRANS-'))).toBe(true);
  });

  test('an unknown clause, and what was probably meant', () => {
    expect(cli(['explain', 'TRANS-PRE-CS'])).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'error: there is no clause "TRANS-PRE-CS": did you mean TRANS-PRE-SC?\n  `vfio-conformance clauses` lists them all.\n',
    });
  });
});

describe('faults', () => {
  const rows = json<FaultRow[]>(['faults', '--json']);

  test('faults break clauses of the catalogue, variations none', () => {
    const ids = json<ClauseRow[]>(['clauses', '--json']).map((row) => row.id);
    expect(rows.length).toBeGreaterThan(0);
    for (const { name, breaks, benign, summary } of rows) {
      expect(name).toMatch(/^[a-z0-9-]+$/);
      expect(summary).not.toBe('');
      expect(breaks.length > 0).toBe(!benign);
      expect(ids).toEqual(expect.arrayContaining([...breaks]));
    }
  });

  test('the text lists them with a count', () => {
    const { stdout } = cli(['faults']);
    for (const { name } of rows) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect(stdout).toMatch(/^\d+ faults?, \d+ benign variations?$/m);
  });
});
