import type { CaseResult, Finding } from '../../runner/execution/case-result';
import { exitCode, type Rules, summarise } from '../../runner/execution/verdict';
import type { Clause, Level, Who } from '../../runner/language/scenario';

const RULES: Rules = { strict: false, grade: 'kit', waivers: [], today: '2026-06-01', conditional: new Map() };

function clause(id: string, level: Level = 'must', who: Who = 'driver', word?: Level): Clause {
  const position = { file: 'clauses.yaml', line: 1, column: 1 };
  return {
    id,
    family: 'test',
    who,
    level,
    ...(word ? { word } : {}),
    authority: 'header-text',
    text: '',
    rationale: '',
    lines: [],
    position,
  };
}

function result(id: string, change: Partial<CaseResult> = {}): CaseResult {
  return {
    schemaVersion: 1,
    id,
    title: id,
    scenario: id,
    file: `${id}.yaml`,
    line: 1,
    column: 1,
    matrix: {},
    device: 'reference',
    clauses: [],
    tags: [],
    status: 'passed',
    startedAt: '',
    durationMs: 1,
    steps: [],
    findings: [],
    tallies: [],
    figures: {},
    notes: [],
    accesses: [],
    attempts: 1,
    ...change,
  };
}

function finding(id: string, verdict: Finding['verdict']): Finding {
  return {
    clause: id,
    verdict,
    level: 'must',
    who: 'driver',
    file: 'a.yaml',
    line: 1,
    column: 1,
    scenario: 's',
    case: 'c',
    step: 'step 1',
    expected: 'x',
    observed: 'y',
    accesses: [],
  };
}

const kept = (id: string) => ({ clause: id, kept: 1, broken: 0 });

