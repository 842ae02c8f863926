import type { MatrixAbout, MatrixRow } from '../../lab/matrix/request';
import { judgeRow, type RowEvidence } from '../../lab/matrix/row-judgement';
import { matrixDocument } from '../../lab/matrix/table';
import type { CaseResult } from '../../runner/execution/case-result';
import type { ClauseSummary, RunSummary } from '../../runner/execution/verdict';

const row: MatrixRow = {
  kind: 'fault',
  name: 'save-loses-scratch',
  summary: 'the scratch registers | are saved as 0',
  breaks: ['RES-APPLY'],
  layout: 'trapped',
  stateSize: 16384,
  zpci: false,
  good: true,
  outcome: 'caught',
  verdict: 'non-conformant',
  reported: ['RES-APPLY'],
  remarks: [],
  cases: { passed: 200, failed: 5, broken: 0, skipped: 3 },
  leftOut: 0,
  kernel: [],
  seconds: 60,
};
const correct: MatrixRow = {
  ...row,
  kind: 'correct',
  name: 'none',
  breaks: [],
  outcome: 'conformant',
  verdict: 'conformant',
  reported: [],
};
const about: MatrixAbout = {
  kernel: '6.12.95',
  kernelVersion: '#1',
  driver: { module: 'vfio_conformance_dut', version: '1.0', srcversion: 'ABC' },
  kit: '0.1.0',
  node: 'v20',
  suite: 'certify',
  cases: 208,
  clauses: 128,
  catalogue: 'x',
  faults: 1,
  variations: 1,
};

describe('docs/lab-matrix.md', () => {
  const missed: MatrixRow = {
    ...row,
    layout: 'mmapped',
    good: false,
    outcome: 'missed',
    reported: [],
    remarks: ['RES-APPLY was not reported: it is kept'],
  };
  const text = matrixDocument([
    { series: '6.12', about, rows: [correct, row, missed], complaints: [] },
    { series: '6.1', about: undefined, rows: [], complaints: ['6.1-guest-1: it did not boot'] },
  ]);

  it('names what it was made with', () => {
    expect(text).toContain(
      'Kernel 6.12.95, module vfio_conformance_dut 1.0 (srcversion ABC) with 1 faults and 1 variations',
    );
    expect(text).toContain('- 6.1: did not run');
  });

  it('has a column for each kernel and layout, empty where nothing was tried', () => {
    expect(text).toContain('| 6.12 trapped | 6.12 mmapped | 6.12 partitioned | 6.1 trapped |');
    expect(text).toContain(
      '| save-loses-scratch | RES-APPLY | the scratch registers \\| are saved as 0 | caught | **missed** (nothing reported) |  |  |',
    );
  });

  it('says what is not as it should be, and does not hide a kernel that did not run', () => {
    expect(text).toContain('1 of 2 trials of a fault were caught with the right clause; not so: save-loses-scratch.');
    expect(text).toContain('save-loses-scratch on 6.12, mmapped, 16 KiB: RES-APPLY was not reported');
    expect(text).toContain('- 6.1-guest-1: it did not boot');
  });

  it('shows the correct module by state size', () => {
    expect(text).toContain(
      '| 6.12 | trapped | 16 KiB | everything | conformant | 200 passed, 5 failed, 3 not applicable |',
    );
  });
});

describe('whether a row is as it should be', () => {
  const clause = (id: string, verdict: ClauseSummary['verdict']): ClauseSummary => ({
    ...{ id, verdict, level: 'must', who: 'driver' },
    ...{ scenarios: [], findings: 0 },
  });
  const summary = (verdict: RunSummary['verdict'], clauses: readonly ClauseSummary[]): RunSummary => ({
    ...{ verdict, clauses, waived: 0, unstable: [] },
    reasons: verdict === 'conformant' ? [] : ['a reason'],
  });
  const passed = { id: 'a/b', status: 'passed' } as unknown as CaseResult;
  const evidence: RowEvidence = {
    ...{ kind: 'correct', breaks: [], whole: true, results: [passed], baseline: new Map() },
    summary: summary('conformant', [clause('RES-APPLY', 'kept')]),
  };

  it('the correct module is conformant, without a warning, and every case was judged', () => {
    expect(judgeRow(evidence)).toEqual({ good: true, outcome: 'conformant', remarks: [] });
    const warned = summary('conformant', [clause('RES-APPLY', 'warned')]);
    expect(judgeRow({ ...evidence, summary: warned })).toMatchObject({ good: false, remarks: ['RES-APPLY is warned'] });
    const skip = { kind: 'not-judged', need: 'dma', reason: 'no profile' };
    const skipped = { id: 'a/c', status: 'skipped', skip } as unknown as CaseResult;
    expect(judgeRow({ ...evidence, results: [passed, skipped] }).good).toBe(false);
    expect(judgeRow({ ...evidence, results: [] }).remarks).toEqual(['no case was run']);
  });

  it('a variation that was tried with a part of the cases need not be complete, but nothing may be said against it', () => {
    const part = {
      ...evidence,
      kind: 'variation',
      whole: false,
      summary: summary('incomplete', [clause('A', 'not-judged')]),
    } as const;
    expect(judgeRow(part)).toEqual({ good: true, outcome: 'silent', remarks: [] });
    expect(judgeRow({ ...part, whole: true })).toMatchObject({ good: false, outcome: 'false-alarm' });
    const broken = { id: 'a/c', status: 'broken', reason: 'why' } as unknown as CaseResult;
    expect(judgeRow({ ...part, results: [broken] })).toMatchObject({ good: false, remarks: ['a/c: why'] });
  });

  it('a fault is caught by the clause that it breaks, by none beside, and without the help of a kit that broke', () => {
    const fault = { ...evidence, kind: 'fault', breaks: ['RES-APPLY', 'RES-ROUNDTRIP'] } as const;
    const seen = summary('non-conformant', [clause('RES-APPLY', 'broken')]);
    expect(judgeRow({ ...fault, summary: seen })).toMatchObject({ good: true, outcome: 'caught' });
    expect(judgeRow(fault)).toMatchObject({ good: false, outcome: 'missed' });
    const beyond = summary('non-conformant', [clause('RES-APPLY', 'broken'), clause('SAVE-SIZE', 'broken')]);
    expect(judgeRow({ ...fault, summary: beyond })).toMatchObject({ good: false, outcome: 'wrong-diagnosis' });
    const broken = { id: 'a/c', status: 'broken', reason: 'why' } as unknown as CaseResult;
    expect(judgeRow({ ...fault, summary: seen, results: [broken] })).toMatchObject({ good: false, outcome: 'caught' });
  });
});
