import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GuestOutcome } from '../../lab/boot/boot-guest';
import { loadWholeSuite } from '../../lab/guest/certification';
import { withKernelFindings } from '../../lab/guest/kernel-verdict';
import type { KernelFinding } from '../../lab/kernel-log';
import { missingTrials, readMatrix, unexplained } from '../../lab/matrix/guest-run';
import { layouts, type MatrixRow } from '../../lab/matrix/request';
import { sayRow } from '../../lab/matrix/row-text';
import { layoutsOf, sampleCases } from '../../lab/matrix/selection';
import { tellingCases } from '../../lab/matrix/telling-cases';
import type { CaseResult } from '../../runner/execution/case-result';
import { PECULIARITIES } from '../../runner/reference/registry';

const warning: KernelFinding = {
  kind: 'warning',
  line: '[   12.345678] WARNING: CPU: 0 PID: 99 at device.c:12 dut_open+0x1/0x2',
  quote: ['[   12.345678] WARNING: CPU: 0 PID: 99 at device.c:12 dut_open+0x1/0x2', '[   12.345679] Call Trace:'],
};

const row: MatrixRow = {
  kind: 'fault',
  name: 'save-loses-scratch',
  summary: '',
  breaks: ['RES-APPLY'],
  layout: 'trapped',
  stateSize: 16384,
  zpci: false,
  good: true,
  outcome: 'caught',
  verdict: 'non-conformant',
  reported: ['RES-APPLY'],
  remarks: [],
  cases: { passed: 5, failed: 2, broken: 0, skipped: 0 },
  leftOut: 120,
  kernel: [],
  seconds: 1.25,
};

describe('which layouts a fault is tried in', () => {
  it.each([
    [[], layouts],
    [['destination'], layouts],
    [['mapped'], ['mmapped', 'partitioned']],
    [['destination', 'trapped'], ['trapped']],
  ])('%j', (where, expected) => {
    expect(layoutsOf(where, layouts)).toEqual(expected);
  });

  it('only those that are tried at all', () => {
    expect(layoutsOf(['mapped'], ['trapped'])).toEqual([]);
  });
});

describe('a sample of cases', () => {
  const cases = Array.from({ length: 40 }, (_, n) => ({
    id: `family/case-${n}`,
    clauses: n % 4 === 0 ? ['A'] : ['B'],
  }));
  const size = { covering: 3, others: 2, seed: 1, salt: 'fault' };

  it('has as many of both kinds as was asked for, and the rest is everything else', () => {
    const { first, rest } = sampleCases(cases, ['A'], size);
    expect(first.map(({ clauses }) => clauses[0])).toEqual(['A', 'A', 'A', 'B', 'B']);
    expect(rest.slice(0, 7).every(({ clauses }) => clauses[0] === 'A')).toBe(true);
    expect(new Set([...first, ...rest]).size).toBe(40);
  });

  it('begins with the cases that tell at once', () => {
    const ids = (telling: string) => sampleCases(cases, ['A'], { ...size, telling }).first.map(({ id }) => id);
    expect(ids('family/case-7')).toContain('family/case-7');
    expect(ids('family/case-7')[0]).toBe('family/case-7');
    expect(ids('nothing')).toEqual(sampleCases(cases, ['A'], size).first.map(({ id }) => id));
  });

  it.each(Object.entries(tellingCases))('%s: a case %s is there', (fault, telling) => {
    expect(loadWholeSuite('certify').cases.some(({ id }) => id.startsWith(telling))).toBe(true);
    expect(PECULIARITIES.get(fault)?.breaks[0]).toBe('DEV-RESPONDS');
  });

  it('is the same for the same seed, and another for another seed or fault', () => {
    const ids = (change: Partial<typeof size>) =>
      sampleCases(cases, ['A'], { ...size, ...change }).first.map(({ id }) => id);
    expect(ids({})).toEqual(ids({}));
    expect(ids({ seed: 2 })).not.toEqual(ids({}));
    expect(ids({ salt: 'other' })).not.toEqual(ids({}));
  });
});