describe('the verdict of a run', () => {
  test('every must judged and kept is conformant', () => {
    const summary = summarise(
      [result('a', { clauses: ['A', 'B'], tallies: [kept('A'), kept('B')] })],
      [clause('A'), clause('B')],
      RULES,
    );
    expect(summary.verdict).toBe('conformant');
    expect(summary.reasons).toEqual([]);
  });

  test('one broken must is non-conformant, and names it', () => {
    const broken = result('a', {
      status: 'failed',
      clauses: ['A'],
      tallies: [{ clause: 'A', kept: 5, broken: 1 }],
      findings: [finding('A', 'broken')],
    });
    const summary = summarise([broken, result('b', { tallies: [kept('A')] })], [clause('A')], RULES);
    expect(summary.verdict).toBe('non-conformant');
    expect(summary.reasons).toEqual(['A is broken (driver)']);
  });

  test('a must that nothing judged makes the run incomplete', () => {
    const summary = summarise([result('a', { tallies: [kept('A')] })], [clause('A'), clause('B')], RULES);
    expect(summary.verdict).toBe('incomplete');
    expect(summary.reasons).toEqual(['B was not judged: no scenario of this run names it, and none came by it']);
  });

  test('a should that nothing judged does not', () => {
    expect(
      summarise([result('a', { tallies: [kept('A')] })], [clause('A'), clause('B', 'should')], RULES).verdict,
    ).toBe('conformant');
  });

  test('a run that judged no must is incomplete', () => {
    const summary = summarise([result('a', { tallies: [kept('B')] })], [clause('B', 'should')], RULES);
    expect(summary.verdict).toBe('incomplete');
    expect(summary.reasons).toEqual(['no must clause was judged']);
  });

  test('a skip is never a pass: not-judged is incomplete, not-applicable is not', () => {
    const skip = (kind: 'not-applicable' | 'not-judged') =>
      result('a', { clauses: ['B'], status: 'skipped', skip: { kind, need: 'dma', reason: 'because' } });
    const listed = [clause('A'), clause('B')];
    const other = result('b', { tallies: [kept('A')] });
    expect(summarise([skip('not-judged'), other], listed, RULES).verdict).toBe('incomplete');
    const applicable = summarise([skip('not-applicable'), other], listed, RULES);
    expect(applicable.verdict).toBe('conformant');
    expect(applicable.clauses[1]).toMatchObject({ verdict: 'not-applicable', reason: 'because' });
  });

  test('one scenario skipped as not applicable does not excuse another that ran and did not judge', () => {
    const skipped = result('a', {
      clauses: ['B'],
      status: 'skipped',
      skip: { kind: 'not-applicable', need: 'data-mmap', reason: 'no area' },
    });
    const ran = result('b', { clauses: ['B'], tallies: [kept('A')] });
    const summary = summarise([skipped, ran], [clause('A'), clause('B')], RULES);
    expect(summary.verdict).toBe('incomplete');
    expect(summary.clauses[1]).toMatchObject({ verdict: 'not-judged' });
  });

  test('a condition that did not arise counts only for clauses of the checked-in list, and only when a scenario for it ran', () => {
    const ran = result('a', { clauses: ['A', 'B'], tallies: [kept('A')] });
    const listed = [clause('A'), clause('B')];
    expect(summarise([ran], listed, RULES).verdict).toBe('incomplete');
    const conditional = new Map([['B', 'no error came']]);
    const summary = summarise([ran], listed, { ...RULES, conditional });
    expect(summary.verdict).toBe('conformant');
    expect(summary.clauses[1]?.reason).toBe('the condition did not arise: no error came');
    const failed = summarise([{ ...ran, status: 'failed' }], listed, { ...RULES, conditional });
    expect(failed.clauses[1]).toMatchObject({ verdict: 'not-judged' });
  });

  test('a broken case makes the run incomplete even when every clause was judged elsewhere', () => {
    const summary = summarise(
      [result('a', { tallies: [kept('A')] }), result('b', { status: 'broken', reason: 'killed' })],
      [clause('A')],
      RULES,
    );
    expect(summary.verdict).toBe('incomplete');
    expect(summary.reasons).toEqual(['b is broken: killed']);
  });

  test('a case that does not come out the same each time is unstable', () => {
    const summary = summarise(
      [result('a', { tallies: [kept('A')] }), result('a', { status: 'skipped' })],
      [clause('A')],
      RULES,
    );
    expect(summary.unstable).toEqual(['a']);
    expect(summary.verdict).toBe('incomplete');
  });

  test('a case that passed on a second try is unstable', () => {
    expect(summarise([result('a', { tallies: [kept('A')], attempts: 2 })], [clause('A')], RULES).verdict).toBe(
      'incomplete',
    );
  });

  test('a waived clause is counted beside the verdict', () => {
    const waivers = [
      { clause: 'A', reason: 'erratum 12', until: '2026-06-01', position: { file: 'p.yaml', line: 1, column: 1 } },
    ];
    const summary = summarise(
      [result('a', { findings: [finding('A', 'waived')], tallies: [kept('B')] })],
      [clause('A'), clause('B')],
      { ...RULES, waivers },
    );
    expect(summary).toMatchObject({ verdict: 'conformant', waived: 1 });
    expect(summary.clauses[0]).toMatchObject({ verdict: 'waived', reason: 'erratum 12 (until 2026-06-01)' });
  });

  test('a must outside the list that was seen broken counts', () => {
    const summary = summarise(
      [result('a', { tallies: [kept('A')], findings: [finding('Z', 'broken')] })],
      [clause('A')],
      RULES,
    );
    expect(summary.verdict).toBe('non-conformant');
  });

  test('a user clause that was kept is obeyed, and does not count as a must of the device', () => {
    const summary = summarise([result('a', { tallies: [kept('U')] })], [clause('U', 'must', 'user')], RULES);
    expect(summary.clauses[0]?.verdict).toBe('obeyed');
    expect(summary.verdict).toBe('incomplete');
  });

  test('--grade text takes the word of the text: what it only asks for does not have to be judged', () => {
    const listed = [clause('A'), clause('B', 'must', 'driver', 'should')];
    const results = [result('a', { tallies: [kept('A')] })];
    expect(summarise(results, listed, RULES).verdict).toBe('incomplete');
    expect(summarise(results, listed, { ...RULES, grade: 'text' }).verdict).toBe('conformant');
  });

  test('--strict makes a should a must', () => {
    const results = [result('a', { tallies: [kept('A')] })];
    expect(summarise(results, [clause('A'), clause('B', 'should')], { ...RULES, strict: true }).verdict).toBe(
      'incomplete',
    );
  });
});

test('exit codes', () => {
  expect([exitCode('conformant'), exitCode('non-conformant'), exitCode('incomplete')]).toEqual([0, 1, 3]);
});

test('what the device does not have, and nobody claims, takes its families with it', () => {
  const lacks = [{ need: 'zpci', evidence: 'no such capability', families: ['test'] }];
  const summary = summarise([result('a', { tallies: [kept('A')], lacks })], [clause('A'), clause('B')], RULES);
  expect(summary.verdict).toBe('conformant');
  expect(summary.clauses[1]).toMatchObject({ verdict: 'not-applicable', reason: 'no such capability' });
});