describe('what a guest left behind', () => {
  const inFolder = (files: Readonly<Record<string, string>>): ReturnType<typeof readMatrix> => {
    const folder = mkdtempSync(join(tmpdir(), 'lab-matrix-'));
    try {
      for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
      return readMatrix(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
  const line = (change: Partial<MatrixRow> = {}): string => `${JSON.stringify({ ...row, ...change })}\n`;

  it('is whole when the matrix came to its end and says of its rows what they say', () => {
    expect(inFolder({ 'matrix.jsonl': line(), 'matrix.exit': '0\n' })).toMatchObject({
      rows: [row],
      trouble: undefined,
    });
    expect(inFolder({ 'matrix.jsonl': line({ good: false }), 'matrix.exit': '1\n' }).trouble).toBeUndefined();
  });

  it.each([
    ['nothing at all', {}, /before its first row/],
    ['no exit code', { 'matrix.jsonl': line() }, /stopped after save-loses-scratch/],
    ['a code of its own', { 'matrix.jsonl': line(), 'matrix.exit': '3' }, /exit code 3/],
    ['0 beside a bad row', { 'matrix.jsonl': line({ good: false }), 'matrix.exit': '0' }, /rows say otherwise/],
  ])('%s is trouble', (_, files, trouble) => {
    expect(inFolder(files).trouble).toMatch(trouble);
  });

  it('keeps the rows before one that was cut', () => {
    expect(inFolder({ 'matrix.jsonl': `${line()}{"kind":"fa` }).rows).toEqual([row]);
  });

  it('lacks the trials of which there is no row', () => {
    const trials = ['fault.save-loses-scratch.trapped.16384', 'fault.save-loses-scratch.mmapped.16384'];
    expect(missingTrials(trials, [row])).toEqual([trials[1]]);
  });

  it('accounts for the messages of the kernel that a row has shown, whatever their time', () => {
    const later = { ...warning, line: warning.line.replace('12.345678', '12.345680') };
    const other: KernelFinding = { kind: 'bug', line: 'BUG: other', quote: ['BUG: other'] };
    const outcome = { kernelFindings: [later, other] } as unknown as GuestOutcome;
    expect(unexplained(outcome, [{ ...row, kernel: [warning] }])).toEqual([other]);
    expect(unexplained(outcome, [row])).toEqual([later, other]);
  });
});

describe('a case during which the kernel complained', () => {
  const passed = {
    id: 'device-state/x',
    scenario: 'X',
    file: 'x.yaml',
    line: 1,
    column: 1,
    status: 'passed',
    steps: [],
    findings: [],
    tallies: [],
    accesses: [],
  } as unknown as CaseResult;

  it('has failed, with the words of the kernel', () => {
    const result = withKernelFindings(passed, [warning]);
    expect(result.status).toBe('failed');
    expect(result.reason).toMatch(/DEV-RESPONDS.*dut_open/);
    expect(result.findings[0]).toMatchObject({ clause: 'DEV-RESPONDS', verdict: 'broken' });
    expect(result.findings[0]?.observed).toContain('Call Trace');
    expect(result.tallies).toEqual([{ clause: 'DEV-RESPONDS', kept: 0, broken: 1 }]);
  });

  it('is as it is when the kernel had nothing to say', () => {
    expect(withKernelFindings(passed, [])).toBe(passed);
  });
});

describe('a row as a line', () => {
  it('says what came of it', () => {
    expect(sayRow(row)).toBe(
      'ok   save-loses-scratch (trapped) caught: RES-APPLY  5 passed, 2 failed, 120 left out, 1.3 s',
    );
  });

  it('says below why it is not as it should be', () => {
    expect(sayRow({ ...row, good: false, outcome: 'missed', reported: [], remarks: ['why'] })).toMatch(
      /^FAIL .*missed.*\n {7}why$/,
    );
  });
});
